/// The way from a JSON object to the text in it: one key, or several, each into the next object.
struct TextKey: Hashable, Sendable {
  /// The keys, outermost first.
  let parts: [[UInt8]]
  /// How it was written.
  let text: String

  /// Splits `text` at its dots; `\.` is a dot inside a key and `\\` a backslash.
  ///
  /// - Throws: ``CorpusError`` (`invalidTextKey`).
  init(_ text: String) throws(CorpusError) {
    var parts: [[UInt8]] = [[]]
    var isEscaped = false
    for byte in text.utf8 {
      if isEscaped || (byte != UInt8(ascii: ".") && byte != UInt8(ascii: "\\")) {
        parts[parts.count - 1].append(byte)
        isEscaped = false
      } else if byte == UInt8(ascii: "\\") {
        isEscaped = true
      } else {
        parts.append([])
      }
    }
    guard !isEscaped, !parts.contains([]) else { throw CorpusError(.invalidTextKey(text)) }
    self.parts = parts
    self.text = text
  }
}
