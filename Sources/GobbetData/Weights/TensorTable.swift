internal import GobbetFile
internal import GobbetSystem

/// Which tensors a file holds, and where their data is.
struct TensorTable: Sendable {
  /// One tensor of the table.
  struct Entry: Sendable {
    /// What it is.
    let tensor: TensorDescription
    /// How its blocks are stored.
    let codec: WeightCodec
    /// Where its first block begins in the section of the data.
    let offset: Int
    /// Its blocks in the table of all blocks.
    let blocks: Range<Int>
  }

  /// Data begins at multiples of this, so that it can be used where it is mapped.
  static let alignment = 64
  /// The most bytes of data, before compression, of a block.
  static let blockByteCount = 512 << 10
  /// Bytes of the longest name.
  static let maximumNameByteCount = 512

  /// The tensors in the order they were written.
  private(set) var entries: [Entry] = []
  /// The place of each name in `entries`.
  private var places: [[UInt8]: Int] = [:]

  /// No tensors.
  init() {}

  /// Bytes of data, before compression, in each block of a tensor but its last: of types that are
  /// stored in blocks, as many as hold whole 256 elements.
  static func blockByteCount(of type: ElementType) -> Int {
    guard let group = type.blockLayout?.groupByteCount else { return blockByteCount }
    return blockByteCount / group * group
  }

  /// How many blocks a tensor's data is in.
  static func blockCount(_ tensor: TensorDescription) -> Int {
    let size = blockByteCount(of: tensor.elementType)
    return tensor.byteCount / size + (tensor.byteCount.isMultiple(of: size) ? 0 : 1)
  }

  /// The tensor of that name.
  subscript(name: String) -> Entry? { places[Array(name.utf8)].map { entries[$0] } }

  /// Says why a tensor cannot be added, if it cannot.
  func check(_ tensor: TensorDescription) throws(TensorError) {
    if let reason = Self.fault(inName: tensor.name) {
      throw TensorError(.illegalName(reason), tensor: tensor.name)
    }
    guard places[Array(tensor.name.utf8)] == nil else {
      throw TensorError(.duplicateName, tensor: tensor.name)
    }
  }

  /// Adds a tensor after the others.
  ///
  /// - Throws: ``TensorError`` (`illegalName`, `duplicateName`).
  mutating func append(_ entry: Entry) throws(TensorError) {
    try check(entry.tensor)
    places[Array(entry.tensor.name.utf8)] = entries.count
    entries.append(entry)
  }

  /// Why no tensor, and no file in a folder, may have that name; nil if one may.
  static func fault(inName name: String) -> String? {
    if name.isEmpty { return "the name is empty" }
    if name.utf8.count > maximumNameByteCount {
      return "the name is longer than \(maximumNameByteCount) bytes"
    }
    let isControl = { (scalar: Unicode.Scalar) in
      scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
    }
    if name.unicodeScalars.contains(where: isControl) { return "a control character in the name" }
    if name.utf8.contains(where: { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "\\") }) {
      return "a path separator in the name"
    }
    if name.utf8.elementsEqual(".".utf8) { return "the name is that of a folder" }
    // What else names of sections may not have: "..", and what normalization could change.
    return ContainerSection.isLegal(name: name) ? nil : "the name is not one that files may have"
  }
}

extension TensorTable {
  /// The table as it stands in files.
  var content: [UInt8] {
    var content = ByteWriter()
    content.write(UInt32(entries.count))
    content.write(UInt32(Self.blockByteCount))
    for entry in entries {
      content.write(UInt16(entry.tensor.name.utf8.count))
      content.write(entry.tensor.elementType.rawValue)
      content.write(entry.codec.rawValue)
      content.write(UInt32(entry.tensor.shape.count))
      content.write(UInt64(entry.offset))
      for length in entry.tensor.shape { content.write(UInt64(length)) }
      content.write(entry.tensor.name.utf8)
    }
    return content.bytes
  }

  /// The table in a section's content.
  ///
  /// - Throws: `FormatError` if an entry is cut, or is not one that ``append(_:)`` takes.
  init(_ content: Span<UInt8>) throws(FormatError) {
    var reader = ByteReader(content)
    let count = Int(try reader.read(UInt32.self, "tensors.count"))
    let blockByteCount = Int(try reader.read(UInt32.self, "tensors.blockByteCount"))
    guard blockByteCount == Self.blockByteCount else {
      throw FormatError(
        code: .damaged("blocks of \(blockByteCount.counted("byte"))"), offset: 4,
        field: "tensors.blockByteCount")
    }
    var blockCount = 0
    for _ in 0..<count {
      let start = reader.offset
      let entry = try Self.entry(&reader, firstBlock: blockCount)
      blockCount = entry.blocks.upperBound
      do {
        try append(entry)
      } catch {
        throw FormatError(code: .damaged("\(error)"), offset: start, field: "tensors.name")
      }
    }
    try reader.finish("tensors")
  }

  @_lifetime(reader: copy reader)
  private static func entry(
    _ reader: inout ByteReader, firstBlock: Int
  ) throws(FormatError) -> Entry {
    let start = reader.offset
    let nameByteCount = Int(try reader.read(UInt16.self, "tensors.nameByteCount"))
    let typeCode = try reader.read(UInt8.self, "tensors.elementType")
    let codecCode = try reader.read(UInt8.self, "tensors.codec")
    let rank = Int(try reader.read(UInt32.self, "tensors.rank"))
    let offset = try reader.readCount("tensors.offset")
    guard let elementType = ElementType(rawValue: typeCode) else {
      throw FormatError(
        code: .unsupportedCode(Int(typeCode)), offset: start + 2, field: "tensors.elementType")
    }
    guard let codec = WeightCodec(rawValue: codecCode) else {
      throw FormatError(
        code: .unsupportedCode(Int(codecCode)), offset: start + 3, field: "tensors.codec")
    }
    guard rank <= TensorDescription.maximumRank else {
      throw FormatError(
        code: .damaged("\(rank.counted("axis", plural: "axes"))"), offset: start + 4,
        field: "tensors.rank")
    }
    guard codec == .raw || ElementPlanes(elementType) != nil else {
      throw FormatError(
        code: .damaged("\(elementType.name) elements have no exponents"), offset: start + 3,
        field: "tensors.codec")
    }
    guard offset.isMultiple(of: alignment) else {
      throw FormatError(
        code: .damaged("\(offset) isn't a multiple of \(alignment)"), offset: start + 8,
        field: "tensors.offset")
    }
    var shape: [Int] = []
    for _ in 0..<rank { shape.append(try reader.readCount("tensors.shape")) }
    let nameStart = reader.offset
    let nameBytes = try reader.readBytes(nameByteCount, "tensors.name")
    guard let name = String(validating: nameBytes, as: UTF8.self) else {
      throw FormatError(code: .damaged("not UTF-8"), offset: nameStart, field: "tensors.name")
    }
    do {
      let tensor = try TensorDescription(name: name, elementType: elementType, shape: shape)
      let (end, overflow) = firstBlock.addingReportingOverflow(blockCount(tensor))
      guard !overflow else { throw TensorError(.invalidShape(shape), tensor: name) }
      return Entry(tensor: tensor, codec: codec, offset: offset, blocks: firstBlock..<end)
    } catch {
      throw FormatError(code: .damaged("\(error)"), offset: start + 16, field: "tensors.shape")
    }
  }
}

extension TensorTable {
  /// The bytes between the end of one tensor's data and the beginning of the next.
  ///
  /// - Precondition: the blocks were checked.
  func gaps(_ blocks: BlockTable) -> [Range<Int>] {
    var gaps: [Range<Int>] = []
    var end = 0
    for entry in entries {
      if entry.offset > end { gaps.append(end..<entry.offset) }
      end = entry.offset
      if let first = entry.blocks.first, let last = entry.blocks.last {
        end += blocks[last].stored.upperBound - blocks[first].stored.lowerBound
      }
    }
    return gaps
  }

  /// Checks that the blocks are those of the tensors, and that data and padding fill `byteCount`
  /// bytes without holes.
  ///
  /// - Throws: `FormatError` (`damaged`).
  func check(_ blocks: BlockTable, byteCount: Int) throws(FormatError) {
    var end = 0
    for entry in entries {
      let (padded, overflow) = end.addingReportingOverflow(-end & (Self.alignment - 1))
      guard !overflow, entry.offset == padded else {
        throw FormatError(
          code: .damaged("tensor \(entry.tensor.name) begins at \(entry.offset)"), offset: 0,
          field: "tensors.offset")
      }
      end = padded
      let size = Self.blockByteCount(of: entry.tensor.elementType)
      for (number, index) in entry.blocks.enumerated() {
        let block = blocks[index]
        let rest = entry.tensor.byteCount - number * size
        guard block.byteCount == min(rest, size),
          entry.codec != .raw || block.stored.count == block.byteCount
        else {
          throw FormatError(
            code: .damaged("block \(number) of tensor \(entry.tensor.name)"), offset: 0,
            field: "tensors.blocks")
        }
        // At most 2^63 bytes of blocks, by the table of blocks.
        end += block.stored.count
      }
    }
    guard end == byteCount else {
      throw FormatError(
        code: .damaged("\(byteCount.counted("byte")) of data for \(end)"), offset: 0,
        field: "tensors.data")
    }
  }
}
