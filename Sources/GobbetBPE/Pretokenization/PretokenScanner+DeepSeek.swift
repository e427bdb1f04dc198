/// DeepSeek V3 cuts its text three times over: at numbers, at runs of Han and kana, and each part by
/// an expression of its own, to which the end of the part is the end of the text.
///
/// Here a part ends where the next unit is a number or of the other script, which comes to the same
/// in one pass.
extension PretokenScanner {
  /// The end of the pretoken that begins at `start`.
  ///
  /// - Precondition: `start` is below the count of `text`.
  func endOfDeepSeekPretoken(from start: Int, in text: ClassifiedText) -> Int {
    let first = text.unit(at: start)
    if let end = digits(from: start, first, in: text) { return end }
    let part = Part(text: text, isHanOrKana: text.isHanOrKana(at: start, first))
    if let end = asciiWord(from: start, in: text) { return end }

    let letters = UnicodeClassSet.lettersAndMarks
    if UnicodeClassSet.deepSeekPrefixes.contains(first.unicodeClass) {
      let end = part.endOfRun(letters, from: first.end)
      if end > first.end { return end }
    }
    if letters.contains(first.unicodeClass) { return part.endOfRun(letters, from: first.end) }

    let begin = text[start] == UInt8(ascii: " ") ? first.end : start
    let symbols = part.endOfRun(.punctuationAndSymbols, from: begin)
    if symbols > begin { return part.endOfRun(.newlines, from: symbols) }

    if UnicodeClassSet.whitespace.contains(first.unicodeClass) {
      let run = WhiteRun(from: start, in: text)
      return run.endOfNewlines ?? run.endOfPretoken(endsText: part.unit(at: run.end) == nil)
    }
    return endOfUnmatched(from: first.end, in: part)
  }

  /// The end of an ASCII symbol with ASCII letters after it; nil if there is none.
  private func asciiWord(from start: Int, in text: ClassifiedText) -> Int? {
    let symbol = text[start]
    guard symbol > 0x20, symbol < 0x7F, !Self.isASCIILetter(symbol) else { return nil }
    var end = start + 1
    while end < text.count, Self.isASCIILetter(text[end]) { end += 1 }
    return end > start + 1 ? end : nil
  }

  private static func isASCIILetter(_ byte: UInt8) -> Bool { (byte | 0x20) &- 0x61 < 26 }

  /// Where the units end that no alternative matches, but that stay together; one that a word
  /// follows is its prefix.
  private func endOfUnmatched(from start: Int, in part: Part) -> Int {
    var end = start
    while let next = part.unit(at: end), next.unicodeClass == UnicodeClass.other {
      if let second = part.unit(at: next.end),
        UnicodeClassSet.lettersAndMarks.contains(second.unicodeClass)
      {
        break
      }
      end = next.end
    }
    return end
  }
}

/// A part of a text that DeepSeek's last expression sees by itself.
private struct Part {
  let text: ClassifiedText
  let isHanOrKana: Bool

  /// The unit at `index`; nil if the part ends there.
  func unit(at index: Int) -> ClassifiedText.Unit? {
    guard index < text.count else { return nil }
    let unit = text.unit(at: index)
    guard unit.unicodeClass != UnicodeClass.number,
      text.isHanOrKana(at: index, unit) == isHanOrKana
    else { return nil }
    return unit
  }

  /// The end of the longest run of units in `set` that begins at `start`.
  func endOfRun(_ set: UnicodeClassSet, from start: Int) -> Int {
    var end = start
    while let next = unit(at: end), set.contains(next.unicodeClass) { end = next.end }
    return end
  }
}

extension ClassifiedText {
  /// Whether the unit at `index` is in `[一-龥぀-ゟ゠-ヿ]`.
  func isHanOrKana(at index: Int, _ unit: Unit) -> Bool {
    guard unit.end - index == 3 else { return false }
    let bytes = UInt32(self[index]) << 16 | UInt32(self[index + 1]) << 8 | UInt32(self[index + 2])
    // UTF-8 has the order of the scalars: U+4E00...U+9FA5 and U+3040...U+30FF.
    return (0xE4_B880...0xE9_BEA5).contains(bytes) || (0xE3_8180...0xE3_83BF).contains(bytes)
  }
}
