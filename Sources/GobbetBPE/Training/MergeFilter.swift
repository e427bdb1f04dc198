/// Which pairs may become tokens, and which of equally frequent ones is first.
struct MergeFilter {
  /// Merged tokens are shorter than this.
  private let lengthBound: Int
  /// The byte strings that no merge may spell.
  private let forbidden: Set<[UInt8]>
  private let forbiddenLengths: Set<Int>
  /// If set, no other pairs may merge.
  private let onlyPairs: Set<Pair>?
  /// What tokens of characters look like, where that matters.
  private var shapes: PieceShapes?

  /// The pairs that may be learned.
  init(_ options: TrainingOptions, forbidden: Set<[UInt8]>) {
    // Two bytes may always merge: Hugging Face's trainer looks at lengths from the second merge on.
    let length = max(options.maximumTokenLength ?? .max, 3)
    lengthBound = min(length, TokenTable.maximumTokenByteCount + 1)
    self.forbidden = forbidden
    forbiddenLengths = Set(forbidden.map(\.count))
    onlyPairs = nil
    shapes = nil
  }

  /// The pairs of characters that may be learned, by their shapes.
  init(_ shapes: PieceShapes, forbidden: Set<[UInt8]>) {
    lengthBound = TokenTable.maximumTokenByteCount + 1
    self.forbidden = forbidden
    forbiddenLengths = Set(forbidden.map(\.count))
    onlyPairs = nil
    self.shapes = shapes
  }

  /// The pairs of `merges`.
  init(only merges: [TokenMerge]) {
    lengthBound = .max
    forbidden = []
    forbiddenLengths = []
    onlyPairs = Set(merges.map { Pair($0.left, $0.right) })
    shapes = nil
  }

  /// Whether a pair of equal count merges before another.
  func precedes(_ first: Pair, _ second: Pair, _ tokens: TokenTable) -> Bool {
    guard let shapes, shapes.rules.ordersByText else { return first < second }
    return shapes.precedes(first, second, tokens)
  }

  /// Takes note of the next merge; false if its text is a token already, which takes no other.
  mutating func learns(_ pair: Pair, of tokens: TokenTable) -> Bool {
    shapes?.append(pair, of: tokens) ?? true
  }

  /// Whether two of `tokens` may become one.
  func allows(_ pair: Pair, of tokens: TokenTable) -> Bool {
    if let onlyPairs { return onlyPairs.contains(pair) }
    let length = tokens.range(of: pair.left).count + tokens.range(of: pair.right).count
    guard length < lengthBound, shapes?.allow(pair) ?? true else { return false }
    return !forbiddenLengths.contains(length)
      || !forbidden.contains(Array(tokens[pair.left] + tokens[pair.right]))
  }
}
