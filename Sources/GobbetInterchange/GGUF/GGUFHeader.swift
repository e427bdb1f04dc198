internal import GobbetData
internal import GobbetSystem

/// What is in front of the tensors' data in a GGUF file, checked.
struct GGUFHeader {
  /// A tensor, and where its data lies.
  struct Entry: Sendable {
    let tensor: TensorDescription
    let type: GGUFType
    /// Bytes from the start of the file.
    private(set) var offset = 0
    /// Bytes in the file; of a type that is not known, those up to the next tensor.
    private(set) var byteCount = 0

    init(_ tensor: TensorDescription, _ type: GGUFType) {
      self.tensor = tensor
      self.type = type
    }

    fileprivate mutating func place(at offset: Int, _ byteCount: Int) {
      self.offset = offset
      self.byteCount = byteCount
    }
  }

  let metadata: GGUFMetadata
  /// The tensors, in the order of the file.
  private(set) var entries: [Entry] = []
  /// Whether the highest bytes come first, in the tensors' data too.
  let isBigEndian: Bool

  private static let maximumNameByteCount = 1 << 16

  /// Reads the front of `file`.
  ///
  /// - Throws: `FileError`; `InterchangeError`.
  init(_ file: OpenedFile) throws {
    var fields = FieldReader(file)
    guard try fields.bytes(4, "magic").elementsEqual("GGUF".utf8) else {
      throw InterchangeError(.damaged("not GGUF"), path: file.path, offset: 0, field: "magic")
    }
    var version = try fields.integer(UInt32.self, "version")
    // Nothing else says in which order bytes come.
    isBigEndian = version & 0xFFFF == 0
    if isBigEndian { version = version.byteSwapped }
    guard (1...3).contains(version) else {
      throw InterchangeError(
        .unsupported("version \(version)"), path: file.path, offset: 4, field: "version")
    }
    fields.isBigEndian = isBigEndian
    fields.hasShortCounts = version == 1
    // A tensor takes a name's length, a number of axes, a type and an offset; a value takes a key's
    // length, a type and a byte.
    let tensorCount = try fields.count(of: version == 1 ? 20 : 24, "tensor_count")
    let valueCount = try fields.count(of: version == 1 ? 9 : 13, "metadata_kv_count")
    metadata = try GGUFMetadata(valueCount, &fields)
    let alignment = try alignment(fields)
    try readTensors(tensorCount, alignment, &fields)
  }

  private func alignment(_ fields: FieldReader) throws(InterchangeError) -> Int {
    let key = "general.alignment"
    guard let value = metadata[key] else { return 32 }
    guard let size = value.size, size > 0, size <= 1 << 20, size & (size - 1) == 0 else {
      throw fields.error(.damaged("\(value.text) isn't an alignment"), key)
    }
    return size
  }

  private mutating func readTensors(
    _ count: Int, _ alignment: Int, _ fields: inout FieldReader
  ) throws {
    var offsets: [UInt64] = []
    var names: Set<[UInt8]> = []
    for _ in 0..<count {
      let name = try GGUFMetadata.string(
        &fields, "tensor name", limit: Self.maximumNameByteCount)
      guard names.insert(Array(name.utf8)).inserted else {
        throw fields.error(.damaged("the name is there twice"), name)
      }
      let rank = try fields.integer(UInt32.self, name)
      guard rank <= 4 else {
        throw fields.error(.damaged("\(rank.counted("axis", plural: "axes"))"), name)
      }
      // The innermost axis comes first in the file.
      var shape: [Int] = []
      for _ in 0..<rank {
        let length = try fields.countField(name)
        guard let length = Int(exactly: length) else {
          throw fields.error(.damaged("an axis of \(length)"), name)
        }
        shape.insert(length, at: 0)
      }
      let type = GGUFType(rawValue: try fields.integer(UInt32.self, name))
      guard (shape.last ?? 1).isMultiple(of: type.blockElementCount) else {
        throw fields.error(.damaged("rows that aren't whole blocks"), name)
      }
      do {
        entries.append(
          Entry(
            try TensorDescription(name: name, elementType: type.elementType, shape: shape), type))
      } catch {
        throw fields.error(.tensor("\(error)"), name)
      }
      offsets.append(try fields.integer(UInt64.self, name))
    }
    try place(offsets, alignment, fields)
  }

  /// Tensors must follow each other, each at the next multiple of the alignment, up to the end; after
  /// one of an unknown type at any multiple.
  private mutating func place(
    _ offsets: [UInt64], _ alignment: Int, _ fields: FieldReader
  ) throws(InterchangeError) {
    func aligned(_ offset: Int) -> Int { (offset + alignment - 1) & ~(alignment - 1) }
    let dataStart = aligned(fields.offset)
    let available = max(fields.file.byteCount - dataStart, 0)
    // The end of what is placed; nil after a tensor whose length is not known.
    var end: Int? = 0
    var start = 0
    for index in entries.indices {
      let entry = entries[index]
      let name = entry.tensor.name
      guard let offset = Int(exactly: offsets[index]), offset >= start,
        offset.isMultiple(of: alignment), end.map({ aligned($0) == offset }) ?? true
      else {
        let expected = end.map { "at \(aligned($0))" } ?? "after \(start)"
        throw fields.error(.damaged("data at \(offsets[index]), not \(expected)"), name)
      }
      guard offset <= available || (end != nil && entry.type.layout != nil) else {
        throw fields.error(.damaged("the file ends inside"), name)
      }
      if end == nil { entries[index - 1].place(at: dataStart + start, offset - start) }
      start = offset
      guard entry.type.layout != nil else {
        end = nil
        continue
      }
      guard let byteCount = entry.type.storedByteCount(of: entry.tensor) else {
        throw fields.error(.damaged("more bytes than a file can have"), name)
      }
      guard byteCount <= available - min(start, available) else {
        throw fields.error(.damaged("the file ends inside"), name)
      }
      end = start + byteCount
      entries[index].place(at: dataStart + start, byteCount)
    }
    guard let end else {
      entries[entries.count - 1].place(at: dataStart + start, available - start)
      return
    }
    guard available <= aligned(end) else {
      throw fields.error(
        .damaged("\((available - end).counted("byte")) after the last tensor"), "data")
    }
  }
}
