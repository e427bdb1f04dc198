internal import CGobbetJSON

/// A parsed JSON text and the memory of its values.
@safe package final class JSONDocument {
  /// The file it comes from, for errors.
  let path: String?
  // SAFETY: made in `init`, freed in `deinit`; it parses once, so that values stay valid as long as
  // this object lives, and every `JSONValue` keeps it alive.
  private let parser: OpaquePointer
  private var rootValue = unsafe gobbet_json_value()

  /// Parses `bytes`.
  ///
  /// - Throws: ``InterchangeError`` (`damaged`, `outOfMemory`).
  package init(_ bytes: consuming [UInt8], path: String?) throws(InterchangeError) {
    guard let parser = unsafe gobbet_json_create() else {
      throw InterchangeError(.outOfMemory, path: path)
    }
    unsafe self.parser = parser
    self.path = path
    let count = bytes.count
    bytes.append(contentsOf: repeatElement(0x20, count: Int(GOBBET_JSON_PADDING)))
    // SAFETY: the array holds `count` bytes and the padding behind them.
    let status = unsafe gobbet_json_parse(parser, bytes, count, &rootValue)
    guard status == 0 else {
      let message = unsafe String(cString: gobbet_json_message(status))
      throw InterchangeError(.damaged("not JSON: \(message)"), path: path)
    }
  }

  deinit { unsafe gobbet_json_free(parser) }

  /// The outermost value.
  package var root: JSONValue { unsafe JSONValue(rootValue, in: self, field: "") }
}

/// A value of a `JSONDocument`, and by which way it was found.
@safe package struct JSONValue {
  // SAFETY: valid while `document` lives, which this value sees to.
  private var value: gobbet_json_value
  private let document: JSONDocument
  /// The keys and indices that lead here, for errors.
  package let field: String

  init(_ value: gobbet_json_value, in document: JSONDocument, field: String) {
    unsafe self.value = value
    self.document = document
    self.field = field
  }

  private var kind: gobbet_json_kind { unsafe gobbet_json_kind_of(value) }
  /// Whether it is `null`.
  package var isNull: Bool { kind == GOBBET_JSON_NULL }
  /// Whether it is an object.
  package var isObject: Bool { kind == GOBBET_JSON_OBJECT }
  /// Whether it is an array.
  package var isArray: Bool { kind == GOBBET_JSON_ARRAY }

  /// The truth value that it is; nil for anything else.
  package var bool: Bool? {
    var result = false
    return unsafe gobbet_json_bool(value, &result) ? result : nil
  }

  /// The integer that it is, if it is not negative and fits; nil for anything else.
  package var size: Int? {
    var result: UInt64 = 0
    return unsafe gobbet_json_uint64(value, &result) ? Int(exactly: result) : nil
  }

  /// The number that it is; nil for anything else.
  package var double: Double? {
    var result = 0.0
    return unsafe gobbet_json_double(value, &result) ? result : nil
  }

  /// The UTF-8 of the string that it is; nil for anything else.
  package var bytes: [UInt8]? {
    var start: UnsafePointer<UInt8>?
    var count = 0
    // SAFETY: the string lives in the document and is copied.
    guard unsafe gobbet_json_string(value, &start, &count) else { return nil }
    return unsafe Array(UnsafeBufferPointer(start: start, count: count))
  }

  /// What `body` makes of the UTF-8 of the string that it is; nil for anything else.
  package func withBytes<Result>(_ body: (Span<UInt8>) -> Result) -> Result? {
    var start: UnsafePointer<UInt8>?
    var count = 0
    guard unsafe gobbet_json_string(value, &start, &count), let start = unsafe start else {
      return nil
    }
    // SAFETY: the string lives in the document, which this value keeps for the length of the call.
    return unsafe body(Span(_unsafeStart: start, count: count))
  }

  /// The string that it is; nil for anything else.
  package var string: String? { bytes.map { String(decoding: $0, as: UTF8.self) } }

  /// The member of an object; nil if there is none, or it isn't an object.
  ///
  /// - Throws: ``InterchangeError`` (`damaged`) if there are several.
  package func member(_ key: String) throws(InterchangeError) -> JSONValue? {
    var found = unsafe gobbet_json_value()
    let path = field.isEmpty ? key : "\(field).\(key)"
    switch unsafe gobbet_json_find(value, Array(key.utf8), key.utf8.count, &found) {
    case 0: return nil
    case 1: return unsafe JSONValue(found, in: document, field: path)
    default:
      throw InterchangeError(.damaged("the key is there twice"), path: document.path, field: path)
    }
  }

  /// The members of an object or the elements of an array, in turn; keys of elements are empty.
  ///
  /// The values know this value's way only, so that a walk builds no text.
  package func forEach<Failure: Error>(
    _ body: (_ key: [UInt8], JSONValue) throws(Failure) -> Void
  ) throws(Failure) {
    try forEachMember { (key, member) throws(Failure) in try body([UInt8](copying: key), member) }
  }

  /// The same with keys that are not copied.
  package func forEachMember<Failure: Error>(
    _ body: (_ key: Span<UInt8>, JSONValue) throws(Failure) -> Void
  ) throws(Failure) {
    var cursor = unsafe gobbet_json_walk(value)
    var start: UnsafePointer<UInt8>?
    var count = 0
    // One value for all of them spares counting who uses the document.
    var element = self
    while unsafe gobbet_json_next(&cursor, &start, &count, &element.value) {
      // SAFETY: keys live in the document, which this value keeps for the length of the call.
      try unsafe body(
        UnsafeBufferPointer(start: start, count: count).span, element)
    }
  }

  /// An error about this value.
  package func error(_ code: InterchangeError.Code) -> InterchangeError {
    InterchangeError(code, path: document.path, field: field)
  }

  /// An error about the member `key` of this value.
  package func error(_ code: InterchangeError.Code, key: some Sequence<UInt8>) -> InterchangeError {
    let key = String(decoding: Array(key), as: UTF8.self)
    let path = field.isEmpty ? key : "\(field).\(key)"
    return InterchangeError(code, path: document.path, field: path)
  }
}

extension [UInt8] {
  /// A copy of bytes.
  package init(copying bytes: Span<UInt8>) {
    // SAFETY: the buffer is read before the closure ends.
    self = unsafe bytes.withUnsafeBufferPointer { unsafe Array($0) }
  }
}
