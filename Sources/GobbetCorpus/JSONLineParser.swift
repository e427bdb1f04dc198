internal import CGobbetJSON

/// Finds the text in a line of JSON.
@safe struct JSONLineParser: ~Copyable, Sendable {
  // SAFETY: made in `init` and freed in `deinit`; the only owner is this value, so that no two
  // threads use it at a time.
  private nonisolated(unsafe) let parser: OpaquePointer
  // SAFETY: a value of `parser`, as used by the same owner.
  private nonisolated(unsafe) var root = unsafe gobbet_json_value()

  init() throws(CorpusError) {
    guard let parser = unsafe gobbet_json_create() else { throw CorpusError(.outOfMemory) }
    unsafe self.parser = parser
  }

  /// What was parsed last.
  var line: gobbet_json_value { unsafe root }

  deinit { unsafe gobbet_json_free(parser) }

  /// Parses a line, whose values the other functions then look up.
  ///
  /// `DocumentParser.paddingByteCount` bytes after `line` must be readable.
  /// - Throws: ``CorpusError`` without its place.
  mutating func parse(_ line: UnsafeBufferPointer<UInt8>) throws(CorpusError) {
    // SAFETY: by this function's contract the bytes and the padding after them are readable.
    let status = unsafe gobbet_json_parse(parser, line.baseAddress, line.count, &root)
    guard status == 0 else {
      throw CorpusError(.invalidJSON(unsafe String(cString: gobbet_json_message(status))))
    }
  }

  /// The string under `key`, its escapes resolved, valid until the next line is parsed.
  ///
  /// - Throws: ``CorpusError`` without its place.
  func text(_ key: TextKey) throws(CorpusError) -> UnsafeBufferPointer<UInt8> {
    guard let text = unsafe string(try value(key)) else {
      throw CorpusError(.notAString(key: key.text))
    }
    return unsafe text
  }

  /// The string or integer under `key`, as text.
  ///
  /// - Throws: ``CorpusError`` without its place.
  func identifier(_ key: TextKey) throws(CorpusError) -> String {
    let value = try unsafe value(key)
    if let text = unsafe string(value) { return unsafe String(decoding: text, as: UTF8.self) }
    var number: Int64 = 0
    if unsafe gobbet_json_int64(value, &number) { return String(number) }
    var large: UInt64 = 0
    if unsafe gobbet_json_uint64(value, &large) { return String(large) }
    throw CorpusError(.notAnIdentifier(key: key.text))
  }

  func value(_ key: TextKey) throws(CorpusError) -> gobbet_json_value {
    // SAFETY: values belong to `parser`, which holds the line that was parsed last.
    var value = unsafe root
    for part in key.parts {
      guard unsafe gobbet_json_kind_of(value) == GOBBET_JSON_OBJECT else {
        throw CorpusError(.notAnObject(key: key.text))
      }
      switch unsafe gobbet_json_find(value, part, part.count, &value) {
      case 0: throw CorpusError(.missingKey(key.text))
      case 1: break
      default: throw CorpusError(.duplicateKey(key.text))
      }
    }
    return unsafe value
  }

  func string(_ value: gobbet_json_value) -> UnsafeBufferPointer<UInt8>? {
    var start: UnsafePointer<UInt8>?
    var count = 0
    // SAFETY: the string belongs to `parser`, as its value does.
    guard unsafe gobbet_json_string(value, &start, &count) else { return nil }
    return unsafe UnsafeBufferPointer(start: start, count: count)
  }
}
