public import GobbetData
internal import GobbetFile
internal import GobbetSystem

/// Writes safetensors files, byte for byte as the reference writer does.
///
/// The header names all tensors in front, so they are described first; their data follows in
/// ``tensors``' order, a piece at a time.
public struct SafetensorsWriter: ~Copyable {
  /// The tensors in the order of their data: types of more bytes first, then by the bytes of names.
  public let tensors: [TensorDescription]
  /// The bytes before the data.
  let header: [UInt8]
  private var file: AtomicFile
  private var writtenByteCount = 0

  /// Begins a file at `path` and writes its header.
  ///
  /// - Throws: `FileError`; `InterchangeError` (`notRepresentable`) for a tensor named twice or
  ///   `__metadata__`, or of a type that the format lacks.
  public init(
    _ path: String, tensors: [TensorDescription], metadata: [(String, String)] = [],
    replacing: Bool = false
  ) throws {
    let sorted = try Self.sorted(tensors, path)
    let header = try Self.header(sorted, metadata, path)
    var file = try AtomicFile(path, replacing: replacing)
    try file.write(header.span)
    self.tensors = sorted.map(\.tensor)
    self.header = header
    self.file = file
  }

  private typealias Entry = (tensor: TensorDescription, typeIndex: Int)

  private static func sorted(
    _ tensors: [TensorDescription], _ path: String
  ) throws(InterchangeError) -> [Entry] {
    var entries: [Entry] = []
    for tensor in tensors {
      let types = ElementType.safetensors
      guard let typeIndex = types.firstIndex(where: { $0.type == tensor.elementType }) else {
        throw InterchangeError(
          .notRepresentable("elements of type \(tensor.elementType.name)"), path: path,
          field: tensor.name)
      }
      guard tensor.hasWholeBytes else {
        throw InterchangeError(
          .notRepresentable("elements that fill no whole bytes"), path: path, field: tensor.name)
      }
      entries.append((tensor, typeIndex))
    }
    return entries.sorted {
      if $0.typeIndex != $1.typeIndex { return $0.typeIndex > $1.typeIndex }
      return $0.tensor.name.utf8.lexicographicallyPrecedes($1.tensor.name.utf8)
    }
  }

  private static func header(
    _ entries: [Entry], _ metadata: [(String, String)], _ path: String
  ) throws(InterchangeError) -> [UInt8] {
    var names: Set<[UInt8]> = [Array("__metadata__".utf8)]
    var members: [[UInt8]] = metadata.isEmpty ? [] : [try metadataMember(metadata, path)]
    var offset = 0
    for (tensor, typeIndex) in entries {
      guard names.insert(Array(tensor.name.utf8)).inserted else {
        throw InterchangeError(
          .notRepresentable("a second tensor of the name"), path: path, field: tensor.name)
      }
      let (end, overflow) = offset.addingReportingOverflow(tensor.byteCount)
      guard !overflow else {
        throw InterchangeError(.notRepresentable("more than 2^63 bytes"), path: path)
      }
      var member: [UInt8] = []
      member.append(quoted: tensor.name.utf8)
      let type = ElementType.safetensors[typeIndex].name
      let shape = tensor.shape.map(String.init).joined(separator: ",")
      member.append(
        #":{"dtype":"\#(type)","shape":[\#(shape)],"data_offsets":[\#(offset),\#(end)]}"#)
      members.append(member)
      offset = end
    }
    var text = [UInt8(ascii: "{")] + members.joined(separator: [UInt8(ascii: ",")])
    text.append(UInt8(ascii: "}"))
    while !text.count.isMultiple(of: 8) { text.append(UInt8(ascii: " ")) }
    guard text.count <= SafetensorsReader.maximumHeaderByteCount else {
      throw InterchangeError(.notRepresentable("a header over 100 MB"), path: path)
    }
    let length = (0..<8).map { UInt8(truncatingIfNeeded: text.count >> (8 * $0)) }
    return length + text
  }

  private static func metadataMember(
    _ metadata: [(String, String)], _ path: String
  ) throws(InterchangeError) -> [UInt8] {
    var keys: Set<[UInt8]> = []
    var member: [UInt8] = []
    member.append(#""__metadata__":{"#)
    for (position, (key, value)) in metadata.enumerated() {
      guard keys.insert(Array(key.utf8)).inserted else {
        throw InterchangeError(
          .notRepresentable("a key twice"), path: path, field: "__metadata__.\(key)")
      }
      if position > 0 { member.append(",") }
      member.append(quoted: key.utf8)
      member.append(":")
      member.append(quoted: value.utf8)
    }
    member.append("}")
    return member
  }

  /// Writes the next bytes of the tensors' data, which may end in the middle of one.
  ///
  /// - Throws: `FileError`.
  public mutating func write(_ bytes: Span<UInt8>) throws {
    writtenByteCount += bytes.count
    try file.write(bytes)
  }

  /// Gives the file its name.
  ///
  /// - Precondition: the data of all tensors is written.
  /// - Throws: `FileError`.
  public mutating func finish() throws {
    let expected = tensors.reduce(0) { $0 + $1.byteCount }
    precondition(writtenByteCount == expected, "SafetensorsWriter: data missing, or too much")
    try file.commit()
  }

  /// Writes everything in `source` to a file at `path`, a piece at a time; `progress` hears of every
  /// piece how many bytes are written.
  ///
  /// - Throws: as the initialiser, and what the source and `progress` throw.
  public static func write(
    _ source: some TensorSource, to path: String, replacing: Bool = false,
    progress: (Int) throws -> Void = { _ in }
  ) throws {
    let writer = try SafetensorsWriter(
      path, tensors: source.tensors, metadata: source.metadata, replacing: replacing)
    try source.write(to: SafetensorsSink(writer), progress: progress)
  }
}

/// A safetensors file that is written, as a sink.
final class SafetensorsSink: TensorSink {
  private var writer: SafetensorsWriter
  /// Whether checksums are kept.
  private let sums: Bool
  /// The CRC-32C of each tensor's data, in the order of the file.
  private(set) var checksums: [UInt32] = []

  var tensors: [TensorDescription] { writer.tensors }
  /// The bytes before the data.
  var header: [UInt8] { writer.header }

  init(_ writer: consuming SafetensorsWriter, summing sums: Bool = false) {
    self.writer = writer
    self.sums = sums
  }

  func begin(_ tensor: TensorDescription) { checksums.append(0) }

  func append(_ data: Span<UInt8>) throws {
    if sums {
      let last = checksums.count - 1
      checksums[last] = crc32c(data, continuing: checksums[last])
    }
    try writer.write(data)
  }

  func finish() throws { try writer.finish() }
}
