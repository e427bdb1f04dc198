/// The keys and values of a GGUF file; arrays stay bytes until somebody asks for them.
///
/// A vocabulary of 262,144 tokens takes many times its bytes as values, and who lists tensors does not
/// want it. All bytes are checked when the file is opened.
struct GGUFMetadata: Sendable {
  /// A value, or the bytes of an array after its element type.
  private enum Content {
    case value(GGUFValue)
    case array(FieldReader)
  }

  private var entries: [(key: String, content: Content)] = []
  private var places: [[UInt8]: Int] = [:]

  /// More elements are refused: in memory they take many times what they take in the file.
  private static let maximumElementCount = 1 << 24
  private static let maximumNameByteCount = 1 << 16
  /// Deeper arrays of arrays are refused.
  private static let maximumDepth = 16

  /// Every key, in the order of the file.
  var keys: [String] { entries.map(\.key) }

  /// Every key and value, in the order of the file.
  var values: [(key: String, value: GGUFValue)] {
    entries.map { ($0.key, Self.value($0.content)) }
  }

  /// The value of a key; nil if there is none.
  subscript(key: String) -> GGUFValue? {
    places[Array(key.utf8)].map { Self.value(entries[$0].content) }
  }

  /// Forgets keys.
  mutating func remove(where isUnwanted: (String) -> Bool) {
    entries.removeAll { isUnwanted($0.key) }
    places = Dictionary(
      entries.enumerated().map { (Array($1.key.utf8), $0) }, uniquingKeysWith: { first, _ in first }
    )
  }

  /// No values.
  init() {}

  /// Reads `count` keys and values.
  ///
  /// - Throws: `FileError`; `InterchangeError` with the key.
  init(_ count: Int, _ fields: inout FieldReader) throws {
    var elementCount = 0
    for _ in 0..<count {
      let key = try Self.string(&fields, "metadata key", limit: Self.maximumNameByteCount)
      let typeCode = try fields.integer(UInt32.self, key)
      let content: Content
      if typeCode == 9 {
        let start = fields.offset
        try Self.skipArray(&fields, key, &elementCount)
        let bytes = try fields.file.bytes(in: start..<fields.offset, key)
        content = .array(FieldReader(bytes, at: start, like: fields))
      } else {
        content = .value(try Self.value(typeCode, &fields, key))
      }
      guard places.updateValue(entries.count, forKey: Array(key.utf8)) == nil else {
        throw fields.error(.damaged("the key is there twice"), key)
      }
      entries.append((key, content))
    }
  }

  /// Reads text after its length.
  ///
  /// - Throws: `FileError`; `InterchangeError` (`damaged`).
  static func string(
    _ fields: inout FieldReader, _ field: String, limit: Int = .max
  ) throws -> String {
    let count = try fields.count(of: 1, field)
    guard count <= limit else { throw fields.error(.damaged("\(count) bytes long"), field) }
    let bytes = try fields.bytes(count, field)
    guard let string = String(validating: bytes, as: UTF8.self) else {
      throw fields.error(.damaged("not UTF-8"), field)
    }
    return string
  }

  /// Checks an array from its element type on, and steps after it.
  private static func skipArray(
    _ fields: inout FieldReader, _ key: String, _ elementCount: inout Int, depth: Int = 1
  ) throws {
    guard depth <= maximumDepth else {
      throw fields.error(.unsupported("arrays in more than \(maximumDepth) others"), key)
    }
    let type = try fields.integer(UInt32.self, key)
    let size = GGUFValue.minimumByteCount(type, hasShortCounts: fields.hasShortCounts)
    guard let size else { throw fields.error(.damaged("elements of type \(type)"), key) }
    let count = try fields.count(of: size, key)
    elementCount += count
    guard elementCount <= maximumElementCount else {
      throw fields.error(.unsupported("more than \(maximumElementCount) elements"), key)
    }
    switch type {
    case 7: for _ in 0..<count { _ = try value(type, &fields, key) }
    case 8: for _ in 0..<count { try fields.skipText(try fields.count(of: 1, key), key) }
    case 9:
      for _ in 0..<count { try skipArray(&fields, key, &elementCount, depth: depth + 1) }
    default: fields.skip(count * size)
    }
  }

  private static func value(_ content: Content) -> GGUFValue {
    switch content {
    case .value(let value): return value
    case .array(var fields):
      // Its bytes are in memory, and were read once in the same way.
      guard let value = try? value(9, &fields, "") else {
        preconditionFailure("GGUFMetadata: an array that is no longer what it was")
      }
      return value
    }
  }

  private static func value(
    _ typeCode: UInt32, _ fields: inout FieldReader, _ key: String
  ) throws -> GGUFValue {
    switch typeCode {
    case 0: return .uint8(try fields.integer(UInt8.self, key))
    case 1: return .int8(try fields.integer(Int8.self, key))
    case 2: return .uint16(try fields.integer(UInt16.self, key))
    case 3: return .int16(try fields.integer(Int16.self, key))
    case 4: return .uint32(try fields.integer(UInt32.self, key))
    case 5: return .int32(try fields.integer(Int32.self, key))
    case 6: return .float32(Float(bitPattern: try fields.integer(UInt32.self, key)))
    case 7:
      let byte = try fields.integer(UInt8.self, key)
      guard byte <= 1 else { throw fields.error(.damaged("\(byte) isn't a truth value"), key) }
      return .bool(byte == 1)
    case 8: return .string(try string(&fields, key))
    case 9:
      let elementType = try fields.integer(UInt32.self, key)
      let count = try fields.count(of: 1, key)
      let elements = try (0..<count).map { _ in try value(elementType, &fields, key) }
      return .array(elementType: elementType, elements)
    case 10: return .uint64(try fields.integer(UInt64.self, key))
    case 11: return .int64(try fields.integer(Int64.self, key))
    case 12: return .float64(Double(bitPattern: try fields.integer(UInt64.self, key)))
    default: throw fields.error(.damaged("a value of type \(typeCode)"), key)
    }
  }
}
