internal import GobbetData

/// The header of a NumPy `.npy` file: a magic, a version, and a Python dictionary of three keys.
///
/// Only the dictionary that NumPy itself writes is understood; nothing is evaluated.
/// - Source: NumPy's `lib/format.py`.
struct NumPyHeader {
  /// NumPy's name of the elements' type.
  let typeName: String
  /// Nil for a type that tensors do not have, or that the name leaves open.
  let elementType: ElementType?
  let shape: [Int]
  /// Whether the first axis is the innermost (`fortran_order`).
  let isColumnMajor: Bool
  /// Whether the highest byte of an element comes first.
  let isBigEndian: Bool
  /// Bytes in front of the data.
  let byteCount: Int

  /// NumPy's names of the element types that have one there.
  static let types: [(name: String, type: ElementType)] = [
    ("<f8", .float64), ("<f4", .float32), ("<f2", .float16), ("<i8", .int64), ("<i4", .int32),
    ("<i2", .int16), ("|i1", .int8), ("<u8", .uint64), ("<u4", .uint32), ("<u2", .uint16),
    ("|u1", .uint8), ("|b1", .bool), ("<c8", .complex64),
  ]

  /// What ml_dtypes calls those of its types that a file tells apart from all others; NumPy itself
  /// reads them as bytes, so they are not written.
  ///
  /// - Source: `numpy.save` of ml_dtypes 0.6.0.
  private static let readTypes: [(name: String, type: ElementType)] = [
    ("<V2", .bfloat16), ("|f1", .float8E5M2),
  ]

  /// What ml_dtypes calls each of its other types of a byte an element.
  private static let openTypeNames = ["<V1", "|V1"]

  /// Whether the name leaves open which type it is.
  var leavesTypeOpen: Bool { Self.openTypeNames.contains(typeName) }

  /// A header in row-major order.
  init(elementType: ElementType, shape: [Int]) {
    typeName = ""
    self.elementType = elementType
    self.shape = shape
    isColumnMajor = false
    isBigEndian = false
    byteCount = 0
  }

  /// Reads the header at the front of `bytes`; `field` names the array in errors, and elements whose type
  /// their name leaves open are of the `openType`.
  ///
  /// - Throws: `InterchangeError`.
  init(
    _ bytes: ArraySlice<UInt8>, openType: ElementType? = nil, path: String?, field: String
  ) throws(InterchangeError) {
    func error(_ code: InterchangeError.Code) -> InterchangeError {
      InterchangeError(code, path: path, field: field)
    }
    let start = bytes.startIndex
    guard bytes.count >= 10, bytes.starts(with: [0x93] + Array("NUMPY".utf8)) else {
      throw error(.damaged("not a NumPy array"))
    }
    let version = bytes[start + 6]
    guard (1...3).contains(version), bytes[start + 7] == 0 else {
      throw error(.unsupported("version \(version).\(bytes[start + 7])"))
    }
    let lengthByteCount = version == 1 ? 2 : 4
    let lengthBytes = bytes.dropFirst(8).prefix(lengthByteCount)
    let length = lengthBytes.reversed().reduce(0) { $0 << 8 | Int($1) }
    let text = bytes.dropFirst(8 + lengthByteCount).prefix(length)
    guard lengthBytes.count == lengthByteCount, text.count == length else {
      throw error(.damaged("the header is cut"))
    }
    guard var dictionary = PythonDictionary(text) else {
      throw error(.damaged("the header is not the dictionary that NumPy writes"))
    }
    guard let name = dictionary.type, let isColumnMajor = dictionary.isColumnMajor,
      let shape = dictionary.shape
    else { throw error(.damaged("no descr, fortran_order or shape")) }
    // NumPy writes `<` for one byte, too, in some versions.
    isBigEndian = name.hasPrefix(">") && !name.hasSuffix("1")
    if name.hasSuffix("1") { dictionary.type = "|" + name.dropFirst() }
    if isBigEndian { dictionary.type = "<" + name.dropFirst() }
    let types = Self.types + (isBigEndian ? [] : Self.readTypes)
    let type = types.first { $0.name == dictionary.type }?.type
    typeName = name
    elementType =
      Self.openTypeNames.contains(name) ? openType : isBigEndian && type == .complex64 ? nil : type
    self.shape = shape
    self.isColumnMajor = isColumnMajor
    byteCount = 8 + lengthByteCount + length
  }

  /// The bytes of the header, as NumPy writes version 1.0; nil if the type has no name there.
  var bytes: [UInt8]? {
    guard let name = Self.types.first(where: { $0.type == elementType })?.name else { return nil }
    let axes = shape.map(String.init).joined(separator: ", ") + (shape.count == 1 ? "," : "")
    var text = Array(
      "{'descr': '\(name)', 'fortran_order': False, 'shape': (\(axes)), }".utf8)
    // The data begins at a multiple of 64, after a line end.
    let padding = 64 - (10 + text.count + 1) % 64
    text.append(contentsOf: repeatElement(UInt8(ascii: " "), count: padding % 64))
    text.append(0x0A)
    var bytes = [0x93] + Array("NUMPY".utf8) + [1, 0]
    bytes.append(littleEndian: UInt16(text.count))
    return bytes + text
  }
}

/// A Python dictionary with strings, truth values and tuples of integers, as far as headers go.
private struct PythonDictionary {
  var type: String?
  private(set) var isColumnMajor: Bool?
  private(set) var shape: [Int]?
  private var rest: ArraySlice<UInt8>

  /// Nil if `text` is anything else, or has a key twice or one that is not known.
  init?(_ text: ArraySlice<UInt8>) {
    rest = text
    guard take("{") else { return nil }
    while !take("}") {
      guard let key = string(), take(":"), value(of: key) else { return nil }
      guard take(",") || rest.first == UInt8(ascii: "}") else { return nil }
    }
    skipSpace()
    guard rest.isEmpty else { return nil }
  }

  private mutating func skipSpace() { rest = rest.drop { $0 == 0x20 || $0 == 0x0A } }

  private mutating func take(_ token: String) -> Bool {
    skipSpace()
    guard rest.starts(with: token.utf8) else { return false }
    rest = rest.dropFirst(token.utf8.count)
    skipSpace()
    return true
  }

  private mutating func string() -> String? {
    guard let quote = rest.first, quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"") else {
      return nil
    }
    rest = rest.dropFirst()
    guard let end = rest.firstIndex(of: quote) else { return nil }
    defer { rest = rest[(end + 1)...] }
    return String(decoding: rest[..<end], as: UTF8.self)
  }

  /// The text of a list that names the fields of an element.
  private mutating func fields() -> String? {
    guard rest.first == UInt8(ascii: "[") else { return nil }
    var depth = 0
    var quote: UInt8?
    for (index, byte) in zip(rest.indices, rest) {
      if let open = quote {
        if byte == open { quote = nil }
        continue
      }
      switch byte {
      case UInt8(ascii: "'"), UInt8(ascii: "\""): quote = byte
      case UInt8(ascii: "["): depth += 1
      case UInt8(ascii: "]"): depth -= 1
      default: break
      }
      guard depth == 0 else { continue }
      defer { rest = rest[(index + 1)...] }
      return String(decoding: rest[...index], as: UTF8.self)
    }
    return nil
  }

  private mutating func value(of key: String) -> Bool {
    switch key {
    case "descr" where type == nil:
      type = string() ?? fields()
      return type != nil
    case "fortran_order" where isColumnMajor == nil:
      if take("True") { isColumnMajor = true } else if take("False") { isColumnMajor = false }
      return isColumnMajor != nil
    case "shape" where shape == nil:
      shape = tuple()
      return shape != nil
    default: return false
    }
  }

  private mutating func tuple() -> [Int]? {
    guard take("(") else { return nil }
    var numbers: [Int] = []
    while !take(")") {
      let digits = rest.prefix { (0x30...0x39).contains($0) }
      guard !digits.isEmpty, numbers.count < 64,
        let number = Int(String(decoding: digits, as: UTF8.self))
      else { return nil }
      rest = rest.dropFirst(digits.count)
      numbers.append(number)
      guard take(",") || rest.first == UInt8(ascii: ")") else { return nil }
    }
    return numbers
  }
}
