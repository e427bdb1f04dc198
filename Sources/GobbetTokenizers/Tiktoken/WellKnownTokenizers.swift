public import GobbetBPE

/// The published vocabularies whose files say nothing of their pattern and special tokens.
///
/// - Source: tiktoken's `openai_public.py`, whose digests of `r50k_base`, `p50k_base`, `cl100k_base`
///   and `o200k_base` these are; llama-models 0.3.0 and mlx-whisper's `tokenizer.py`; Kimi K2's
///   `tokenizer_config.json`; for Qwen the
///   tokens of Qwen 2.5's tokenizer.json, which are the ranks of `qwen.tiktoken`.
public struct WellKnownTokenizer: Sendable {
  /// The name that its publisher gives it.
  public let name: String
  /// How text is split; nil if no pattern here does the same.
  public var pattern: SplitPattern? {
    // Compiled only for those who ask for it.
    grammar ?? expression.flatMap { try? SplitPattern(expression: $0, dialect: .tiktoken) }
  }
  private let grammar: SplitPattern?
  private let expression: String?
  /// Ranks in its file.
  public let rankCount: Int
  /// Special tokens and their ids: where several sets go with one file, those that all of them hold.
  public let specialTokens: [(text: String, id: TokenID)]
  /// Larger sets of special tokens that go with the same file, by their names.
  public let otherSpecialTokens: [(name: String, tokens: [(text: String, id: TokenID)])]
  /// The SHA-256 of the ranks as tiktoken writes them, in their order and without blanks, as 64
  /// hexadecimal digits: what it is recognised by.
  public let digest: String

  private init(
    name: String, pattern: SplitPattern? = nil, expression: String? = nil, rankCount: Int,
    specialTokens: [(text: String, id: TokenID)],
    otherSpecialTokens: [(name: String, tokens: [(text: String, id: TokenID)])] = [],
    digest: String
  ) {
    self.name = name
    grammar = pattern
    self.expression = expression
    self.rankCount = rankCount
    self.specialTokens = specialTokens
    self.otherSpecialTokens = otherSpecialTokens
    self.digest = digest
  }

  /// The special tokens of a set; nil if no set has that name.
  func specialTokens(named name: String) -> [(text: String, id: TokenID)]? {
    if name == self.name { return specialTokens }
    return otherSpecialTokens.first { $0.name == name }?.tokens
  }

  /// The names of all sets, that of the default first.
  var specialTokenNames: [String] { [name] + otherSpecialTokens.map(\.name) }

  /// All of them.
  public static let all = [
    WellKnownTokenizer(
      name: "gpt2", pattern: .gpt2, rankCount: 50_256,
      specialTokens: [("<|endoftext|>", 50_256)],
      digest: "306cd27f03c1a714eca7108e03d66b7dc042abe8c258b44c199a7ed9838dd930"),
    WellKnownTokenizer(
      name: "p50k_base", pattern: .gpt2, rankCount: 50_280,
      specialTokens: [("<|endoftext|>", 50_256)],
      otherSpecialTokens: [("p50k_edit", WellKnownSpecialTokens.edit)],
      digest: "94b5ca7dff4d00767bc256fdd1b27e5b17361d7b8a5f968547f9f23eb70d2069"),
    WellKnownTokenizer(
      name: "cl100k_base", pattern: .cl100k, rankCount: 100_256,
      specialTokens: [
        ("<|endoftext|>", 100_257), ("<|fim_prefix|>", 100_258), ("<|fim_middle|>", 100_259),
        ("<|fim_suffix|>", 100_260), ("<|endofprompt|>", 100_276),
      ],
      digest: "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7"),
    WellKnownTokenizer(
      name: "o200k_base", pattern: .o200k, rankCount: 199_998,
      specialTokens: [("<|endoftext|>", 199_999), ("<|endofprompt|>", 200_018)],
      otherSpecialTokens: [("o200k_harmony", WellKnownSpecialTokens.harmony)],
      digest: "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d"),
    WellKnownTokenizer(
      name: "Llama 3", pattern: .llama3, rankCount: 128_000,
      // Llama 3 and 3.1 call the others differently.
      specialTokens: [
        ("<|begin_of_text|>", 128_000), ("<|end_of_text|>", 128_001),
        ("<|reserved_special_token_0|>", 128_002), ("<|reserved_special_token_1|>", 128_003),
        ("<|start_header_id|>", 128_006), ("<|end_header_id|>", 128_007),
        ("<|eot_id|>", 128_009),
      ],
      otherSpecialTokens: [
        ("llama3", WellKnownSpecialTokens.llama3), ("llama3.1", WellKnownSpecialTokens.llama31),
      ],
      digest: "82e9d31979e92ab929cd544440f129d9ecd797b69e327f80f17e1c50d5551b55"),
    WellKnownTokenizer(
      name: "Llama 4", pattern: .o200k, rankCount: 200_000,
      specialTokens: WellKnownSpecialTokens.llama4,
      digest: "d0bdbaf59b0762c8c807617e2d8ea51420eb1b1de266df2495be755c8e0ed6ed"),
    WellKnownTokenizer(
      name: "Qwen", pattern: .qwen2, rankCount: 151_643,
      specialTokens: WellKnownSpecialTokens.qwen,
      digest: "b2b1b8dfb5cc5f024bafc373121c6aba3f66f9a5a0269e243470a1de16a33186"),
    WellKnownTokenizer(
      name: "Whisper", pattern: .gpt2, rankCount: 50_256,
      specialTokens: WellKnownSpecialTokens.whisper,
      digest: "316413f0a5497a8219e48697be7faac30a90c0756680c24114266233fba152af"),
    WellKnownTokenizer(
      name: "Kimi K2", expression: kimiExpression, rankCount: 163_584,
      specialTokens: WellKnownSpecialTokens.kimi,
      digest: "b6c497a7469b33ced9c38afb1ad6e47f03f5e5dc05f15930799210ec050c5103"),
  ]

  /// The one whose file holds `ranks`; nil if it isn't one of them.
  ///
  /// - Complexity: linear in the bytes of the tokens if there are as many as in one of them.
  public static func recognized(_ ranks: TokenTable) -> WellKnownTokenizer? {
    recognized(ranks, text: []) { SHA256.hexadecimal(of: $0) }
  }

  /// The same for ranks out of a file with that text, which most often is as its publisher wrote it:
  /// then nothing has to be written anew to be hashed.
  static func recognized(
    _ ranks: TokenTable, text: [UInt8], digest: (Span<UInt8>) -> String
  ) -> WellKnownTokenizer? {
    let count = (0..<ranks.count).count { ranks.contains(TokenID($0)) }
    guard all.contains(where: { $0.rankCount == count }) else { return nil }
    let asItIs = digest(text.span)
    if let known = all.first(where: { $0.digest == asItIs }) { return known }
    let asPublished = digest(TiktokenRanks.text(of: ranks).span)
    return all.first { $0.digest == asPublished }
  }
}

/// GPT-4o's expression, with Han apart from all other words.
private let kimiExpression = [
  #"[\p{Han}]+"#,
  #"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]*"#
    + #"[\p{Ll}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?"#,
  #"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]+"#
    + #"[\p{Ll}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?"#,
  #"\p{N}{1,3}"#, #" ?[^\s\p{L}\p{N}]+[\r\n]*"#, #"\s*[\r\n]+"#, #"\s+(?!\S)"#, #"\s+"#,
].joined(separator: "|")
