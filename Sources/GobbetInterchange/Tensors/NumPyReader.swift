public import GobbetData
internal import GobbetSystem

/// The array of a NumPy `.npy` file, or the arrays of an `.npz`, compressed or not.
///
/// Arrays of any byte order and in Fortran's order come as tensors have to be, row-major and
/// little-endian. Arrays of types that tensors do not have, as objects, which are pickles, are listed, and an
/// error if they are read. The checksum of a member is checked before its data is first read.
public struct NumPyReader: TensorPartSource {
  /// Every array, by its member's name without `.npy`; that of a single file is called after it.
  public let tensors: [TensorDescription]
  /// There is none.
  public let metadata: [(String, String)] = []
  /// The arrays that cannot be read, which are described as having no elements, and NumPy's names of their
  /// types.
  public let unreadTensors: [(tensor: TensorDescription, typeName: String)]
  /// Whether there is an array whose type its name leaves open.
  package var leavesTypesOpen: Bool { entries.contains { $0.header.leavesTypeOpen } }

  /// One array of the file.
  struct Entry: Sendable {
    let tensor: TensorDescription
    let header: NumPyHeader
    /// Nil for a file that is one array.
    let member: ZipMember?
    /// Bytes from the start of the file to the data; of a compressed member, to its bytes.
    let offset: Int
    /// Why the array cannot be read, which has no elements then; nil for one that can.
    let fault: InterchangeError?

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
  /// Arrays of `<V1`, as which ml_dtypes saves several types of a byte an element, are of the `openType`;
  /// without one they cannot be read.
  /// - Throws: `FileError`; `InterchangeError` with the name of the array: of one whose type is not known,
  ///   too, if there is no other.
  public init(_ path: String, openType: ElementType? = nil) throws {
    try self.init(OpenedFile(path), openType: openType)
  }

  /// Reads the headers of an open file.
  ///
  /// - Throws: as ``init(_:openType:)``.
  package init(_ file: OpenedFile, openType: ElementType? = nil) throws {
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
        return try Self.entry(name, member, member.range, member.byteCount, file, openType)
      }
    } else {
      let name = file.path.split(separator: "/").last.map(String.init) ?? file.path
      entries = [
        try Self.entry(
          name.hasSuffix(".npy") ? String(name.dropLast(4)) : name, nil, 0..<file.byteCount,
          file.byteCount, file, openType)
      ]
    }
    if let fault = entries.first?.fault, entries.allSatisfy({ $0.fault != nil }) { throw fault }
    self.file = file
    tensors = entries.map(\.tensor)
    unreadTensors = entries.filter { $0.fault != nil }.map { ($0.tensor, $0.header.typeName) }
    entriesByTensor = TensorMap(entries.lazy.map { ($0.tensor, $0) })
  }

  private static func entry(
    _ name: String, _ member: ZipMember?, _ range: Range<Int>, _ byteCount: Int,
    _ file: OpenedFile, _ openType: ElementType?
  ) throws -> Entry {
    let frontCount = min(maximumHeaderByteCount, byteCount)
    let bytes: [UInt8]
    if let member, member.isDeflated {
      bytes = try inflatedFront(member, frontCount, file)
    } else {
      bytes = try file.bytes(in: range.lowerBound..<(range.lowerBound + frontCount), name)
    }
    let header = try NumPyHeader(
      bytes[...], openType: openType, path: file.path, field: name)
    let fault = header.fault(file.path, name)
    let tensor: TensorDescription
    do {
      tensor = try TensorDescription(
        name: name, elementType: header.elementType ?? .uint8,
        shape: fault == nil ? header.shape : [0])
    } catch {
      throw InterchangeError(.tensor("\(error)"), path: file.path, field: name)
    }
    guard fault != nil || byteCount - header.byteCount == tensor.byteCount else {
      throw InterchangeError(
        .damaged(
          "\((byteCount - header.byteCount).counted("byte")) of data, not \(tensor.byteCount)"),
        path: file.path, field: name)
    }
    let isDeflated = member?.isDeflated ?? false
    return Entry(
      tensor: tensor, header: header, member: member,
      offset: range.lowerBound + (isDeflated ? 0 : header.byteCount), fault: fault)
  }

  /// The entry of a tensor that can be read.
  ///
  /// - Throws: `TensorError` if there is none, or it is another; `InterchangeError` if it cannot be read.
  func entry(of tensor: TensorDescription) throws -> Entry {
    let entry = try entriesByTensor.value(of: tensor)
    if let fault = entry.fault {
      // A changed byte of the name may be what makes the type unknown.
      try check(entry)
      throw fault
    }
    return entry
  }
}

extension NumPyHeader {
  /// Why the elements cannot be read; nil if they can.
  fileprivate func fault(_ path: String, _ name: String) -> InterchangeError? {
    guard elementType == nil else { return nil }
    let hint =
      leavesTypeOpen
      ? ", which may be any of several types of ml_dtypes; convert takes --v1-type" : ""
    return InterchangeError(
      .unsupported("elements of type \(typeName.cropped())\(hint)"), path: path, field: name)
  }
}
