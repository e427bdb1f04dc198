/// Reads an expression of a bounded grammar, in one of two dialects.
///
/// Everything that the dialects mean alike or that is told apart here is read; whatever else one of them
/// would take is refused, so that no expression ever means something else than to its own library.
/// - Source: `Spec/Pretokenization.md`; `Fixtures/expressions/` holds what the libraries make of it.
package struct ExpressionParser {
  /// How deep groups and sets may nest.
  static let maximumDepth = 64
  /// The longest expression, in bytes.
  static let maximumByteCount = 1 << 15
  /// The largest number of a repeat.
  static let maximumRepeat = 1000

  /// What `(?i)` and its like change.
  struct Flags {
    var ignoresCase = false
    /// Whether `.` is a newline too.
    var dotsMatchNewlines = false
    /// Whether `^` and `$` are found at every line; Oniguruma always does so.
    var anchorsMatchLines = false
  }

  let dialect: RegularExpressionDialect
  let scalars: [Unicode.Scalar]
  var place = 0
  var flags = Flags()
  var depth = 0
  /// How many sets are open.
  var setDepth = 0

  /// The syntax of an expression.
  ///
  /// - Throws: ``SplitExpressionError`` that names the part which cannot be run.
  package static func parse(
    _ text: String, _ dialect: RegularExpressionDialect
  ) throws(SplitExpressionError) -> ExpressionSyntax {
    guard text.utf8.count <= maximumByteCount else {
      throw SplitExpressionError(
        .tooLarge("has \(text.utf8.count) bytes, and at most \(maximumByteCount) are supported"),
        offset: 0, fragment: "")
    }
    var parser = ExpressionParser(dialect: dialect, scalars: Array(text.unicodeScalars))
    let syntax = try parser.alternatives()
    guard parser.isAtEnd else { throw parser.malformed(from: parser.place, "closes no group") }
    return syntax
  }

  private init(dialect: RegularExpressionDialect, scalars: [Unicode.Scalar]) {
    self.dialect = dialect
    self.scalars = scalars
  }

  // MARK: Reading

  var isAtEnd: Bool { place == scalars.count }
  var next: Unicode.Scalar? { place < scalars.count ? scalars[place] : nil }

  func isNext(_ text: String) -> Bool {
    scalars[place...].starts(with: text.unicodeScalars)
  }

  mutating func take(_ text: String) -> Bool {
    guard isNext(text) else { return false }
    place += text.unicodeScalars.count
    return true
  }

  mutating func takeScalar(
    orSay reason: String, from start: Int
  ) throws(SplitExpressionError) -> Unicode.Scalar {
    guard let scalar = next else { throw malformed(from: start, reason) }
    place += 1
    return scalar
  }

  // MARK: Errors

  private func error(_ code: SplitExpressionError.Code, from start: Int) -> SplitExpressionError {
    let end = min(max(place, start + 1), scalars.count)
    let fragment = Self.abridged(scalars[min(start, end)..<end])
    let offset = scalars[..<start].reduce(0) { $0 + UTF8.width($1) }
    return SplitExpressionError(code, offset: offset, fragment: fragment)
  }

  /// A part of an expression, or its beginning if it is long.
  static func abridged(_ part: some Collection<Unicode.Scalar>) -> String {
    let beginning = String(String.UnicodeScalarView(part.prefix(40)))
    return part.count > 40 ? beginning + "…" : beginning
  }

  func malformed(from start: Int, _ reason: String) -> SplitExpressionError {
    error(.malformed(reason), from: start)
  }

  func unsupported(from start: Int, _ what: String) -> SplitExpressionError {
    error(.unsupported(what), from: start)
  }

  // MARK: Groups

  /// Alternatives up to the end of a group or of the expression.
  mutating func alternatives() throws(SplitExpressionError) -> ExpressionSyntax {
    guard depth < Self.maximumDepth else {
      throw error(.tooLarge("nests deeper than \(Self.maximumDepth) groups"), from: place)
    }
    depth += 1
    defer { depth -= 1 }
    let outerFlags = flags
    defer { flags = outerFlags }
    var found = [try sequence()]
    while take("|") { found.append(try sequence()) }
    return found.count == 1 ? found[0] : .choice(found)
  }

  private mutating func sequence() throws(SplitExpressionError) -> ExpressionSyntax {
    var parts: [ExpressionSyntax] = []
    // Where the letter in front began, if `(?i:` holds for it.
    var letter: UInt32?
    while let scalar = next, scalar != "|", scalar != ")" {
      let start = place
      if let rest = try flagGroup() {
        if rest != .empty { parts.append(rest) }
        letter = nil
        continue
      }
      let (item, itemLetter) = try item()
      if dialect == .oniguruma, let first = letter, let second = itemLetter,
        CaseFolding.mayBeOne(first, second)
      {
        throw unsupported(from: start - 1, "a text that one letter may stand for, without case,")
      }
      let repeated = try repeats(of: item, from: start)
      letter = repeated == item ? itemLetter : nil
      if repeated != .empty { parts.append(repeated) }
    }
    return .row(parts)
  }

  /// `(?i)` and its like; nil if something else comes next.
  ///
  /// To Oniguruma it begins a group that goes on to the end of the one around it, so that what follows,
  /// alternatives too, comes back. In Rust it holds up to the end of the group.
  private mutating func flagGroup() throws(SplitExpressionError) -> ExpressionSyntax? {
    let start = place
    guard isNext("(?"), let end = scalars[place...].firstIndex(where: { $0 == ")" || $0 == ":" }),
      scalars[end] == ")", scalars[(place + 2)..<end].allSatisfy({ $0.isFlag })
    else { return nil }
    place += 2
    let outer = flags
    try readFlags(from: start)
    place += 1
    guard dialect == .oniguruma else { return .empty }
    let rest = try alternatives()
    flags = outer
    return rest
  }

  /// Reads flags up to the mark after them.
  private mutating func readFlags(from start: Int) throws(SplitExpressionError) {
    var isOn = true
    while let flag = next, flag.isFlag {
      place += 1
      switch (flag, dialect) {
      case ("-", _) where isOn: isOn = false
      case ("i", _): flags.ignoresCase = isOn
      case ("m", .oniguruma), ("s", .tiktoken): flags.dotsMatchNewlines = isOn
      case ("m", .tiktoken): flags.anchorsMatchLines = isOn
      default: throw unsupported(from: start, "the flag \(flag)")
      }
    }
  }

  /// What a parenthesis opens, which comes next.
  mutating func group() throws(SplitExpressionError) -> ExpressionSyntax {
    let start = place
    place += 1
    guard take("?") else { return try closed(from: start) }
    if take(":") { return try closed(from: start) }
    if take("=") { return .look(try closed(from: start), isNegated: false) }
    if take("!") { return .look(try closed(from: start), isNegated: true) }
    if take("<=") { return try lookBehind(from: start, isNegated: false) }
    if take("<!") { return try lookBehind(from: start, isNegated: true) }
    if take(">") { return .atomic(try closed(from: start)) }
    if take("#") {
      while let scalar = next, scalar != ")" {
        guard scalar != "\\" else { throw unsupported(from: start, "this comment") }
        place += 1
      }
      guard take(")") else { throw malformed(from: start, "isn't closed") }
      return .empty
    }
    if take("<") || (dialect == .tiktoken && take("P<")) {
      let name = place
      while let scalar = next, scalar.isNamePart { place += 1 }
      guard place > name, take(">") else { throw unsupported(from: start, "this group") }
      return try closed(from: start)
    }
    let outer = flags
    defer { flags = outer }
    guard let first = next, first.isFlag else { throw unsupported(from: start, "this group") }
    try readFlags(from: start)
    guard take(":") else { throw unsupported(from: start, "this group") }
    return try closed(from: start)
  }

  private mutating func closed(from start: Int) throws(SplitExpressionError) -> ExpressionSyntax {
    let syntax = try alternatives()
    guard take(")") else { throw malformed(from: start, "isn't closed") }
    return syntax
  }

  /// A look-behind of one scalar, or to an edge.
  private mutating func lookBehind(
    from start: Int, isNegated: Bool
  ) throws(SplitExpressionError) -> ExpressionSyntax {
    let body = try closed(from: start)
    let parts = if case .choice(let parts) = body { parts } else { [body] }
    var set = UnicodeSet.empty
    for part in parts {
      if case .behind(let edge) = part {
        set = set.union(edge)
      } else if let scalars = part.onlySet {
        set = set.union(scalars)
      } else {
        throw unsupported(from: start, "a look-behind of other than one character")
      }
    }
    return .behind(isNegated ? set.elsewhere : set)
  }
}

extension Unicode.Scalar {
  /// Whether it stands between `(?` and the mark that ends flags.
  fileprivate var isFlag: Bool { isASCIILetter || self == "-" }

  /// Whether it may be in the name of a group.
  fileprivate var isNamePart: Bool { isASCIILetter || self == "_" || isASCIIDigit }

  var isASCIILetter: Bool { ("a"..."z").contains(self) || ("A"..."Z").contains(self) }

  var isASCIIDigit: Bool { ("0"..."9").contains(self) }
}
