internal import GobbetBPE

/// What the tokens of a GGUF file are to llama.cpp, which knows some of them by their text, whatever the file
/// says, and those that take white space along by the name of the model.
///
/// - Source: `llama_vocab::impl::load` in llama.cpp's `llama-vocab.cpp`, as of llama-cpp-python 0.3.36. White
///   space is Unicode's here, as in the `tokenizer.json` of these models, and ASCII's there.
struct GGUFTokenKinds {
  /// What the tokens are, by id: the numbers of `SentencePieces.Kind`, and others that a file has.
  private(set) var kinds: [Int]
  /// How tokens that texts are searched for are found, where that isn't simply by their text.
  private(set) var strips: [Int: TokenMatching] = [:]
  private let ids: [String: Int]

  /// The kinds of `tokens`, whose place is their id; `value` is the metadata's value of a key.
  init(_ tokens: [(text: String, kind: Int)], value: (String) -> GGUFValue?) {
    kinds = tokens.map(\.kind)
    var ids: [String: Int] = [:]
    for (id, token) in tokens.enumerated() {
      guard let first = token.text.utf8.first, Self.beginnings.contains(first),
        Self.names.contains(token.text)
      else { continue }
      ids[token.text] = id
    }
    self.ids = ids
    func knows(_ keys: [String]) -> Bool {
      keys.contains {
        value("tokenizer.ggml.\($0)_token_id")?.size.map { $0 < tokens.count } ?? false
      }
    }
    for (keys, names) in Self.fillers where !knows(keys) {
      if let id = names.compactMap({ ids[$0] }).min() { set([id], .control) }
    }
    set(Self.endings.compactMap { ids[$0] }, .control)
    set(Self.shown.compactMap { ids[$0] }, .userDefined)
    let hasCall = ids["<|call|>"] != nil || ids["<|calls|>"] != nil
    if hasCall, ids["<|return|>"] != nil || ids["<|flush|>"] != nil {
      set([ids["<|end|>"]].compactMap { $0 }, .userDefined)
    }
    if ids["<|tool_response>"] != nil { set([ids["</s>"]].compactMap { $0 }, .normal) }
    strips = strips(
      pretokenizer: value("tokenizer.ggml.pre")?.string ?? "",
      architecture: value("general.architecture")?.string ?? "",
      name: value("general.name")?.string ?? "")
  }

  private mutating func set(_ ids: [Int], _ kind: SentencePieces.Kind) {
    for id in ids { kinds[id] = Int(kind.rawValue) }
  }

  private func strips(
    pretokenizer: String, architecture: String, name: String
  ) -> [Int: TokenMatching] {
    let lowercaseName = name.lowercased()
    // Not by `contains`, which the C library has no code for.
    func contains(_ text: String, _ parts: [String]) -> Bool {
      text.indices.contains { place in parts.contains { text[place...].hasPrefix($0) } }
    }
    if contains(pretokenizer, ["jina-v2-de", "jina-v2-es", "jina-v2-code"])
      || contains(architecture, ["nomic-bert-moe", "jina-bert-v3"])
    {
      return ids["<mask>"].map { [$0: .stripsLeft] } ?? [:]
    }
    if contains(lowercaseName, ["phi-3", "phi3"]) {
      let others = ["<unk>", "<s>", "<|endoftext|>"].compactMap { ids[$0] }
      let found: Set = [
        Int(SentencePieces.Kind.unknown.rawValue), Int(SentencePieces.Kind.control.rawValue),
        Int(SentencePieces.Kind.userDefined.rawValue),
      ]
      let strip = kinds.indices.filter { found.contains(kinds[$0]) && !others.contains($0) }
      return Dictionary(uniqueKeysWithValues: strip.map { ($0, .stripsRight) })
    }
    if contains(lowercaseName, ["modern-bert"]) {
      return ids["[MASK]"].map { [$0: .stripsLeft] } ?? [:]
    }
    return [:]
  }

  // MARK: Names

  /// The bytes that ``names`` begin with.
  private static let beginnings = Set(names.compactMap(\.utf8.first))
  private static let names = Set(
    endings + shown + fillers.flatMap(\.names) + [
      "<|flush|>", "<mask>", "[MASK]", "<unk>", "<s>", "<|tool_response>",
    ])

  /// Tokens that end what a model says: control tokens.
  private static let endings = [
    "<|eot_id|>", "<|im_end|>", "<|end|>", "<|return|>", "<|call|>", "<|flush|>", "<|calls|>",
    "<end_of_turn>", "<|endoftext|>", "</s>", "<|eom_id|>", "<EOT>", "_<EOT>", "[EOT]", "[EOS]",
    "<|end_of_text|>", "<end_of_utterance>", "<eos>", "<turn|>", "<|tool_response>",
    "<｜end▁of▁sentence｜>", "[e~[",
  ]

  /// Tokens that are found in every text.
  private static let shown = ["<|channel|>", "<|message|>", "<|start|>", "<|constrain|>"]

  /// Tokens for filling in the middle, one of which is a control token where no key names one.
  ///
  /// Where a file has several of a kind, llama.cpp takes any; the first is taken here.
  private static let fillers: [(keys: [String], names: [String])] = [
    (
      ["fim_pre", "prefix"],
      [
        "<|fim_prefix|>", "<fim-prefix>", "<fim_prefix>", "<｜fim▁begin｜>", "<PRE>", "▁<PRE>",
        "<|code_prefix|>", "<|prefix|>",
      ]
    ),
    (
      ["fim_suf", "suffix"],
      [
        "<|fim_suffix|>", "<fim-suffix>", "<fim_suffix>", "<｜fim▁hole｜>", "<SUF>", "▁<SUF>",
        "<|code_suffix|>", "<|suffix|>",
      ]
    ),
    (
      ["fim_mid", "middle"],
      [
        "<|fim_middle|>", "<fim-middle>", "<fim_middle>", "<｜fim▁end｜>", "<MID>", "▁<MID>",
        "<|code_middle|>", "<|middle|>",
      ]
    ),
    (["fim_pad"], ["<|fim_pad|>", "<fim-pad>", "<fim_pad>", "<PAD>", "[PAD]"]),
    (
      ["fim_rep"],
      ["<|fim_repo|>", "<|repo_name|>", "<fim-repo>", "<REPO>", "<reponame>"]
    ),
    (["fim_sep"], ["<|file_sep|>"]),
  ]
}
