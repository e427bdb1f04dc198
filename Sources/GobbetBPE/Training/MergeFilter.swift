/// Which pairs may become tokens.
struct MergeFilter {
  /// Merged tokens are shorter than this.
  private let lengthBound: Int
  /// The byte strings that no merge may spell.
  private let forbidden: Set<[UInt8]>
  private let forbiddenLengths: Set<Int>
  /// The length of every symbol so far.
  private var lengths = [Int](repeating: 1, count: 256)
  /// The bytes of every symbol so far; kept only where something is forbidden.
  private var strings: [[UInt8]]

  init(_ options: TrainingOptions) {
    lengthBound = min(options.maximumTokenLength ?? .max, TokenTable.maximumTokenByteCount + 1)
    forbidden = Set(options.specialTokens)
    forbiddenLengths = Set(forbidden.map(\.count))
    strings = forbidden.isEmpty ? [] : options.tieBreak.byteOrder.map { [$0] }
  }

  /// Whether `pair` may become a token.
  func allows(_ pair: Pair) -> Bool {
    let length = lengths[Int(pair.left)] + lengths[Int(pair.right)]
    guard length < lengthBound else { return false }
    return !forbiddenLengths.contains(length)
      || !forbidden.contains(strings[Int(pair.left)] + strings[Int(pair.right)])
  }

  /// Makes the next symbol of `pair`.
  mutating func append(_ pair: Pair) {
    lengths.append(lengths[Int(pair.left)] + lengths[Int(pair.right)])
    if !forbidden.isEmpty {
      strings.append(strings[Int(pair.left)] + strings[Int(pair.right)])
    }
  }
}
