/// What of a piece decides whether it can be a part of a longer one.
struct PieceShape: Sendable {
  /// How many characters it has.
  var characterCount: Int32 = 0
  /// How many of them are U+2581.
  var spaceCount: Int32 = 0
  var beginsWithSpace = false
  var endsWithSpace = false
  /// Whether one of them is a digit, where digits stay alone.
  var hasDigit = false
  /// The script of the first character that has one, and of the last.
  var firstScript = PieceScript.none
  var lastScript = PieceScript.none

  /// The shape of one character.
  init(_ scalar: UInt32, _ rules: PieceRules) {
    characterCount = 1
    let isDigit = PieceScript.isDigit(scalar)
    hasDigit = rules.splitsDigits && isDigit
    if scalar == 0x2581 {
      spaceCount = 1
      beginsWithSpace = true
      endsWithSpace = true
    } else if rules.splitsByScript {
      let script = isDigit && !rules.splitsByNumber ? .any : PieceScript(of: scalar)
      firstScript = script
      lastScript = script
    }
  }

  /// The shape of no characters at all: of a token that no text has.
  init() {}

  /// The shape of one piece after another.
  init(_ left: PieceShape, _ right: PieceShape) {
    characterCount = left.characterCount + right.characterCount
    spaceCount = left.spaceCount + right.spaceCount
    beginsWithSpace = left.beginsWithSpace
    endsWithSpace = right.endsWithSpace
    hasDigit = left.hasDigit || right.hasDigit
    firstScript = left.firstScript == .none ? right.firstScript : left.firstScript
    lastScript = right.lastScript == .none ? left.lastScript : right.lastScript
  }

  /// Whether the piece is nothing but U+2581.
  var isSpace: Bool { spaceCount == characterCount }
}

/// Which pieces may be learned.
///
/// - Source: `sentencepiece` 0.2.3, and `tokenizers` 0.23.3, which knows nothing but the length.
struct PieceRules: Sendable {
  /// Where U+2581 may stand in a piece.
  enum Spaces: Sendable {
    /// Anywhere.
    case anywhere
    /// In front.
    case inFront
    /// Anywhere but at the end.
    case notLast
  }

  /// Pieces have at most that many characters.
  var maximumCharacterCount = Int32.max
  var spaces = Spaces.anywhere
  /// Whether pieces may be nothing but U+2581.
  var allowsSpaceOnly = false
  var splitsDigits = false
  var splitsByScript = false
  /// Whether digits are of a script of their own, rather than of any.
  var splitsByNumber = true
  /// Whether the shorter text is first among equally frequent ones, then the smaller one, rather than
  /// the pair with the lower ids; and a text is taken once.
  var ordersByText = false
}

/// The shapes of all tokens so far.
struct PieceShapes: Sendable {
  let rules: PieceRules
  private var shapes: [PieceShape] = []
  private var texts: Set<[UInt8]> = []

  /// The shapes of the tokens there are before the first merge: of characters, and of what no text
  /// has, for which nil stands.
  init(_ characters: some Sequence<UInt32?>, _ rules: PieceRules) {
    self.rules = rules
    shapes = characters.map { $0.map { PieceShape($0, rules) } ?? PieceShape() }
  }

  /// Whether two tokens may become one.
  func allow(_ pair: Pair) -> Bool {
    let left = shapes[Int(pair.left)]
    let right = shapes[Int(pair.right)]
    guard left.characterCount + right.characterCount <= rules.maximumCharacterCount,
      !left.hasDigit, !right.hasDigit
    else { return false }
    if left.lastScript.bars(right.firstScript) { return false }
    if rules.allowsSpaceOnly, left.isSpace, right.isSpace { return true }
    switch rules.spaces {
    case .anywhere: return true
    case .inFront:
      return right.spaceCount == 0 && left.spaceCount == (left.beginsWithSpace ? 1 : 0)
    case .notLast: return !right.endsWithSpace
    }
  }

  /// Adds the token that two become; false, and nothing is added, if there is one with its text and
  /// a text is taken once.
  mutating func append(_ pair: Pair, of tokens: TokenTable) -> Bool {
    if rules.ordersByText,
      !texts.insert(Array(tokens[pair.left] + tokens[pair.right])).inserted
    {
      return false
    }
    shapes.append(PieceShape(shapes[Int(pair.left)], shapes[Int(pair.right)]))
    return true
  }

  /// Whether the text of a pair is shorter than that of another or, if it isn't, smaller in bytes.
  func precedes(_ first: Pair, _ second: Pair, _ tokens: TokenTable) -> Bool {
    let lengths = (characterCount(of: first), characterCount(of: second))
    if lengths.0 != lengths.1 { return lengths.0 < lengths.1 }
    let texts = (tokens[first.left], tokens[first.right], tokens[second.left], tokens[second.right])
    let counts = (texts.0.count + texts.1.count, texts.2.count + texts.3.count)
    for index in 0..<min(counts.0, counts.1) {
      let bytes = (
        Self.byte(index, texts.0, texts.1), Self.byte(index, texts.2, texts.3)
      )
      if bytes.0 != bytes.1 { return bytes.0 < bytes.1 }
    }
    return counts.0 != counts.1 ? counts.0 < counts.1 : first < second
  }

  private func characterCount(of pair: Pair) -> Int32 {
    shapes[Int(pair.left)].characterCount + shapes[Int(pair.right)].characterCount
  }

  /// A byte of one text after another.
  @inline(__always) private static func byte(
    _ index: Int, _ left: ArraySlice<UInt8>, _ right: ArraySlice<UInt8>
  ) -> UInt8 {
    index < left.count
      ? left[left.startIndex + index] : right[right.startIndex + index - left.count]
  }
}
