/// Which pairs may become tokens.
struct MergeFilter {
  /// Merged tokens are shorter than this.
  private let lengthBound: Int
  /// The byte strings that no merge may spell.
  private let forbidden: Set<[UInt8]>
  private let forbiddenLengths: Set<Int>
  /// If set, no other pairs may merge.
  private let onlyPairs: Set<Pair>?

  /// The pairs that may be learned.
  init(_ options: TrainingOptions, forbidden: Set<[UInt8]>) {
    // Two bytes may always merge: Hugging Face's trainer looks at lengths from the second merge on.
    let length = max(options.maximumTokenLength ?? .max, 3)
    lengthBound = min(length, TokenTable.maximumTokenByteCount + 1)
    self.forbidden = forbidden
    forbiddenLengths = Set(forbidden.map(\.count))
    onlyPairs = nil
  }

  /// The pairs of `merges`.
  init(only merges: [TokenMerge]) {
    lengthBound = .max
    forbidden = []
    forbiddenLengths = []
    onlyPairs = Set(merges.map { Pair($0.left, $0.right) })
  }

  /// Whether two of `tokens` may become one.
  func allows(_ pair: Pair, of tokens: TokenTable) -> Bool {
    if let onlyPairs { return onlyPairs.contains(pair) }
    let length = tokens.range(of: pair.left).count + tokens.range(of: pair.right).count
    guard length < lengthBound else { return false }
    return !forbiddenLengths.contains(length)
      || !forbidden.contains(Array(tokens[pair.left] + tokens[pair.right]))
  }
}
