/// A longest run of `\s`.
struct WhiteRun {
  private let start: Int
  private let startOfLast: Int
  /// Where the run ends.
  let end: Int
  /// Where its last newline ends; nil if it has none.
  let endOfNewlines: Int?

  init(from start: Int, in text: ClassifiedText) {
    var end = start
    var startOfLast = start
    var endOfNewlines: Int?
    while end < text.count {
      let next = text.unit(at: end)
      guard UnicodeClassSet.whitespace.contains(next.unicodeClass) else { break }
      startOfLast = end
      end = next.end
      if next.unicodeClass == UnicodeClass.newline { endOfNewlines = end }
    }
    self.start = start
    self.startOfLast = startOfLast
    self.end = end
    self.endOfNewlines = endOfNewlines
  }

  /// Where a match of `\s+(?!\S)|\s` ends: before anything but the end of the text, the last
  /// scalar is left to what follows.
  func endOfPretoken(endsText: Bool) -> Int {
    endsText || startOfLast == start ? end : startOfLast
  }
}
