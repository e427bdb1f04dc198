/// Finds the first of some texts in text that comes in pieces, and holds back what may begin one.
struct StopTexts {
  private let texts: [[UInt8]]
  /// The end of the text so far, as far as it may be the beginning of a text to stop at.
  private var held: [UInt8] = []
  /// Whether one has come.
  private(set) var isFound = false

  /// Empty texts are found nowhere.
  init(_ texts: [String]) {
    self.texts = texts.filter { !$0.isEmpty }.map { Array($0.utf8) }
  }

  /// What is certain to stand before the first of the texts.
  mutating func append(_ piece: String) -> String {
    guard !isFound else { return "" }
    held += piece.utf8
    var end = held.count
    for start in held.indices {
      let rest = held[start...]
      if texts.contains(where: { rest.starts(with: $0) }) {
        isFound = true
        end = start
        break
      }
      // A text begins with a whole scalar, so that what is before it ends with one.
      if texts.contains(where: { $0.starts(with: rest) }) {
        end = start
        break
      }
    }
    let certain = String(decoding: held[..<end], as: UTF8.self)
    held = isFound ? [] : Array(held[end...])
    return certain
  }

  /// What was held back, at the end of the text.
  mutating func finish() -> String {
    defer { held = [] }
    return String(decoding: held, as: UTF8.self)
  }
}
