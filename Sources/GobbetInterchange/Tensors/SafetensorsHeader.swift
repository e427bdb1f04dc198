internal import GobbetData
internal import GobbetSystem

/// The header of a safetensors file, checked.
struct SafetensorsHeader {
  /// The tensors in the order of their data, and where it begins in the file.
  let tensors: [(tensor: TensorDescription, offset: Int)]
  /// The string pairs under `__metadata__`, without that of the set.
  let metadata: [(String, String)]
  /// The set of files that the file belongs to; nil if it does not say.
  let setID: String?

  /// The key under `__metadata__` of the set of files that a file belongs to.
  static let setKey = "gobbet.set"

  /// Reads the header of `file`.
  ///
  /// - Throws: `FileError`; `InterchangeError`.
  init(_ file: OpenedFile) throws {
    let path = file.path
    let lengthBytes = try file.bytes(in: 0..<8, "header length")
    let length = lengthBytes.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard length <= UInt64(SafetensorsReader.maximumHeaderByteCount),
      Int(length) <= file.byteCount - 8
    else {
      throw InterchangeError(
        .damaged("a header of \(length.counted("byte")) in a file of \(file.byteCount)"),
        path: path,
        offset: 0, field: "header length")
    }
    let text = try file.bytes(in: 8..<(8 + Int(length)), "header")
    guard text.beginsJSONObject else {
      throw InterchangeError(
        .damaged("the header does not begin with {"), path: path, offset: 8, field: "header")
    }
    let root = try JSONDocument(text, path: path).root
    var entries: [Entry] = []
    var metadata: [(String, String)] = []
    var names: Set<[UInt8]> = []
    try root.forEach { (name, value) throws(InterchangeError) in
      guard names.insert(name).inserted else {
        throw root.error(.damaged("the name is there twice"), key: name)
      }
      if name.elementsEqual("__metadata__".utf8) {
        metadata = try Self.pairs(value, in: root)
      } else {
        entries.append(try Entry(name, value, in: root))
      }
    }
    setID = metadata.first { $0.0 == Self.setKey }?.1
    self.metadata = metadata.filter { $0.0 != Self.setKey }
    entries.sort { ($0.start, $0.end) < ($1.start, $1.end) }
    let dataStart = 8 + Int(length)
    try Self.check(entries, byteCount: file.byteCount - dataStart, root)
    tensors = entries.map { ($0.description, dataStart + $0.start) }
  }

  /// The string pairs of the metadata.
  private static func pairs(
    _ object: JSONValue, in root: JSONValue
  ) throws(InterchangeError) -> [(String, String)] {
    // The reference reader takes null for no metadata.
    if object.isNull { return [] }
    guard object.isObject else {
      throw root.error(.damaged("not an object"), key: "__metadata__".utf8)
    }
    var pairs: [(String, String)] = []
    var keys: Set<[UInt8]> = []
    try object.forEach { (key, value) throws(InterchangeError) in
      let field = Array("__metadata__.".utf8) + key
      guard keys.insert(key).inserted else {
        throw root.error(.damaged("the key is there twice"), key: field)
      }
      guard let text = value.string else { throw root.error(.damaged("not a string"), key: field) }
      pairs.append((String(decoding: key, as: UTF8.self), text))
    }
    return pairs
  }

  /// The data must be covered by the tensors, each byte once.
  private static func check(
    _ entries: [Entry], byteCount: Int, _ root: JSONValue
  ) throws(InterchangeError) {
    var end = 0
    for entry in entries {
      guard entry.start == end else {
        let what = entry.start > end ? "no tensor has the bytes before" : "two tensors have"
        throw root.error(
          .damaged("\(what) byte \(entry.start) of the data"), key: entry.description.name.utf8)
      }
      end = entry.end
    }
    guard end == byteCount else {
      throw root.error(
        .damaged("the tensors have \(end.counted("byte")), the file has \(byteCount)"))
    }
  }

  /// One tensor of the header.
  private struct Entry {
    let description: TensorDescription
    let start: Int
    let end: Int

    init(_ name: [UInt8], _ value: JSONValue, in root: JSONValue) throws(InterchangeError) {
      // Other keys are passed over, as the reference reader does.
      guard let typeName = try value.member("dtype")?.bytes,
        let shape = Self.sizes(try value.member("shape")),
        let offsets = Self.sizes(try value.member("data_offsets")), offsets.count == 2
      else {
        throw root.error(.damaged("no dtype, shape or data_offsets, or wrong ones"), key: name)
      }
      let types = ElementType.safetensors
      guard let type = types.first(where: { $0.name.utf8.elementsEqual(typeName) })?.type else {
        let typeName = String(decoding: typeName, as: UTF8.self)
        throw root.error(.unsupported("elements of type \(typeName)"), key: name)
      }
      do {
        description = try TensorDescription(
          name: String(decoding: name, as: UTF8.self), elementType: type, shape: shape)
      } catch {
        throw root.error(.tensor("\(error)"), key: name)
      }
      start = offsets[0]
      end = offsets[1]
      guard description.hasWholeBytes else {
        throw root.error(.damaged("elements that fill no whole bytes"), key: name)
      }
      guard start <= end, end - start == description.byteCount else {
        throw root.error(
          .damaged("data from \(start) to \(end), not of \(description.byteCount.counted("byte"))"),
          key: name)
      }
    }

    /// The elements of an array of sizes; nil if it is none.
    private static func sizes(_ array: JSONValue?) -> [Int]? {
      guard let array, array.isArray else { return nil }
      var sizes: [Int?] = []
      array.forEach { _, element in sizes.append(element.size) }
      return sizes.contains(nil) ? nil : sizes.compactMap(\.self)
    }
  }
}
