/// A value of GGUF's metadata.
public enum GGUFValue: Hashable, Sendable {
  /// An unsigned integer of 8 bits.
  case uint8(UInt8)
  /// A signed integer of 8 bits.
  case int8(Int8)
  /// An unsigned integer of 16 bits.
  case uint16(UInt16)
  /// A signed integer of 16 bits.
  case int16(Int16)
  /// An unsigned integer of 32 bits.
  case uint32(UInt32)
  /// A signed integer of 32 bits.
  case int32(Int32)
  /// A 32-bit float.
  case float32(Float)
  /// A truth value.
  case bool(Bool)
  /// A text.
  case string(String)
  /// Elements of one type, whose code is kept for arrays without any.
  case array(elementType: UInt32, [GGUFValue])
  /// An unsigned integer of 64 bits.
  case uint64(UInt64)
  /// A signed integer of 64 bits.
  case int64(Int64)
  /// A 64-bit float.
  case float64(Double)

  /// The code of the type in files.
  var typeCode: UInt32 {
    switch self {
    case .uint8: 0
    case .int8: 1
    case .uint16: 2
    case .int16: 3
    case .uint32: 4
    case .int32: 5
    case .float32: 6
    case .bool: 7
    case .string: 8
    case .array: 9
    case .uint64: 10
    case .int64: 11
    case .float64: 12
    }
  }

  /// The bytes that a value of a type takes, or takes at least if it is text or an array; nil if there
  /// is no such type.
  static func minimumByteCount(_ typeCode: UInt32, hasShortCounts: Bool = false) -> Int? {
    switch typeCode {
    case 0, 1, 7: 1
    case 2, 3: 2
    case 4...6: 4
    case 8: hasShortCounts ? 4 : 8
    case 10...12: 8
    case 9: hasShortCounts ? 8 : 12
    default: nil
    }
  }

  /// The integer that it is, if it is not negative; nil for anything else.
  public var size: Int? {
    switch self {
    case .uint8(let value): Int(value)
    case .uint16(let value): Int(value)
    case .uint32(let value): Int(value)
    case .uint64(let value): Int(exactly: value)
    case .int8(let value): value < 0 ? nil : Int(value)
    case .int16(let value): value < 0 ? nil : Int(value)
    case .int32(let value): value < 0 ? nil : Int(value)
    case .int64(let value): value < 0 ? nil : Int(exactly: value)
    default: nil
    }
  }

  /// The string that it is; nil for anything else.
  public var string: String? {
    if case .string(let value) = self { value } else { nil }
  }

  /// The elements of the array that it is; nil for anything else.
  public var elements: [GGUFValue]? {
    if case .array(_, let elements) = self { elements } else { nil }
  }

  /// Strings as they are, everything else as JSON has it.
  public var text: String {
    switch self {
    case .uint8(let value): "\(value)"
    case .int8(let value): "\(value)"
    case .uint16(let value): "\(value)"
    case .int16(let value): "\(value)"
    case .uint32(let value): "\(value)"
    case .int32(let value): "\(value)"
    case .float32(let value): "\(value)"
    case .bool(let value): "\(value)"
    case .string(let value): value
    case .uint64(let value): "\(value)"
    case .int64(let value): "\(value)"
    case .float64(let value): "\(value)"
    case .array(_, let elements):
      "[" + elements.map(\.element).joined(separator: ",") + "]"
    }
  }

  /// As ``text``, but strings in quotes.
  private var element: String {
    guard case .string(let value) = self else { return text }
    var quoted: [UInt8] = []
    quoted.append(quoted: value.utf8)
    return String(decoding: quoted, as: UTF8.self)
  }
}
