public import GobbetBPE

/// The published vocabularies whose files say nothing of their pattern and special tokens.
///
/// - Source: tiktoken's `openai_public.py`.
public struct WellKnownTokenizer: Sendable {
  /// tiktoken's name.
  public let name: String
  /// How text is split.
  public let pattern: SplitPattern
  /// Ranks in its file: what it is recognised by.
  public let rankCount: Int
  /// Special tokens and their ids.
  public let specialTokens: [(text: String, id: TokenID)]

  /// All of them.
  public static let all = [
    WellKnownTokenizer(
      name: "gpt2", pattern: .gpt2, rankCount: 50_256,
      specialTokens: [("<|endoftext|>", 50_256)]),
    WellKnownTokenizer(
      name: "p50k_base", pattern: .gpt2, rankCount: 50_280,
      specialTokens: [("<|endoftext|>", 50_256)]),
    WellKnownTokenizer(
      name: "cl100k_base", pattern: .cl100k, rankCount: 100_256,
      specialTokens: [
        ("<|endoftext|>", 100_257), ("<|fim_prefix|>", 100_258), ("<|fim_middle|>", 100_259),
        ("<|fim_suffix|>", 100_260), ("<|endofprompt|>", 100_276),
      ]),
    WellKnownTokenizer(
      name: "o200k_base", pattern: .o200k, rankCount: 199_998,
      specialTokens: [("<|endoftext|>", 199_999), ("<|endofprompt|>", 200_018)]),
  ]

  /// The one with this number of ranks; nil if it is none of them.
  public static func recognized(rankCount: Int) -> WellKnownTokenizer? {
    all.first { $0.rankCount == rankCount }
  }
}
