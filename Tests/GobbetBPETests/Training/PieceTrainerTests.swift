import GobbetBPE
import TestSupport
import Testing

@Suite("Training pieces of characters") struct PieceTrainerTests {
  private static let alphabet: [Unicode.Scalar] = [
    "▁", "a", "b", "é", "я", "の", "1", "2", "🙂", "'",
  ]

  /// Words of few characters, so that runs, ties and overlaps abound; each begins with U+2581.
  private static func words(seed: UInt64) -> [[Unicode.Scalar]: UInt64] {
    var generator = SeededGenerator(seed)
    let alphabet = Self.alphabet.dropFirst().prefix(Int.random(in: 1...9, using: &generator))
    let highest = [1, 3, 1000].randomElement(using: &generator) ?? 1
    var words: [[Unicode.Scalar]: UInt64] = [:]
    for _ in 0..<Int.random(in: 1...40, using: &generator) {
      let characters = (0..<Int.random(in: 1...14, using: &generator)).compactMap { _ in
        alphabet.randomElement(using: &generator)
      }
      words[["▁"] + characters] = UInt64.random(in: 1...UInt64(highest), using: &generator)
    }
    return words
  }

  private static func counts(_ words: [[Unicode.Scalar]: UInt64]) throws -> PretokenCounts {
    var counts = PretokenCounts()
    for (word, count) in words {
      var text = String.UnicodeScalarView()
      text.append(contentsOf: word)
      try counts.add(Array(String(text).utf8).span, count: count)
    }
    return counts
  }

  private static func texts(of vocabulary: Vocabulary) -> [String] {
    (0..<TokenID(vocabulary.idBound)).map {
      String(decoding: vocabulary.bytes(of: $0) ?? [], as: UTF8.self)
    }
  }

  @Test("random words give the pieces of the obvious trainer", arguments: 0..<120 as Range<UInt64>)
  func pieces(seed: UInt64) throws {
    let words = Self.words(seed: seed)
    var generator = SeededGenerator(seed &* 13)
    let characters = Set(words.keys.flatMap { $0 })
    let limit = Int.random(in: 0...120, using: &generator)
    var options = PieceTrainingOptions(
      vocabularySize: 3 + limit + characters.count, rule: .sentencePiece)
    options.sentencePiece.characterCoverage = 1
    options.sentencePiece.splitsByScript = false
    options.sentencePiece.splitsDigits = Bool.random(using: &generator)
    options.sentencePiece.maximumPieceLength = Int.random(in: 1...12, using: &generator)
    let splitsDigits = options.sentencePiece.splitsDigits
    let reference = ReferencePieceTrainer(
      limit: limit, maximumLength: options.sentencePiece.maximumPieceLength,
      allows: { !splitsDigits || !$0.contains { "0"..."9" ~= $0 } })
    let learned = try PieceTrainer(options).train(Self.counts(words))
    let vocabulary = try learned.vocabulary(size: options.vocabularySize)
    let expected = reference.pieces(of: words)
    #expect(Array(Self.texts(of: vocabulary).dropFirst(3).prefix(expected.count)) == expected)
    #expect(vocabulary.idBound == 3 + expected.count + characters.count)
  }

  @Test("random words give the merges of the obvious trainer", arguments: 0..<120 as Range<UInt64>)
  func merges(seed: UInt64) throws {
    let words = Self.words(seed: seed)
    var generator = SeededGenerator(seed &* 17)
    var tallies: [Unicode.Scalar: UInt64] = [:]
    for (word, count) in words { for scalar in word { tallies[scalar, default: 0] += count } }
    // A limit that no tie decides.
    let sorted = tallies.values.sorted(by: >)
    let limits = sorted.indices.filter { $0 > 0 && sorted[$0 - 1] > sorted[$0] } + [sorted.count]
    let alphabetLimit = limits.randomElement(using: &generator) ?? sorted.count
    let least = sorted[alphabetLimit - 1]
    let alphabet = tallies.filter { $0.value >= least }.keys.sorted()
    var options = PieceTrainingOptions(
      vocabularySize: 2 + alphabet.count + Int.random(in: 0...100, using: &generator),
      rule: .tokenizers)
    options.tokenizers.specialTokens = ["<unk>", "<s>"]
    options.tokenizers.alphabetLimit = alphabetLimit
    options.tokenizers.minimumFrequency = UInt64.random(in: 0...4, using: &generator)
    options.tokenizers.maximumTokenLength = Int.random(in: 2...12, using: &generator)
    let learned = try PieceTrainer(options).train(Self.counts(words))
    let vocabulary = try learned.vocabulary(size: options.vocabularySize)
    let reference = ReferenceTokenTrainer(
      limit: options.vocabularySize - 2, minimumFrequency: options.tokenizers.minimumFrequency,
      maximumLength: options.tokenizers.maximumTokenLength ?? .max, alphabet: alphabet)
    let merges = vocabulary.merges.map { merge in
      [merge.left, merge.right].map {
        String(decoding: vocabulary.bytes(of: $0) ?? [], as: UTF8.self)
      }
    }
    #expect(merges == reference.merges(of: words))
    #expect(
      Self.texts(of: vocabulary).prefix(2 + alphabet.count).elementsEqual(
        ["<unk>", "<s>"] + alphabet.map { String($0) }))
  }

  @Test("a smaller vocabulary out of one run is that of a run of its own")
  func sizes() throws {
    for rule in PieceTrainingOptions.Rule.allCases {
      var options = PieceTrainingOptions(vocabularySize: 60, rule: rule)
      options.sentencePiece.characterCoverage = 1
      let words = try Self.counts(Self.words(seed: 5))
      let both = try PieceTrainer(options).train(words)
      options.vocabularySize = 30
      let alone = try PieceTrainer(options).train(words)
      #expect(try both.vocabulary(size: 30) == alone.vocabulary(size: 30))
    }
  }

  @Test("ids of pieces that can't be, and settings out of their range, are refused")
  func refusals() {
    func refusal(
      _ change: (inout PieceTrainingOptions.SentencePiece) -> Void
    ) -> TrainingError? {
      var options = PieceTrainingOptions(vocabularySize: 100, rule: .sentencePiece)
      change(&options.sentencePiece)
      do {
        _ = try PieceTrainer(options)
        return nil
      } catch {
        return error
      }
    }
    #expect(refusal { _ in } == nil)
    #expect(refusal { $0.beginningID = 0 } == .pieceID("<s>", id: 0))
    #expect(refusal { $0.endID = 100 } == .pieceID("</s>", id: 100))
    #expect(refusal { $0.userDefinedSymbols = ["a", "a"] } == .duplicatePiece("a"))
    #expect(refusal { $0.controlSymbols = ["<unk>"] } == .duplicatePiece("<unk>"))
    #expect(refusal { $0.characterCoverage = 0.5 } != nil)
    #expect(refusal { $0.maximumPieceLength = 0 } != nil)
  }

  @Test("a text cut at its spaces has the words that its pipeline gives")
  func words() throws {
    var generator = SeededGenerator(31)
    let parts = [" ", " ", "a", "é", "▁", "<s>", "\u{2585}", "\t", "\0", "の", "b c"]
    for round in 0..<400 {
      let text = (0..<Int.random(in: 0...9, using: &generator)).compactMap { _ in
        parts.randomElement(using: &generator)
      }.joined()
      var options = PieceTrainingOptions(vocabularySize: 100, rule: .sentencePiece)
      options.sentencePiece.addsPrefix = round.isMultiple(of: 2)
      options.sentencePiece.removesExtraSpaces = round.isMultiple(of: 3)
      let fast = try counted(text, TrainingText(sentences: options))
      // A normalizer that does nothing keeps it from being cut as it is.
      options.sentencePiece.normalizers = [.replace([0xFF], with: [0xFF])]
      #expect(
        try counted(text, TrainingText(sentences: options)) == fast, "\(text.debugDescription)")

      let scheme: PretokenizerStep.PrependScheme = round.isMultiple(of: 2) ? .always : .never
      var pipeline = TextPipeline(pretokenizers: [
        .metaspace(replacement: Array("▁".utf8), scheme: scheme, splits: true)
      ])
      let spaced = try counted(text, TrainingText(pipeline: pipeline, pattern: .whole))
      pipeline.normalizers = [.replace([0xFF], with: [0xFF])]
      let slow = try counted(text, TrainingText(pipeline: pipeline, pattern: .whole))
      #expect(spaced == slow, "\(text.debugDescription)")
    }
  }

  /// The words of a text, with their counts.
  private func counted(_ text: String, _ way: TrainingText) throws -> [[UInt8]: UInt64] {
    var counts = PretokenCounts()
    counts.count(Array(text.utf8).span, using: way)
    var words: [[UInt8]: UInt64] = [:]
    try way.pretokens(of: counts).forEachPretoken { bytes, count in
      words[bytes.indices.map { bytes[$0] }, default: 0] += count
    }
    return words
  }
}
