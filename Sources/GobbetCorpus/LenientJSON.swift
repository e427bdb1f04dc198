internal import GobbetSystem

/// A JSON value whose fields are looked up one by one, for lines that simdjson refuses.
///
/// Taken besides what simdjson takes: numbers of any size, `NaN`, `Infinity` and `-Infinity` as
/// Python's json writes them, and surrogates without their other half, which become U+FFFD as in
/// tiktoken. All else is checked as strictly, wherever it stands.
struct LenientJSON: ~Escapable {
  private let bytes: Span<UInt8>

  /// Checks `bytes`, one JSON value with white space around it.
  ///
  /// - Throws: ``CorpusError`` (`invalidJSON`) without its place.
  @_lifetime(copy bytes)
  init(_ bytes: Span<UInt8>) throws(CorpusError) {
    self.bytes = bytes
    guard Self.isUTF8(bytes) else { throw CorpusError(.invalidJSON("not UTF-8")) }
    var scanner = JSONScanner(bytes)
    try scanner.skipValue()
    scanner.skipSpace()
    guard scanner.isAtEnd else { throw scanner.error("something after the value") }
  }

  /// The string under `key`, its escapes resolved.
  ///
  /// - Throws: ``CorpusError`` without its place.
  func text(_ key: TextKey) throws(CorpusError) -> [UInt8] {
    var scanner = try scanner(at: key)
    guard scanner.next == UInt8(ascii: "\"") else { throw CorpusError(.notAString(key: key.text)) }
    try scanner.readString()
    return scanner.text
  }

  /// The string or the whole number under `key`, as text.
  ///
  /// - Throws: ``CorpusError`` without its place.
  func identifier(_ key: TextKey) throws(CorpusError) -> String {
    var scanner = try scanner(at: key)
    if scanner.next == UInt8(ascii: "\"") {
      try scanner.readString()
      return String(decoding: scanner.text, as: UTF8.self)
    }
    let start = scanner.position
    try scanner.skipValue()
    let text = String(copying: bytes, start..<scanner.position)
    let digits = text.hasPrefix("-") ? text.dropFirst() : text[...]
    guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
      throw CorpusError(.notAnIdentifier(key: key.text))
    }
    return text == "-0" ? "0" : text
  }

  /// A scanner at the value under `key`.
  @_lifetime(copy self)
  private func scanner(at key: TextKey) throws(CorpusError) -> JSONScanner {
    var start = 0
    for part in key.parts {
      var scanner = JSONScanner(bytes, at: start)
      scanner.skipSpace()
      guard scanner.next == UInt8(ascii: "{") else {
        throw CorpusError(.notAnObject(key: key.text))
      }
      var found: Int?
      try scanner.forEachMember { (name, position) throws(CorpusError) in
        guard name == part else { return }
        guard found == nil else { throw CorpusError(.duplicateKey(key.text)) }
        found = position
      }
      guard let found else { throw CorpusError(.missingKey(key.text)) }
      start = found
    }
    var scanner = JSONScanner(bytes, at: start)
    scanner.skipSpace()
    return scanner
  }

  private static func isUTF8(_ bytes: Span<UInt8>) -> Bool {
    // SAFETY: the string copies the bytes, which are borrowed until the closure returns.
    unsafe bytes.withUnsafeBufferPointer { unsafe String(validating: $0, as: UTF8.self) } != nil
  }
}

extension String {
  /// The text in `range` of `bytes`.
  fileprivate init(copying bytes: Span<UInt8>, _ range: Range<Int>) {
    var copy: [UInt8] = []
    for index in range { copy.append(bytes[index]) }
    self.init(decoding: copy, as: UTF8.self)
  }
}
