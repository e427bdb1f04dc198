internal import GobbetBPE
internal import GobbetPage

/// A token as a page shows it.
struct TokenText {
  /// The text, or the bytes in hexadecimal where they aren't whole characters.
  let text: String
  /// Whether the bytes aren't whole characters.
  let isFragment: Bool

  init(_ bytes: some Collection<UInt8>) {
    if let text = String(validating: bytes, as: UTF8.self) {
      (self.text, isFragment) = (text, false)
    } else {
      (text, isFragment) = ("<" + hexadecimalPairs(bytes) + ">", true)
    }
  }

  /// The text between quotes, which show spaces at its ends.
  var quoted: String { isFragment ? text : "“\(text)”" }

  /// The quoted text in the letters of code, cut if it is very long.
  var code: HTML {
    let shown = quoted
    return .code(shown.count > 200 ? shown.prefix(200) + "…" : shown)
  }
}

/// Bytes in hexadecimal with spaces between them.
func hexadecimalPairs(_ bytes: some Collection<UInt8>) -> String {
  bytes.map { byte in
    let digits = String(byte, radix: 16, uppercase: true)
    return byte < 16 ? "0" + digits : digits
  }.joined(separator: " ")
}

/// What a report says of itself at its end.
let reportMaker = "Made by gobbet report. The page needs nothing but itself and runs no script."

/// The last part of a path, by which a file is called in a page.
func fileTitle(_ path: String) -> String {
  path.split(separator: "/").last.map(String.init) ?? path
}
