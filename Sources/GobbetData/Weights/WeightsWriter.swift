public import GobbetBPE
public import GobbetFile
internal import GobbetSystem

/// Writes tensors into one packed file, in one pass; a tensor larger than memory in pieces.
///
/// The same tensors, metadata and settings give the same bytes.
public struct WeightsWriter: ~Copyable {
  /// Compression must take off this many hundredths, or the tensor stays as it is.
  private static let leastGain = 3

  /// A tensor of which not all data has come.
  private struct OpenTensor {
    let tensor: TensorDescription
    let offset: Int
    let firstBlock: Int
    /// Nil until the first block is there to try.
    var codec: WeightCodec?
    /// Data that is in no block yet.
    var pending: [UInt8] = []
    var byteCount = 0
  }

  private let codec: WeightCodec
  /// What tensors may be stored as the difference from.
  private let base: WeightsReader?
  /// What the sections are called, by the number of the generation.
  private let sectionName: String
  private var container: ContainerWriter
  private var table = TensorTable()
  private var blocks = BlockTable()
  private var open: OpenTensor?
  /// Bytes of the section of the data.
  private var byteCount = 0
  // The checksum takes 0.005 % of a plane of exponents.
  private let compressor = Compressor(literalsOnly: (), checksum: true)

  /// Begins a file that appears at `path` when it is finished.
  ///
  /// With `.compact`, each tensor is stored so if its first block says that it pays; with a `base`, as
  /// the difference from the tensor of the same name there if that is shorter. Whoever reads the file
  /// needs the base in the same folder, under the name that it has now.
  /// - Throws: `FileError` if the file cannot be made; `FormatError` for metadata of more than
  ///   16 MiB; ``LoadingError`` for a base that is not a file.
  public init(
    path: String, metadata: [(String, String)] = [], vocabulary: Vocabulary? = nil,
    codec: WeightCodec = .compact, base: WeightsReader? = nil, replacing: Bool = false
  ) throws {
    try self.init(
      path: path, metadata: metadata, vocabulary: vocabulary, codec: codec, base: base,
      replacing: replacing, setPlace: nil)
  }

  /// The same for a file of a set.
  package init(
    path: String, metadata: [(String, String)], vocabulary: Vocabulary?, codec: WeightCodec,
    base: WeightsReader? = nil, replacing: Bool, setPlace: WeightSetPlace?
  ) throws {
    let text = try Self.text(metadata, path)
    let baseContent = try base.map { try WeightsBase($0).content }
    var container = try ContainerWriter(
      path: path, profile: vocabulary == nil ? .weights : .bundle, replacing: replacing)
    if !metadata.isEmpty { try container.add(.metadata, text, level: 19) }
    if let vocabulary { try VocabularySections.write(vocabulary, to: &container) }
    if let setPlace { try container.add(.weightSet, setPlace.content, level: nil) }
    if let baseContent {
      container.require(readerOfMinor: 1)
      try container.add(.weightsBase, baseContent, level: nil)
    }
    try container.begin(.tensorData, alignment: 16 << 10)
    self.container = container
    self.codec = codec
    self.base = base
    sectionName = ""
  }

  /// Begins a generation after what the packed file at `path` holds.
  ///
  /// Its tensors stay, but for those that get another of the same name; so does its metadata, unless
  /// there is some. Until the generation is finished the file reads as it did.
  /// - Throws: `FileError` if the file cannot be written, or another writer has it open;
  ///   `FormatError` if it holds no tensors, or for metadata of more than 16 MiB.
  public init(
    appendingTo path: String, metadata: [(String, String)] = [], codec: WeightCodec = .compact
  ) throws {
    let text = try Self.text(metadata, path)
    // Opened for writing first: from then on nobody else changes it.
    var container = try ContainerWriter(appendingTo: path)
    let name = TensorDirectory.name(ofGroup: try WeightsReader(path: path).directory.groups.count)
    if !metadata.isEmpty { try container.add(.metadata, text, level: 19) }
    try container.begin(.tensorData, named: name, alignment: 16 << 10)
    self.container = container
    self.codec = codec
    base = nil
    sectionName = name
  }

  /// Metadata as it stands in files.
  private static func text(_ metadata: [(String, String)], _ path: String) throws -> [UInt8] {
    let text = StringMap.bytes(metadata)
    guard text.count <= StringMap.maximumByteCount else {
      throw FormatError(
        code: .damaged("\(text.count.counted("byte")), more than \(StringMap.maximumByteCount)"),
        offset: 0,
        field: "metadata", file: path)
    }
    return text
  }

  /// Adds a tensor with all of its data, row-major and little-endian.
  ///
  /// - Throws: ``TensorError`` for a name that is taken or illegal, or data of another length;
  ///   `FileError`.
  public mutating func append(_ tensor: TensorDescription, _ data: Span<UInt8>) throws {
    guard data.count == tensor.byteCount else {
      throw TensorError(
        .wrongByteCount(expected: tensor.byteCount, found: data.count), tensor: tensor.name)
    }
    try begin(tensor)
    try append(data)
    try end()
  }

  /// Adds all tensors of `source`: each in pieces, or in memory once where the source does not read
  /// parts; `progress` hears of every piece how many bytes are in.
  ///
  /// - Throws: ``TensorError`` for a name that is taken or illegal; `FileError`; what the source and
  ///   `progress` throw.
  public mutating func append(
    contentsOf source: some TensorSource, progress: (Int) throws -> Void = { _ in }
  ) throws {
    var byteCount = 0
    for tensor in source.tensors {
      try begin(tensor)
      try source.forEachPiece(of: tensor) { piece in
        try append(piece)
        byteCount += piece.count
        try progress(byteCount)
      }
      try end()
    }
  }

  /// Begins a tensor whose data comes in pieces.
  ///
  /// - Precondition: no tensor is open.
  /// - Throws: ``TensorError`` for a name that is taken or illegal; `FileError`.
  public mutating func begin(_ tensor: TensorDescription) throws {
    precondition(open == nil, "WeightsWriter: a tensor is open")
    try table.check(tensor)
    container.require(readerOfMinor: tensor.elementType.leastReader)
    let padding = -byteCount & (TensorTable.alignment - 1)
    try container.append([UInt8](repeating: 0, count: padding))
    byteCount += padding
    open = OpenTensor(tensor: tensor, offset: byteCount, firstBlock: blocks.count)
  }

  /// Adds the next piece of the open tensor's data.
  ///
  /// - Precondition: a tensor is open.
  /// - Throws: ``TensorError`` (`wrongByteCount`) if it is more than the tensor has; `FileError`.
  public mutating func append(_ data: Span<UInt8>) throws {
    guard var tensor = open else { preconditionFailure("WeightsWriter: no tensor is open") }
    guard data.count <= tensor.tensor.byteCount - tensor.byteCount else {
      throw TensorError(
        .wrongByteCount(
          expected: tensor.tensor.byteCount, found: tensor.byteCount + data.count),
        tensor: tensor.tensor.name)
    }
    // The buffer is this function's alone while it grows, so that it is not copied.
    open = nil
    let size = TensorTable.blockByteCount(of: tensor.tensor.elementType)
    var start = 0
    while start < data.count {
      let end = min(data.count, start + size - tensor.pending.count)
      let piece = data.extracting(start..<end)
      unsafe piece.withUnsafeBytes { unsafe tensor.pending.append(contentsOf: $0) }
      start = end
      if tensor.pending.count == size { try writeBlock(&tensor) }
    }
    tensor.byteCount += data.count
    open = tensor
  }

  /// Ends the open tensor.
  ///
  /// - Precondition: a tensor is open.
  /// - Throws: ``TensorError`` (`wrongByteCount`) if data is missing; `FileError`.
  public mutating func end() throws {
    guard var tensor = open else { preconditionFailure("WeightsWriter: no tensor is open") }
    guard tensor.byteCount == tensor.tensor.byteCount else {
      throw TensorError(
        .wrongByteCount(expected: tensor.tensor.byteCount, found: tensor.byteCount),
        tensor: tensor.tensor.name)
    }
    open = nil
    if !tensor.pending.isEmpty { try writeBlock(&tensor) }
    try table.append(
      TensorTable.Entry(
        tensor: tensor.tensor, codec: tensor.codec ?? .raw, offset: tensor.offset,
        blocks: tensor.firstBlock..<blocks.count))
  }

  /// Writes the tables, and puts the file under its name; returns its content id.
  ///
  /// - Precondition: no tensor is open.
  /// - Throws: `FileError`.
  @discardableResult
  public mutating func finish() throws -> ContentDigest {
    precondition(open == nil, "WeightsWriter: a tensor is open")
    try container.end()
    try container.add(.tensorBlocks, named: sectionName, blocks.content, level: 3)
    try container.add(.tensorTable, named: sectionName, table.content, level: 3)
    return try container.finish()
  }

  private mutating func writeBlock(_ tensor: inout OpenTensor) throws {
    let data = tensor.pending
    var stored = data
    var choice = WeightCodec.raw
    if let planes = ElementPlanes(tensor.tensor.elementType), tensor.codec != .raw {
      if codec != .raw, tensor.codec != .delta {
        let compact = CompactBlock.encoded(data.span, planes, compressor)
        if tensor.codec == .compact || compact.count <= data.count / 100 * (100 - Self.leastGain) {
          (stored, choice) = (compact, .compact)
        }
      }
      if tensor.codec != .compact, let difference = try difference(of: tensor) {
        let delta = CompactBlock.encoded(difference.span, planes, compressor)
        if tensor.codec == .delta || delta.count < stored.count {
          (stored, choice) = (delta, .delta)
        }
      }
    }
    tensor.codec = tensor.codec ?? choice
    blocks.append(stored.span, byteCount: data.count)
    try container.append(stored)
    byteCount += stored.count
    tensor.pending.removeAll(keepingCapacity: true)
  }

  /// The difference of the pending block from the base; nil if the base has no such tensor.
  private func difference(of tensor: OpenTensor) throws -> [UInt8]? {
    let description = tensor.tensor
    guard let base, base.directory[description.name]?.entry.tensor == description else {
      return nil
    }
    let start =
      (blocks.count - tensor.firstBlock) * TensorTable.blockByteCount(of: description.elementType)
    let elements = tensor.pending
    let others = try base.bytes(of: description, in: start..<(start + elements.count))
    var differences = [UInt8](repeating: 0, count: elements.count)
    unsafe differences.withUnsafeMutableBytes { differences in
      unsafe elements.withUnsafeBytes { elements in
        unsafe others.withUnsafeBytes {
          unsafe ElementDifference.subtract(
            $0, from: elements, into: differences, description.elementType)
        }
      }
    }
    return differences
  }
}
