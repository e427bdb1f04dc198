extension ExpressionParser {
  /// One item without its repeats, and the letter that it is, if case does not count.
  mutating func item() throws(SplitExpressionError) -> (ExpressionSyntax, UInt32?) {
    let start = place
    let scalar = try takeScalar(orSay: "ends early", from: start)
    switch scalar {
    case "(":
      place = start
      return (try group(), nil)
    case "[":
      let set = try set()
      return (.scalar(set), flags.ignoresCase ? CaseFolding.letter(of: set) : nil)
    case ".":
      let newline = UnicodeSet(0x0A)
      return (.scalar(flags.dotsMatchNewlines ? .all : newline.inverted), nil)
    case "^":
      if dialect == .oniguruma { return (.onigurumaLineStart, nil) }
      return (flags.anchorsMatchLines ? .rustLineStart : .textStart, nil)
    case "$":
      return (dialect == .oniguruma || flags.anchorsMatchLines ? .lineEnd : .textEnd, nil)
    case "*", "+", "?": throw malformed(from: start, "repeats nothing")
    case "{" where interval(at: start) != nil: throw malformed(from: start, "repeats nothing")
    case "\\": return try escape(from: start)
    default: return try literal(scalar.value, from: start)
    }
  }

  /// A letter, in all its cases if these do not count.
  private func literal(
    _ scalar: UInt32, from start: Int
  ) throws(SplitExpressionError) -> (ExpressionSyntax, UInt32?) {
    guard flags.ignoresCase else { return (.scalar(UnicodeSet(scalar)), nil) }
    if dialect == .oniguruma, CaseFolding.several.contains(scalar) {
      throw unsupported(from: start, "a letter that stands for several, without case,")
    }
    return (.scalar(CaseFolding.folded(scalar)), scalar)
  }

  private mutating func escape(
    from start: Int
  ) throws(SplitExpressionError) -> (ExpressionSyntax, UInt32?) {
    if take("A") { return (.textStart, nil) }
    if take("z") { return (.textEnd, nil) }
    if take("Z") {
      let newlines = ExpressionSyntax.repeated(
        .scalar(UnicodeSet(0x0A)), minimum: 0, maximum: dialect == .oniguruma ? 1 : nil, .greedy)
      return (.look(.sequence([newlines, .textEnd]), isNegated: false), nil)
    }
    if take("b") { return (.wordBoundary(words, isNegated: false), nil) }
    if take("B") { return (.wordBoundary(words, isNegated: true), nil) }
    if take("N") { return (.scalar(UnicodeSet(0x0A).inverted), nil) }
    if take("O") { return (.scalar(.all), nil) }
    if let set = try namedSet(from: start) { return (.scalar(set), nil) }
    return try literal(try escapedScalar(from: start), from: start)
  }

  /// The class `\w`.
  var words: UnicodeSet {
    dialect == .oniguruma ? UnicodeProperties.onigurumaWords : UnicodeProperties.rustWords
  }

  // MARK: Repeats

  /// `item` as often as what comes next says.
  mutating func repeats(
    of item: ExpressionSyntax, from start: Int
  ) throws(SplitExpressionError) -> ExpressionSyntax {
    var minimum = 0
    var maximum: Int?
    var isInterval = false
    if take("*") {
    } else if take("+") {
      minimum = 1
    } else if take("?") {
      maximum = 1
    } else if next == "{", let found = interval(at: place) {
      place = found.end
      guard let low = found.minimum, found.maximum.map({ $0 >= low }) ?? true else {
        throw unsupported(from: start, "this repeat")
      }
      guard max(low, found.maximum ?? 0) <= Self.maximumRepeat else {
        throw unsupported(from: start, "a repeat of more than \(Self.maximumRepeat)")
      }
      (minimum, maximum) = (low, found.maximum)
      isInterval = true
    } else {
      return item
    }
    guard !item.isPlace else { throw unsupported(from: start, "a repeat of a place") }
    var preference = ExpressionSyntax.Preference.greedy
    var outer: (minimum: Int, maximum: Int?)?
    if isInterval, dialect == .oniguruma {
      // To Oniguruma a plus after an interval repeats all of it, and so does a mark after `{3}`.
      if take("+") {
        outer = (1, nil)
      } else if take("*") {
        outer = (0, nil)
      } else if take("?") {
        if minimum == maximum { outer = (0, 1) } else { preference = .lazy }
      }
    } else if take("?") {
      preference = .lazy
    } else if take("+") {
      preference = .possessive
    }
    if let mark = next, mark == "*" || mark == "+" || mark == "?" || interval(at: place) != nil {
      place += 1
      throw unsupported(from: start, "a repeat of a repeat")
    }
    // What a turn without a scalar then means, fancy-regex and the regex crate under it answer each in
    // its own way, and differently where they have taken a part of the turn before.
    if dialect == .tiktoken, maximum == nil, item.prefersEmpty {
      throw unsupported(from: start, "an unlimited repeat of a part that prefers to match nothing")
    }
    // A turn without a scalar ends what Oniguruma counts, and not what it writes out instead: a short part
    // that is repeated a few times.
    let isCounted = maximum.map { $0 > 1 } ?? (minimum > 1)
    if dialect == .oniguruma, isCounted, item.canBeEmpty, item.dependsOnPlace || item.prefersEmpty {
      throw unsupported(from: start, "a counted repeat of a part that may match nothing")
    }
    let inner = Self.repeated(item, minimum, maximum, preference)
    return outer.map { Self.repeated(inner, $0.minimum, $0.maximum, .greedy) } ?? inner
  }

  private static func repeated(
    _ body: ExpressionSyntax, _ minimum: Int, _ maximum: Int?,
    _ preference: ExpressionSyntax.Preference
  ) -> ExpressionSyntax {
    if body == .empty || maximum == 0 { return .empty }
    if minimum == 1, maximum == 1, preference != .possessive { return body }
    return .repeated(body, minimum: minimum, maximum: maximum, preference)
  }

  /// The numbers of an interval as `{2,3}` at a place; nil if the brace there stands for itself.
  ///
  /// A number that is too long counts as one that is too large.
  private func interval(at start: Int) -> (minimum: Int?, maximum: Int?, end: Int)? {
    guard start < scalars.count, scalars[start] == "{",
      let end = scalars[start...].prefix(64).firstIndex(of: "}")
    else { return nil }
    let parts = scalars[(start + 1)..<end].split(separator: ",", omittingEmptySubsequences: false)
    func number(_ digits: ArraySlice<Unicode.Scalar>) -> Int? {
      if digits.isEmpty { return nil }
      return digits.reduce(0) { min($0 * 10 + Int($1.value & 0xF), Self.maximumRepeat + 1) }
    }
    guard parts.count <= 2, parts.allSatisfy({ $0.allSatisfy { ("0"..."9").contains($0) } }) else {
      return nil
    }
    let (first, last) = (number(parts[0]), number(parts[parts.count - 1]))
    if parts.count == 1 { return first.map { ($0, $0, end + 1) } }
    if first == nil && last == nil { return nil }
    return (first ?? 0, last, end + 1)
  }
}
