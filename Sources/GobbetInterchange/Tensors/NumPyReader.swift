public import GobbetData

/// The array of a NumPy `.npy` file, or the arrays of an `.npz` whose members are not compressed.
///
/// Object arrays, which hold pickles, are refused with every other type that tensors do not have.
public struct NumPyReader: StoredTensorSource {
  /// Every array, by its member's name without `.npy`; that of a single file is called after it.
  public var tensors: [TensorDescription] { stored.tensors }
  /// There is none.
  public let metadata: [(String, String)] = []
  let stored: StoredTensors

  /// Headers are short; anything longer is no array.
  private static let maximumHeaderByteCount = 1 << 16

  /// Opens the file at `path` and reads its headers.
  ///
  /// - Throws: `FileError`; ``InterchangeError`` with the name of the array.
  public init(_ path: String) throws {
    let file = try OpenFile(path)
    let start = try file.bytes(in: 0..<min(4, file.byteCount), "magic")
    var members: [(name: String, range: Range<Int>)]
    if start.elementsEqual([0x50, 0x4B, 0x03, 0x04])
      || start.elementsEqual([0x50, 0x4B, 0x05, 0x06])
    {
      members = try StoredZip.members(of: file)
      for index in members.indices where members[index].name.hasSuffix(".npy") {
        members[index].name.removeLast(4)
      }
    } else {
      let name = path.split(separator: "/").last.map(String.init) ?? path
      members = [(name.hasSuffix(".npy") ? String(name.dropLast(4)) : name, 0..<file.byteCount)]
    }
    stored = StoredTensors(file, try members.map { try Self.entry($0.name, $0.range, file) })
  }

  private static func entry(
    _ name: String, _ range: Range<Int>, _ file: OpenFile
  ) throws -> (tensor: TensorDescription, offset: Int) {
    let front = range.prefix(maximumHeaderByteCount)
    let bytes = try file.bytes(in: front.startIndex..<front.endIndex, name)
    let header = try NumPyHeader(bytes[...], path: file.path, field: name)
    guard !header.isColumnMajor || header.shape.count < 2 else {
      throw InterchangeError(.unsupported("Fortran order"), path: file.path, field: name)
    }
    let tensor: TensorDescription
    do {
      tensor = try TensorDescription(
        name: name, elementType: header.elementType, shape: header.shape)
    } catch {
      throw InterchangeError(.tensor(error), path: file.path, field: name)
    }
    guard range.count - header.byteCount == tensor.byteCount else {
      throw InterchangeError(
        .damaged("\(range.count - header.byteCount) bytes of data, not \(tensor.byteCount)"),
        path: file.path, field: name)
    }
    return (tensor, range.lowerBound + header.byteCount)
  }
}
