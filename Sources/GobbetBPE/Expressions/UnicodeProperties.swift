/// Sets of scalars that expressions name, of Unicode 16.0.
///
/// Nothing is read from the tables until an expression asks for it.
enum UnicodeProperties {
  private static let categoryNames = ExpressionTables.categoryNames.description.split(
    separator: " "
  ).map { Array($0.utf8) }

  /// The scalars of each general category.
  private static let categories: [UnicodeSet] = {
    var ranges = [[ClosedRange<UInt32>]](repeating: [], count: categoryNames.count)
    forEachRun(of: ExpressionTables.categories, letterCount: 1) { letters, range in
      let letter = Int(letters[0])
      ranges[letter >= 97 ? letter - 97 + 26 : letter - 65].append(range)
    }
    return ranges.map { UnicodeSet($0) }
  }()

  /// The names of each script, without underscores and in lower case.
  private static let scriptNames = ExpressionTables.scriptNames.description.split(separator: ";")
    .map { $0.split(separator: " ").map { Array($0.utf8) } }

  /// The number among scripts of the one that has this name; nil if there is none.
  static func script(named name: StaticString) -> Int? {
    scriptNames.firstIndex { $0.contains { $0.elementsEqual(name.description.utf8) } }
  }

  /// Where runs of scalars of one script begin, in order, and the number of the script.
  static let scriptRuns: [(start: UInt32, script: Int)] = {
    var runs: [(start: UInt32, script: Int)] = []
    forEachRun(of: ExpressionTables.scripts, letterCount: 2) { letters, range in
      runs.append((range.lowerBound, Int(letters[0] - 65) * 26 + Int(letters[1] - 65)))
    }
    return runs
  }()

  private static let scripts: [UnicodeSet] = {
    var ranges = [[ClosedRange<UInt32>]](repeating: [], count: scriptNames.count)
    forEachRun(of: ExpressionTables.scripts, letterCount: 2) { letters, range in
      ranges[Int(letters[0] - 65) * 26 + Int(letters[1] - 65)].append(range)
    }
    return ranges.map { UnicodeSet($0) }
  }()

  /// Calls `body` with the letters and the scalars of each run of a table.
  private static func forEachRun(
    of table: StaticString, letterCount: Int,
    _ body: (_ letters: [UInt8], _ range: ClosedRange<UInt32>) -> Void
  ) {
    let text = Array(table.description.utf8)
    var (place, start): (Int, UInt32) = (0, 0)
    while place < text.count {
      let letters = Array(text[place..<place + letterCount])
      place += letterCount
      var count: UInt32 = 0
      while place < text.count, text[place] < 0x3A {
        count = count * 10 + UInt32(text[place] & 0xF)
        place += 1
      }
      body(letters, start...start + max(count, 1) - 1)
      start += max(count, 1)
    }
  }

  /// The scalars of a general category, by its short name; `L` for all that begin so.
  static func category(_ name: StaticString) -> UnicodeSet {
    category(Array(name.description.utf8)) ?? .empty
  }

  private static func category(_ name: [UInt8]) -> UnicodeSet? {
    let found = categoryNames.indices.filter { categoryNames[$0].starts(with: name) }
    guard let first = found.first else { return nil }
    return found.dropFirst().reduce(categories[first]) { $0.union(categories[$1]) }
  }

  static let letters = category("L")
  static let marks = category("M")
  static let decimals = category("Nd")
  static let alphabetic = letters.union(category("Nl"))
    .union(UnicodeSet(ExpressionTables.otherAlphabetic))
  static let uppercase = category("Lu").union(UnicodeSet(ExpressionTables.otherUppercase))
  static let lowercase = category("Ll").union(UnicodeSet(ExpressionTables.otherLowercase))
  static let whitespace = UnicodeSet([
    0x09...0x0D, 0x20...0x20, 0x85...0x85, 0xA0...0xA0, 0x1680...0x1680, 0x2000...0x200A,
    0x2028...0x2029, 0x202F...0x202F, 0x205F...0x205F, 0x3000...0x3000,
  ])
  /// Letters, marks, decimals, connectors.
  static let words = alphabetic.union(marks).union(decimals).union(category("Pc"))
  /// `\w` to Oniguruma, to which some numbers of Latin-1 are words unless it is in brackets.
  static let onigurumaWords = words.union(UnicodeSet("B2-B3;B9;BC-BE"))
  /// `\w` to Rust, to which the joiners are words.
  static let rustWords = words.union(UnicodeSet("200C-200D"))

  private static let longNames: [(String, StaticString)] = [
    ("letter", "L"), ("casedletter", "LC"), ("uppercaseletter", "Lu"), ("lowercaseletter", "Ll"),
    ("titlecaseletter", "Lt"), ("modifierletter", "Lm"), ("otherletter", "Lo"), ("mark", "M"),
    ("combiningmark", "M"), ("nonspacingmark", "Mn"), ("spacingmark", "Mc"),
    ("enclosingmark", "Me"), ("number", "N"), ("decimalnumber", "Nd"), ("letternumber", "Nl"),
    ("othernumber", "No"), ("punctuation", "P"), ("connectorpunctuation", "Pc"),
    ("dashpunctuation", "Pd"), ("openpunctuation", "Ps"), ("closepunctuation", "Pe"),
    ("initialpunctuation", "Pi"), ("finalpunctuation", "Pf"), ("otherpunctuation", "Po"),
    ("symbol", "S"), ("mathsymbol", "Sm"), ("currencysymbol", "Sc"), ("modifiersymbol", "Sk"),
    ("othersymbol", "So"), ("separator", "Z"), ("spaceseparator", "Zs"), ("lineseparator", "Zl"),
    ("paragraphseparator", "Zp"), ("other", "C"), ("control", "Cc"), ("format", "Cf"),
    ("privateuse", "Co"), ("unassigned", "Cn"),
  ]

  /// The scalars of `\p{name}`, of those that both dialects have; nil if there is none.
  ///
  /// Case, blanks, hyphens and underscores in `name` do not count.
  static func property(_ name: some Collection<UInt8>) -> UnicodeSet? {
    var plain: [UInt8] = []
    for byte in name where byte != 0x20 && byte != 0x2D && byte != 0x5F {
      plain.append((0x41...0x5A).contains(byte) ? byte | 0x20 : byte)
    }
    func isName(_ other: String) -> Bool { other.utf8.elementsEqual(plain) }
    switch plain.count {
    case 1, 2:
      let short = [plain[0] & 0xDF] + plain.dropFirst()
      if isName("lc") {
        return ["Lu", "Ll", "Lt"].reduce(.empty) { $0.union(category($1)) }
      }
      return isName("cs") ? nil : category(short)
    default: break
    }
    if isName("any") { return .all }
    if isName("ascii") { return UnicodeSet([0...0x7F]) }
    if isName("assigned") {
      return category("Cn").inverted.subtracting(UnicodeSet(UnicodeSet.strayByte))
    }
    if isName("alphabetic") || isName("alpha") { return alphabetic }
    if isName("uppercase") || isName("upper") { return uppercase }
    if isName("lowercase") || isName("lower") { return lowercase }
    if isName("whitespace") || isName("space") { return whitespace }
    if isName("casedletter") { return property("lc".utf8) }
    if let name = longNames.first(where: { isName($0.0) })?.1 { return category(name) }
    return scriptNames.firstIndex { $0.contains { $0.elementsEqual(plain) } }.map { scripts[$0] }
  }
}
