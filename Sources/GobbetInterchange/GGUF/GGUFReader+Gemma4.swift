internal import GobbetBPE

extension GGUFReader {
  /// The vocabulary of a `gemma4` tokenizer: characters, with U+2581 for spaces, that merge in the order of a
  /// list within lines and within runs of newlines.
  ///
  /// Characters without a token become bytes. llama.cpp puts the first token in front of a text whatever
  /// the file says of that.
  /// - Throws: `InterchangeError`, `unsupported` also where llama.cpp wouldn't do what a pipeline can: without a
  ///   token for a byte, and with a token of newlines that merges don't make.
  /// - Source: llama.cpp as of llama-cpp-python 0.3.36, asked by `Fixtures/gguf/make_gemma4.py`.
  func characterVocabulary() throws(InterchangeError) -> Vocabulary {
    let tokensField = "tokenizer.ggml.tokens"
    var visible = VisibleVocabulary(path: path, isByteLevel: false)
    visible.firstMergeCounts = true
    var specials: [SpecialToken] = []
    var byteCount = 0
    var newlines: [Int] = []
    try forEachToken { (id, text, kind, strips) throws(InterchangeError) in
      if kind == 5 || text.isEmpty { return }
      let bytes = Array(text.utf8)
      guard visible.append(bytes, id: TokenID(id)) else {
        throw InterchangeError(
          .damaged("entry \(id) is there twice"), path: path, field: tokensField)
      }
      if (2...4).contains(kind) {
        let matching = kind == 4 ? strips.union(.ordinary) : strips
        specials.append(SpecialToken(text, id: TokenID(id), matching: matching))
      } else if kind == 6 {
        byteCount += 1
      } else if bytes.allSatisfy({ $0 == 0x0A }) {
        newlines.append(bytes.count)
      }
    }
    guard byteCount == 256 else {
      throw InterchangeError(
        .unsupported("\(byteCount) tokens of bytes, which aren't all"), path: path,
        field: tokensField)
    }
    var ranks: [[Int]: Int] = [:]
    for (index, merge) in (self["tokenizer.ggml.merges"]?.elements ?? []).enumerated() {
      guard let text = merge.string, visible.append(line: Array(text.utf8).span) else {
        throw InterchangeError(
          .damaged("entry \(index) isn't a merge"), path: path, field: "tokenizer.ggml.merges")
      }
      let parts = text.utf8.split(separator: UInt8(ascii: " "))
      if parts.allSatisfy({ $0.allSatisfy { $0 == 0x0A } }), ranks[parts.map(\.count)] == nil {
        ranks[parts.map(\.count)] = index
      }
    }
    // llama.cpp takes a run of newlines that is a token whole, and merges no other.
    for count in newlines where Self.merged(count, ranks) != [count] {
      throw InterchangeError(
        .unsupported("a token of \(count) newlines that merges don't make"), path: path,
        field: tokensField)
    }
    var pipeline = TextPipeline.ofPieces(
      changes: [], addsPrefix: false, unknown: nil, fallsBackToBytes: true, wholeSymbols: [],
      order: nil)
    pipeline.template = template(addsBeginning: true, beginning: nil, end: nil)
    let pattern: SplitPattern
    do {
      pattern = try SplitPattern(expression: #"[^\n]+|[\n]+"#, dialect: .oniguruma)
    } catch {
      throw InterchangeError(.init(error), path: path)
    }
    return try visible.vocabulary(
      specialTokens: specials, mergeRule: .learnedPairs, pattern: pattern, pipeline: pipeline,
      tokensField: tokensField, mergesField: "tokenizer.ggml.merges")
  }

  /// What a run of `count` equal characters becomes, by the ranks of pairs of runs of them.
  private static func merged(_ count: Int, _ ranks: [[Int]: Int]) -> [Int] {
    var runs = [Int](repeating: 1, count: min(count, 1024))
    while true {
      let pairs = runs.indices.dropLast().compactMap { index in
        ranks[[runs[index], runs[index + 1]]].map { (rank: $0, index: index) }
      }
      guard let next = pairs.min(by: { ($0.rank, $0.index) < ($1.rank, $1.index) }) else {
        return runs
      }
      runs[next.index] += runs.remove(at: next.index + 1)
    }
  }
}
