/// The number of a token in its vocabulary.
public typealias TokenID = UInt32

/// One step of byte-pair encoding: two neighbouring tokens become one.
public struct TokenMerge: Hashable, Sendable, BitwiseCopyable {
  /// The token in front.
  public let left: TokenID
  /// The token after it.
  public let right: TokenID
  /// What they become; its bytes are those of `left`, then those of `right`.
  public let result: TokenID

  /// A merge of `left` and `right` into `result`.
  public init(left: TokenID, right: TokenID, result: TokenID) {
    self.left = left
    self.right = right
    self.result = result
  }
}

/// Which pairs of a pretoken merge, and in which order; the raw values are the codes in files.
///
/// All rules start from single bytes and always take the leftmost of equally good pairs.
public enum MergeRule: UInt8, Hashable, Sendable, CaseIterable {
  /// tiktoken: a pair merges if its bytes together are a token, the lowest resulting id first; a
  /// pretoken that is itself a token is taken whole.
  case ranks = 0
  /// Hugging Face: only the listed merges, the lowest index first.
  case learnedPairs = 1
  /// The same, but a pretoken that is itself a token is taken whole (`ignore_merges`, Llama 3).
  case learnedPairsWholeFirst = 2
}
