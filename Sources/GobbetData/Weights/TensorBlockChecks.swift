/// Which blocks of a file's tensors were found right; shared by threads.
///
/// For callers that look at the data where it is mapped: what they look at is checked before, once.
package final class TensorBlockChecks: Sendable {
  private let reader: WeightsReader
  private let groups: [CheckedBlocks]

  /// None of the blocks of `reader`, so far.
  package init(_ reader: WeightsReader) {
    self.reader = reader
    groups = reader.directory.groups.map { CheckedBlocks(count: $0.blocks.count) }
  }

  /// Compares the blocks that hold a part of a tensor's data with their checksums, as they are
  /// stored, unless that was done before.
  ///
  /// - Precondition: `range` lies in the tensor's bytes.
  /// - Throws: ``TensorError`` if the file has no such tensor; `FormatError` if a block is
  ///   damaged; `FileError`.
  package func check(_ tensor: TensorDescription, bytes range: Range<Int>) throws {
    precondition(
      range.lowerBound >= 0 && range.upperBound <= tensor.byteCount,
      "TensorBlockChecks: not the bytes of the tensor")
    guard !range.isEmpty else { return }
    let place = try reader.directory.place(of: tensor)
    let size = TensorTable.blockByteCount(of: tensor.elementType)
    let first = place.entry.blocks.lowerBound
    let blocks = TensorBlockReader(reader.container, reader.directory, nil, checks: true)
    try groups[place.group].check(
      (first + range.lowerBound / size)...(first + (range.upperBound - 1) / size)
    ) { try blocks.check(place, block: $0) }
  }
}
