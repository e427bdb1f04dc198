extension ExpressionParser {
  /// The set after a bracket that was taken.
  ///
  /// `&&` binds less than everything else; a negation holds for all of it.
  mutating func set() throws(SplitExpressionError) -> UnicodeSet {
    let start = place - 1
    guard setDepth < Self.maximumDepth else {
      throw unsupported(from: start, "more than \(Self.maximumDepth) sets inside of each other")
    }
    setDepth += 1
    defer { setDepth -= 1 }
    let isNegated = take("^")
    var operands: [UnicodeSet] = []
    var current = UnicodeSet.empty
    var isFirst = true
    while isFirst || next != "]" {
      guard next != nil else { throw malformed(from: start, "isn't closed") }
      if take("&&") {
        guard !isFirst, next != "]" else { throw unsupported(from: start, "half an intersection") }
        operands.append(folds ? CaseFolding.folded(current) : current)
        current = .empty
        isFirst = true
        if next == "]" || next == "&" { throw unsupported(from: start, "half an intersection") }
        continue
      }
      current = current.union(try member(isFirst: isFirst))
      isFirst = false
    }
    place += 1
    if !operands.isEmpty, folds { current = CaseFolding.folded(current) }
    var result = operands.reduce(current) { $0.intersection($1) }
    if folds || (flags.ignoresCase && setDepth == 1) {
      if dialect == .oniguruma, !isNegated,
        !result.intersection(CaseFolding.several).isEmpty
      {
        throw unsupported(from: start, "a letter that stands for several, without case,")
      }
      result = CaseFolding.folded(result)
    }
    return isNegated ? result.inverted : result
  }

  /// Whether every part of a set is folded, as in Rust; Oniguruma folds the outermost set alone.
  private var folds: Bool { flags.ignoresCase && dialect == .tiktoken }

  /// One scalar, a range, a class or a set inside of a set.
  private mutating func member(isFirst: Bool) throws(SplitExpressionError) -> UnicodeSet {
    let start = place
    if isNext("[:"), let set = try bracketClass() { return set }
    if take("[") { return try set() }
    if isNext("\\") {
      place += 1
      if let set = try namedSet(from: start) {
        if next == "-", !isNext("-]") { throw unsupported(from: start, "a range of a class") }
        return set
      }
      place = start
    }
    let isHyphen = next == "-"
    let low = try setScalar()
    if isHyphen {
      guard isFirst || next == "]" else { throw unsupported(from: start, "a bare hyphen") }
      if next == "-", !isNext("-]") { throw unsupported(from: start, "a bare hyphen") }
      return UnicodeSet(low)
    }
    guard next == "-", !isNext("-]") else {
      if dialect == .tiktoken, isNext("~~") {
        throw unsupported(from: start, "a difference of sets")
      }
      return UnicodeSet(low)
    }
    place += 1
    guard next != "-", next != "[" else { throw unsupported(from: start, "a bare hyphen") }
    if isNext("\\") {
      let escape = place
      place += 1
      if try namedSet(from: escape) != nil { throw unsupported(from: start, "a range of a class") }
      place = escape
    }
    let high = try setScalar()
    guard low <= high else { throw malformed(from: start, "is a range that ends before it begins") }
    return UnicodeSet([low...high])
  }

  /// One scalar, which may be escaped.
  private mutating func setScalar() throws(SplitExpressionError) -> UInt32 {
    let start = place
    let scalar = try takeScalar(orSay: "isn't closed", from: start)
    guard scalar == "\\" else { return scalar.value }
    if take("b") { return 0x08 }
    return try escapedScalar(from: start)
  }

  /// `[:alpha:]`; nil if this is something else.
  private mutating func bracketClass() throws(SplitExpressionError) -> UnicodeSet? {
    let start = place
    guard let end = scalars[place...].prefix(20).firstIndex(of: "]"), end > place + 3,
      scalars[end - 1] == ":"
    else { return nil }
    let isNegated = scalars[place + 2] == "^"
    let name = String(String.UnicodeScalarView(scalars[(place + (isNegated ? 3 : 2))..<(end - 1)]))
    place = end + 1
    guard let entry = Self.bracketClasses.first(where: { $0.name == name }) else {
      throw unsupported(from: start, "this class")
    }
    let set = dialect == .oniguruma ? entry.unicode() : UnicodeSet(entry.ascii)
    return isNegated ? set.inverted : set
  }

  private static let bracketClasses:
    [(name: String, ascii: StaticString, unicode: @Sendable () -> UnicodeSet)] = [
      ("alpha", "41-5A;61-7A", { UnicodeProperties.alphabetic }),
      ("digit", "30-39", { UnicodeProperties.decimals }),
      (
        "alnum", "30-39;41-5A;61-7A",
        {
          UnicodeProperties.alphabetic.union(UnicodeProperties.decimals)
        }
      ),
      ("upper", "41-5A", { UnicodeProperties.uppercase }),
      ("lower", "61-7A", { UnicodeProperties.lowercase }),
      ("space", "9-D;20", { UnicodeProperties.whitespace }),
      (
        "punct", "21-2F;3A-40;5B-60;7B-7E",
        {
          UnicodeProperties.category("P").union(UnicodeProperties.category("S"))
        }
      ),
      ("xdigit", "30-39;41-46;61-66", { UnicodeSet("30-39;41-46;61-66") }),
      ("ascii", "0-7F", { UnicodeSet("0-7F") }),
    ]

  /// `\s`, `\p{L}` and their like after a backslash that was taken; nil if this is something else.
  mutating func namedSet(from start: Int) throws(SplitExpressionError) -> UnicodeSet? {
    guard let letter = next else { throw malformed(from: start, "escapes nothing") }
    let set: UnicodeSet
    switch letter {
    case "s", "S": set = UnicodeProperties.whitespace
    case "d", "D": set = UnicodeProperties.decimals
    case "w", "W": set = dialect == .oniguruma && setDepth > 0 ? UnicodeProperties.words : words
    case "h", "H": set = UnicodeSet("30-39;41-46;61-66")
    case "p", "P":
      place += 1
      return try property(from: start, isNegated: letter == "P")
    default: return nil
    }
    place += 1
    return letter.value & 0x20 == 0 ? set.inverted : set
  }

  private mutating func property(
    from start: Int, isNegated: Bool
  ) throws(SplitExpressionError) -> UnicodeSet {
    var name: ArraySlice<Unicode.Scalar>
    var isNegated = isNegated
    if take("{") {
      if take("^") { isNegated.toggle() }
      guard let end = scalars[place...].prefix(64).firstIndex(of: "}") else {
        throw malformed(from: start, "isn't closed")
      }
      name = scalars[place..<end]
      place = end + 1
    } else {
      guard dialect == .tiktoken, next != nil else {
        throw unsupported(from: start, "a property without braces")
      }
      name = scalars[place..<place + 1]
      place += 1
    }
    if dialect == .tiktoken, let equals = name.firstIndex(of: "=") {
      let key = String(String.UnicodeScalarView(name[..<equals])).lowercased()
      guard ["sc", "script", "gc", "general_category"].contains(key) else {
        throw unsupported(from: start, "this property")
      }
      name = name[(equals + 1)...]
    }
    guard name.allSatisfy(\.isASCII),
      let set = UnicodeProperties.property(name.map { UInt8(truncatingIfNeeded: $0.value) })
    else { throw unsupported(from: start, "this property") }
    let folded = folds ? CaseFolding.folded(set) : set
    return isNegated ? folded.inverted : folded
  }

  /// The scalar after a backslash that was taken.
  mutating func escapedScalar(from start: Int) throws(SplitExpressionError) -> UInt32 {
    let letter = try takeScalar(orSay: "escapes nothing", from: start)
    switch letter {
    case "t": return 0x09
    case "n": return 0x0A
    case "v": return 0x0B
    case "f": return 0x0C
    case "r": return 0x0D
    case "a": return 0x07
    case "e": return 0x1B
    case "x":
      if take("{") { return try hexadecimal(from: start, closing: true) }
      let value = try hexadecimal(from: start, count: 2)
      if dialect == .oniguruma, value > 0x7F { throw unsupported(from: start, "half a character") }
      return value
    case "u":
      if dialect == .tiktoken, take("{") { return try hexadecimal(from: start, closing: true) }
      return try hexadecimal(from: start, count: 4)
    default:
      let isOther = dialect == .tiktoken && (letter == "<" || letter == ">")
      guard letter.isASCII, !letter.isASCIILetter, !letter.isASCIIDigit, letter.value >= 0x20,
        letter.value < 0x7F,
        !isOther
      else { throw unsupported(from: start, "this escape") }
      return letter.value
    }
  }

  /// A number of `count` digits, or up to a brace.
  private mutating func hexadecimal(
    from start: Int, count: Int = 8, closing: Bool = false
  ) throws(SplitExpressionError) -> UInt32 {
    var value: UInt64 = 0
    var digitCount = 0
    while digitCount < count, let digit = next?.hexadecimalDigit {
      value = value << 4 | digit
      digitCount += 1
      place += 1
    }
    guard digitCount > 0, closing ? take("}") : digitCount == count,
      let number = UInt32(exactly: value), Unicode.Scalar(number) != nil
    else { throw malformed(from: start, "isn't the number of a character") }
    return number
  }
}

extension Unicode.Scalar {
  fileprivate var hexadecimalDigit: UInt64? {
    guard isASCII else { return nil }
    switch value {
    case 0x30...0x39: return UInt64(value & 0xF)
    case 0x41...0x46, 0x61...0x66: return UInt64(value & 0xF) + 9
    default: return nil
    }
  }
}
