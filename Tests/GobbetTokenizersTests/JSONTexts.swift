import TestSupport

/// Draws JSON texts, and texts that are nearly JSON.
struct JSONTexts {
  private var generator: SeededGenerator

  init(seed: UInt64) { generator = SeededGenerator(seed) }

  private static let pieces = [
    "a", "b c", "é", "Ġ", "日本", "😀", #"\n"#, #"\""#, #"\\"#, #"\/"#, #"\u0041"#, #"\u0120"#,
    #"\ud83d\ude00"#, #"\u0000"#, #"\b\f\r\t"#, "\u{7f}", "\u{FEFF}", "a word of fourteen",
  ]
  private static let numbers = [
    "0", "-0", "1", "-1", "12345", "9223372036854775807", "9223372036854775808",
    "-9223372036854775808", "18446744073709551615", "1.5", "-2.25e10", "1e308", "4.9e-324",
    "1e-400", "0.1", "1E+5", "0.30000000000000004", "2.2250738585072011e-308",
    "99999999999999999999999.5",
  ]
  private static let spaces = [
    "", "", " ", "\n        ", "\t", "\r\n", String(repeating: " ", count: 80),
  ]
  /// What parsers may disagree about.
  private static let faults = [
    "01", "1.", "-", "1e", "+1", ".5", "-9223372036854775809", "18446744073709551616", "1e309",
    #""\uD800""#, #""\uDC00\uD800""#, #""\x""#, "\"\t\"", "nul", "True", "NaN", "'a'", "/**/",
    "{a:1}",
    "1" + String(repeating: "0", count: 400) + ".5", "\u{FEFF}1",
  ]

  private mutating func pick(_ texts: [String]) -> String {
    texts.randomElement(using: &generator) ?? ""
  }

  private mutating func count(_ range: ClosedRange<Int>) -> Int {
    Int.random(in: range, using: &generator)
  }

  private mutating func string() -> String {
    var text = "\""
    for _ in 0..<count(0...20) { text += pick(Self.pieces) }
    return text + "\""
  }

  private mutating func value(depth: Int) -> String {
    switch count(0...(depth > 4 ? 4 : 7)) {
    case 0: pick(["null", "true", "false"])
    case 1, 2: string()
    case 3: pick(Self.numbers)
    case 4: count(0...40) == 0 ? pick(Self.faults) : pick(Self.numbers)
    case 5, 6: list("{", "}") { texts in texts.string() + texts.space() + ":" + texts.item(depth) }
    default: list("[", "]") { texts in texts.item(depth) }
    }
  }

  private mutating func space() -> String { pick(Self.spaces) }

  private mutating func item(_ depth: Int) -> String { space() + value(depth: depth + 1) + space() }

  private mutating func list(
    _ start: String, _ end: String, _ item: (inout JSONTexts) -> String
  ) -> String {
    var items: [String] = []
    for _ in 0..<count(0...5) { items.append(space() + item(&self)) }
    return start + items.joined(separator: ",") + space() + end
  }

  /// The next text.
  mutating func next() -> [UInt8] { Array((space() + value(depth: 0) + space()).utf8) }

  /// `text` with up to four bytes or ends of it changed.
  mutating func changed(_ text: [UInt8]) -> [UInt8] {
    var text = text
    for _ in 0..<count(1...4) where !text.isEmpty {
      let place = count(0...(text.count - 1))
      switch count(0...4) {
      case 0: text[place] = UInt8(count(0...255))
      case 1: text.remove(at: place)
      case 2: text.insert(Array(#""\{}[],:0-eE.+ tfn"#.utf8)[count(0...17)], at: place)
      case 3: text = Array(text[..<place])
      default: text.insert(UInt8(count(0...255)), at: place)
      }
    }
    return text
  }
}
