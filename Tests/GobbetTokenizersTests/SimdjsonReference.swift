import CGobbetJSON
import GobbetTokenizers

/// What JSON holds, spelled so that two parsers can be compared.
enum JSONSpelling {
  /// What simdjson finds in a text; nil if it refuses it.
  static func simdjson(_ text: [UInt8]) -> String? {
    guard let parser = unsafe gobbet_json_create() else { return nil }
    defer { unsafe gobbet_json_free(parser) }
    var root = unsafe gobbet_json_value()
    let padded = text + [UInt8](repeating: 0x20, count: Int(GOBBET_JSON_PADDING))
    guard unsafe gobbet_json_parse(parser, padded, text.count, &root) == 0 else { return nil }
    return unsafe spelling(of: root)
  }

  /// What `JSONDocument` finds in a text; nil if it refuses it.
  static func gobbet(_ text: [UInt8]) -> String? {
    (try? JSONDocument(text, path: nil)).map { spelling(of: $0.root) }
  }

  private static func spelling(of value: gobbet_json_value) -> String {
    switch unsafe gobbet_json_kind_of(value) {
    case GOBBET_JSON_NULL: return "null"
    case GOBBET_JSON_BOOL:
      var flag = false
      _ = unsafe gobbet_json_bool(value, &flag)
      return "\(flag)"
    case GOBBET_JSON_STRING:
      var start: UnsafePointer<UInt8>?
      var count = 0
      _ = unsafe gobbet_json_string(value, &start, &count)
      return unsafe "\(Array(UnsafeBufferPointer(start: start, count: count)))"
    case GOBBET_JSON_ARRAY, GOBBET_JSON_OBJECT: return unsafe members(of: value)
    default:
      var number = 0.0
      _ = unsafe gobbet_json_double(value, &number)
      var size: UInt64 = 0
      let isSize = unsafe gobbet_json_uint64(value, &size)
      return Self.number(number, isSize ? Int(exactly: size) : nil)
    }
  }

  private static func members(of value: gobbet_json_value) -> String {
    var cursor = unsafe gobbet_json_walk(value)
    var key: UnsafePointer<UInt8>?
    var count = 0
    var member = unsafe gobbet_json_value()
    var text = unsafe cursor.is_object ? "{" : "["
    while unsafe gobbet_json_next(&cursor, &key, &count, &member) {
      if unsafe cursor.is_object {
        text += unsafe "\(Array(UnsafeBufferPointer(start: key, count: count))):"
      }
      text += unsafe spelling(of: member) + ","
    }
    return text
  }

  private static func spelling(of value: JSONValue) -> String {
    if value.isNull { return "null" }
    if let flag = value.bool { return "\(flag)" }
    if let bytes = value.bytes { return "\(bytes)" }
    if let double = value.double { return number(double, value.size) }
    var text = value.isObject ? "{" : "["
    value.forEach { key, member in
      if value.isObject { text += "\(key):" }
      text += spelling(of: member) + ","
    }
    return text
  }

  private static func number(_ double: Double, _ size: Int?) -> String {
    "\(double.bitPattern)/\(size.map { "\($0)" } ?? "no size")"
  }
}
