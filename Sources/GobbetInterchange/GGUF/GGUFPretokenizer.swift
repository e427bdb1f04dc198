internal import GobbetBPE

/// How llama.cpp's name of a pre-tokenizer says that text is split.
///
/// - Source: `llama_vocab::impl::load` in llama.cpp's `llama-vocab.cpp`, as of llama-cpp-python 0.3.36.
struct GGUFPretokenizer {
  /// What cuts a text before the pattern does.
  var steps: [PretokenizerStep] = []
  /// How text is split.
  let pattern: SplitPattern
  /// Whether a pretoken that is a token is taken whole.
  var takesWhole = false
  /// Whether a token stands in front of a text unless the file says otherwise.
  var addsBeginning = false

  /// The pre-tokenizer of that name; nil if nothing here splits as it does.
  init?(named name: String) {
    if let row = Self.rows.first(where: { $0.names.contains(name) }) {
      self = row.value
    } else if let row = GGUFExpressions.rows.first(where: { $0.names.contains(name) }),
      let value = GGUFPretokenizer(row)
    {
      self = value
    } else {
      return nil
    }
  }

  /// The name to write for a pattern after steps; nil if no name means them.
  static func name(
    of pattern: SplitPattern, _ steps: [PretokenizerStep], takesWhole: Bool
  ) -> String? {
    if let last = pattern.expression {
      let expressions = steps.compactMap {
        if case .expression(let expression) = $0 { expression } else { nil }
      }
      let texts = (expressions + [last]).map(\.text)
      for row in GGUFExpressions.rows where row.expressions == texts {
        let value = GGUFPretokenizer(row)
        if value?.pattern == pattern, value?.steps == steps { return row.names.first }
      }
      return nil
    }
    let rows = rows.filter { $0.value.pattern == pattern && $0.value.steps == steps }
    return (rows.first { $0.value.takesWhole == takesWhole } ?? rows.first)?.names.first
  }

  /// The expressions of a row, of which the last is the pattern.
  private init?(_ row: GGUFExpressions) {
    let expressions = row.expressions.compactMap {
      try? SplitExpression($0, dialect: .oniguruma)
    }
    guard expressions.count == row.expressions.count, let last = expressions.last else {
      return nil
    }
    self.init(
      SplitPattern(last), steps: expressions.dropLast().map { .expression($0) },
      takesWhole: row.takesWhole, addsBeginning: row.addsBeginning)
  }

  private init(
    _ pattern: SplitPattern, steps: [PretokenizerStep] = [], takesWhole: Bool = false,
    addsBeginning: Bool = false
  ) {
    self.pattern = pattern
    self.steps = steps
    self.takesWhole = takesWhole
    self.addsBeginning = addsBeginning
  }

  /// Qwen's way without contractions.
  private static let withoutContractions = SplitPattern(
    contractions: .none, words: .letters, wordPrefix: .anyButNewline, digits: .one,
    symbolTail: .newlines, newlineRuns: true, finalWhitespaceWhole: false)
  /// Qwen's way, but that symbols take no newlines along.
  private static let seedCoder = SplitPattern(
    contractions: .anyCase, words: .letters, wordPrefix: .anyButNewline, digits: .one,
    symbolTail: .none, newlineRuns: true, finalWhitespaceWhole: false)

  /// Every name; the first of a row is the one that is written.
  private static let rows: [(names: [String], value: GGUFPretokenizer)] = [
    (
      [
        "gpt-2", "phi-2", "jina-es", "jina-de", "gigachat", "jina-v2-es", "jina-v2-de", "a.x-4.0",
        "mellum", "modern-bert", "jina-v1-en", "jina-v2-code", "roberta-bpe", "mpt", "olmo", "jais",
        "trillion", "granite-docling", "exaone4",
      ], GGUFPretokenizer(.gpt2)
    ),
    (
      [
        "starcoder", "refact", "command-r", "smollm", "codeshell", "exaone", "minerva-7b",
        "mellum2",
      ], GGUFPretokenizer(.gpt2, steps: [.digits(individual: true)])
    ),
    (
      [
        "llama-bpe", "llama3", "llama-v3", "falcon3", "falcon-h1", "pixtral", "midm-2.0", "lfm2",
        "jina-v5-nano",
      ], GGUFPretokenizer(.llama3, takesWhole: true, addsBeginning: true)
    ),
    (["glm4", "glm5"], GGUFPretokenizer(.llama3, takesWhole: true)),
    (["dbrx", "smaug-bpe", "chatglm-bpe"], GGUFPretokenizer(.llama3)),
    (
      [
        "qwen2", "deepseek-r1-qwen", "kormo", "f2llmv2", "stablelm2", "megrez", "hunyuan",
        "solar-open", "grok-2", "bailingmoe", "bailingmoe2", "llada-moe",
      ], GGUFPretokenizer(.qwen2)
    ),
    (["seed-coder"], GGUFPretokenizer(seedCoder)),
    (["ufakzeka"], GGUFPretokenizer(withoutContractions)),
    (["qwen35"], GGUFPretokenizer(.qwen35)),
    (["gpt-4o", "llama4", "kanana2", "talkie", "minimax-m2"], GGUFPretokenizer(.o200k)),
    (["granite-embed-multi-97m"], GGUFPretokenizer(.o200k, takesWhole: true)),
    (["tekken"], GGUFPretokenizer(.tekken, takesWhole: true, addsBeginning: true)),
    (
      ["deepseek-v3", "hunyuan-dense", "joyai-llm", "hy_v4"], GGUFPretokenizer(.deepSeekV3)
    ),
  ]
}
