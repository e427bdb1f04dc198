internal import GobbetFile

extension WeightsReader {
  /// Copies a part of a tensor's data; only the blocks that hold it are read.
  ///
  /// - Throws: ``TensorError`` if the file has no such tensor; `FormatError` if its data is
  ///   damaged; `FileError`.
  package func copy(
    _ range: Range<Int>, of tensor: TensorDescription,
    into destination: UnsafeMutableRawBufferPointer
  ) throws {
    let place = try directory.place(of: tensor)
    // SAFETY: the caller promises a valid buffer of the range's size.
    try unsafe memories.read(place, bytes: range, of: self, into: destination)
  }

  /// Calls `body` with the data of a raw tensor where the file is mapped, at a multiple of 64 bytes;
  /// nil for one that is compact, and for files that aren't files of the system.
  ///
  /// The pointer must not leave `body`. A file that is cut short meanwhile raises SIGBUS.
  /// - Throws: as `read(_:into:)`, and what `body` throws.
  public func withBytesInPlace<Result>(
    of tensor: TensorDescription, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result? {
    let place = try directory.place(of: tensor)
    guard place.entry.codec == .raw, container.isMappable else { return nil }
    let group = directory.groups[place.group]
    let range = directory.stored(place)
    return try unsafe container.withUnsafeBytes(of: group.payload) { bytes in
      if checks != .none {
        for index in place.entry.blocks {
          let block = group.blocks[index]
          let start =
            range.lowerBound + block.stored.lowerBound
            - group.blocks[place.entry.blocks.lowerBound].stored.lowerBound
          // SAFETY: the tables were checked: the blocks of a tensor lie in the data.
          let stored = unsafe Span<UInt8>(
            _unsafeBytes: UnsafeRawBufferPointer(
              rebasing: bytes[start..<(start + block.stored.count)]))
          do throws(FormatError) {
            try block.check(stored, "tensors.block")
          } catch {
            throw error.located(
              at: group.payload.payloadOffset + start - error.offset, in: path)
          }
        }
      }
      return try unsafe body(UnsafeRawBufferPointer(rebasing: bytes[range]))
    }
  }
}
