internal import GobbetSystem

extension ForeignTokens {
  /// What an `.idx` file of Megatron begins with, and its codes of element types.
  ///
  /// - Source: Megatron-LM's `indexed_dataset.py`.
  enum Megatron {
    static let magic: [UInt8] = Array("MMIDIDX".utf8) + [0, 0]
    static let version: UInt64 = 1
    static let uint8: UInt8 = 1
    static let int32: UInt8 = 4
    static let int64: UInt8 = 5
    static let uint16: UInt8 = 8

    /// The prefix of the two files; the name of either stands for it.
    static func prefix(_ path: String) -> String {
      let name = path.utf8
      let isFile = [".bin", ".idx"].contains { name.suffix(4).elementsEqual($0.utf8) }
      return isFile && name.count > 4 ? String(path.dropLast(4)) : path
    }
  }

  /// The ids in `PREFIX.bin`, as `PREFIX.idx` describes them; the name of either file stands for the
  /// prefix.
  ///
  /// Sequences must lie in the order of the index and without gaps, as Megatron's own writer has
  /// them; a document is one sequence or several. Where sequences begin inside documents, and their
  /// modes, is in ``leftOut``.
  /// - Throws: `FileError`; `InterchangeError`.
  public static func megatron(prefix: String) throws -> ForeignTokens {
    let prefix = Megatron.prefix(prefix)
    let index = try OpenedFile(prefix + ".idx")
    var fields = FieldReader(index)
    guard try fields.bytes(9, "magic") == Megatron.magic,
      try fields.integer(UInt64.self, "version") == Megatron.version
    else { throw fields.error(.damaged("no index of version 1"), "magic") }
    let code = try fields.integer(UInt8.self, "dtype")
    let element: Element
    switch code {
    case Megatron.uint8: element = .uint8
    case Megatron.int32: element = .int32
    case Megatron.int64: element = .uint64
    case Megatron.uint16: element = .uint16
    default: throw fields.error(.unsupported("elements of type \(code)"), "dtype")
    }
    // A sequence takes a length and a pointer, a document an index.
    let sequenceCount = try fields.count(of: 12, "sequence_count")
    let boundCount = try fields.count(of: 8, "document_count")
    // With modes there is a byte more for each sequence.
    let modeCount = fields.remainingCount - 12 * sequenceCount - 8 * boundCount
    guard modeCount == 0 || modeCount == sequenceCount else {
      throw fields.error(.damaged("not as long as its counts say"), "sequence_count")
    }
    let data = try OpenedFile(prefix + ".bin")
    let starts = try sequenceStarts(sequenceCount, &fields, element, data)
    var bounds: [Int] = []
    bounds.reserveCapacity(boundCount)
    var previous: UInt64 = 0
    var innerCount = sequenceCount
    for _ in 0..<boundCount {
      let sequence = try fields.integer(UInt64.self, "document_indices")
      // The first sequence of a document begins with it.
      if sequence > previous { innerCount -= 1 }
      previous = sequence
      guard sequence <= UInt64(sequenceCount), starts[Int(sequence)] >= bounds.last ?? 0 else {
        throw fields.error(.damaged("\(sequence) is out of order"), "document_indices")
      }
      bounds.append(starts[Int(sequence)])
    }
    let count = starts[sequenceCount]
    guard bounds.isEmpty || (bounds.first == 0 && bounds.last == count) else {
      throw fields.error(.damaged("documents that are not all sequences"), "document_indices")
    }
    var leftOut: [String] = []
    if innerCount > 0, !bounds.isEmpty {
      leftOut.append(
        innerCount == 1
          ? "where 1 sequence begins inside its document"
          : "where \(innerCount) sequences begin inside their documents")
    }
    if try fields.bytes(modeCount, "sequence_modes").contains(where: { $0 != 0 }) {
      leftOut.append("the modes of sequences")
    }
    return ForeignTokens(
      data, start: 0, count: count, element, documentBounds: bounds, leftOut: leftOut)
  }

  /// Where each sequence begins, and where the last one ends, in ids.
  private static func sequenceStarts(
    _ count: Int, _ fields: inout FieldReader, _ element: Element, _ data: OpenedFile
  ) throws -> [Int] {
    var starts = [0]
    starts.reserveCapacity(count + 1)
    for index in 0..<count {
      let length = try fields.integer(Int32.self, "sequence_lengths")
      let (end, overflow) = starts[index].addingReportingOverflow(Int(length))
      guard length >= 0, !overflow else {
        throw fields.error(.damaged("a length of \(length)"), "sequence_lengths")
      }
      starts.append(end)
    }
    let (byteCount, overflow) = starts[count].multipliedReportingOverflow(by: element.byteCount)
    guard !overflow, byteCount == data.byteCount else {
      throw InterchangeError(
        .damaged("\(data.byteCount.counted("byte")), not those of \(starts[count].counted("id"))"),
        path: data.path)
    }
    for index in 0..<count {
      let pointer = try fields.integer(UInt64.self, "sequence_pointers")
      guard pointer == UInt64(starts[index] * element.byteCount) else {
        throw fields.error(.unsupported("sequences in another order"), "sequence_pointers")
      }
    }
    return starts
  }
}
