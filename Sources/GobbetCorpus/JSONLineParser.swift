internal import CGobbetJSON

/// Finds the text in a line of JSON.
@safe struct JSONLineParser: ~Copyable, Sendable {
  // SAFETY: made in `init` and freed in `deinit`; the only owner is this value, so that no two
  // threads use it at a time.
  private nonisolated(unsafe) let parser: OpaquePointer

  init() throws(CorpusError) {
    guard let parser = unsafe gobbet_json_create() else { throw CorpusError(.outOfMemory) }
    unsafe self.parser = parser
  }

  deinit { unsafe gobbet_json_free(parser) }

  /// The string under `key`, its escapes resolved, valid until the next call.
  ///
  /// `DocumentParser.paddingByteCount` bytes behind `line` must be readable.
  /// - Throws: ``CorpusError`` without its place.
  func text(
    of line: UnsafeBufferPointer<UInt8>, _ key: TextKey
  ) throws(CorpusError) -> UnsafeBufferPointer<UInt8> {
    var value = unsafe gobbet_json_value()
    // SAFETY: by this function's contract the bytes and the padding behind them are readable; values
    // and strings belong to `parser`, which lives on and does not parse again here.
    let status = unsafe gobbet_json_parse(parser, line.baseAddress, line.count, &value)
    guard status == 0 else {
      let isEmpty = unsafe line.allSatisfy { [0x20, 0x09, 0x0D].contains($0) }
      let message = unsafe String(cString: gobbet_json_message(status))
      throw CorpusError(isEmpty ? .emptyLine : .invalidJSON(message))
    }
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
    var start: UnsafePointer<UInt8>?
    var count = 0
    guard unsafe gobbet_json_string(value, &start, &count) else {
      throw CorpusError(.notAString(key: key.text))
    }
    return unsafe UnsafeBufferPointer(start: start, count: count)
  }
}
