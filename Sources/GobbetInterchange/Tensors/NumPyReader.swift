public import GobbetData
internal import GobbetSystem

/// The array of a NumPy `.npy` file, or the arrays of an `.npz`, compressed or not.
///
/// Arrays of any byte order and in Fortran's order come as tensors have to be, row-major and
/// little-endian. Object arrays, which hold pickles, are refused with every other type that tensors do
/// not have. The checksum of a member is checked before its data is first read.
public struct NumPyReader: TensorPartSource {
  /// Every array, by its member's name without `.npy`; that of a single file is called after it.
  public let tensors: [TensorDescription]
  /// There is none.
  public let metadata: [(String, String)] = []

  /// One array of the file.
  struct Entry: Sendable {
    let tensor: TensorDescription
    let header: NumPyHeader
    /// Nil for a file that is one array.
    let member: ZipMember?
    /// Bytes from the start of the file to the data; of a compressed member, to its bytes.
    let offset: Int

    var isDeflated: Bool { member?.isDeflated ?? false }
    /// Whether elements are in the order that tensors have.
    var isRowMajor: Bool { !header.isColumnMajor || tensor.shape.count < 2 }
    /// Whether the data lies in the file as it is in memory.
    var isPlain: Bool { !isDeflated && isRowMajor && !header.isBigEndian }
  }

  let file: OpenedFile
  let entries: [Entry]
  private let entriesByTensor: TensorMap<Entry>
  /// The members whose sums were checked.
  let checked = CheckedMembers()

  /// Headers are short; anything longer isn't an array.
  private static let maximumHeaderByteCount = 1 << 16

  /// Opens the file at `path` and reads its headers.
  ///
  /// - Throws: `FileError`; `InterchangeError` with the name of the array.
  public init(_ path: String) throws { try self.init(OpenedFile(path)) }

  /// Reads the headers of an open file.
  ///
  /// - Throws: as ``init(_:)``.
  package init(_ file: OpenedFile) throws {
    let start = try file.bytes(in: 0..<min(4, file.byteCount), "magic")
    if start.elementsEqual([0x50, 0x4B, 0x03, 0x04])
      || start.elementsEqual([0x50, 0x4B, 0x05, 0x06])
    {
      let members = try StoredZip.members(of: file)
      if members.contains(where: { $0.name.utf8.elementsEqual("model.weights.h5".utf8) }) {
        throw InterchangeError(
          .unsupported(
            "a model of Keras, whose weights are HDF5; convert it with keras and numpy.savez"),
          path: file.path)
      }
      entries = try members.map { member in
        let name = member.name.hasSuffix(".npy") ? String(member.name.dropLast(4)) : member.name
        return try Self.entry(name, member, member.range, member.byteCount, file)
      }
    } else {
      let name = file.path.split(separator: "/").last.map(String.init) ?? file.path
      entries = [
        try Self.entry(
          name.hasSuffix(".npy") ? String(name.dropLast(4)) : name, nil, 0..<file.byteCount,
          file.byteCount, file)
      ]
    }
    self.file = file
    tensors = entries.map(\.tensor)
    entriesByTensor = TensorMap(entries.lazy.map { ($0.tensor, $0) })
  }

  private static func entry(
    _ name: String, _ member: ZipMember?, _ range: Range<Int>, _ byteCount: Int, _ file: OpenedFile
  ) throws -> Entry {
    let frontCount = min(maximumHeaderByteCount, byteCount)
    let bytes: [UInt8]
    if let member, member.isDeflated {
      bytes = try inflatedFront(member, frontCount, file)
    } else {
      bytes = try file.bytes(in: range.lowerBound..<(range.lowerBound + frontCount), name)
    }
    let header = try NumPyHeader(bytes[...], path: file.path, field: name)
    let tensor: TensorDescription
    do {
      tensor = try TensorDescription(
        name: name, elementType: header.elementType, shape: header.shape)
    } catch {
      throw InterchangeError(.tensor("\(error)"), path: file.path, field: name)
    }
    guard byteCount - header.byteCount == tensor.byteCount else {
      throw InterchangeError(
        .damaged(
          "\((byteCount - header.byteCount).counted("byte")) of data, not \(tensor.byteCount)"),
        path: file.path, field: name)
    }
    let isDeflated = member?.isDeflated ?? false
    return Entry(
      tensor: tensor, header: header, member: member,
      offset: range.lowerBound + (isDeflated ? 0 : header.byteCount))
  }

  /// The entry of a tensor.
  ///
  /// - Throws: `TensorError` if there is none, or it is another.
  func entry(of tensor: TensorDescription) throws(TensorError) -> Entry {
    try entriesByTensor.value(of: tensor)
  }
}
