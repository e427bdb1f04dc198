import GobbetBPE
import TestSupport
import Testing

@Suite("Training") struct TrainerTests {
  /// Pretokens of few different bytes, so that runs, ties and overlaps abound.
  static func pretokens(seed: UInt64) -> [[UInt8]: UInt64] {
    var generator = SeededGenerator(seed)
    let alphabet = (0...UInt8.random(in: 0...5, using: &generator)).map { _ in
      UInt8.random(in: 0...255, using: &generator)
    }
    let highest = [1, 3, 100, 1_000_000].randomElement(using: &generator) ?? 1
    var pretokens: [[UInt8]: UInt64] = [:]
    for _ in 0..<Int.random(in: 1...60, using: &generator) {
      let bytes = (0..<Int.random(in: 1...24, using: &generator)).map { _ in
        alphabet.randomElement(using: &generator) ?? 0
      }
      pretokens[bytes] = UInt64.random(in: 1...UInt64(highest), using: &generator)
    }
    return pretokens
  }

  static func options(seed: UInt64) -> TrainingOptions {
    var generator = SeededGenerator(seed &* 7)
    return TrainingOptions(
      vocabularySize: 256 + Int.random(in: 0...150, using: &generator),
      tieBreak: TieBreak.allCases.randomElement(using: &generator) ?? .bytes,
      minimumFrequency: UInt64.random(in: 0...4, using: &generator),
      maximumTokenLength: Bool.random(using: &generator)
        ? Int.random(in: 3...12, using: &generator) : nil)
  }

  @Test(
    "random pretokens give the merges of the obvious trainer", arguments: 0..<200 as Range<UInt64>)
  func oracle(seed: UInt64) throws {
    let pretokens = Self.pretokens(seed: seed)
    let options = Self.options(seed: seed)
    let vocabulary = try Trainer(options).train(PretokenCounts(pretokens), pattern: .gpt2)
    #expect(
      vocabulary.mergedStrings == ReferenceTrainer(options: options).merges(of: pretokens))
  }

  @Test(
    "many pretokens of many bytes give the merges of the obvious trainer",
    arguments: TieBreak.allCases)
  func largerOracle(tieBreak: TieBreak) throws {
    var generator = SeededGenerator(11)
    var pretokens: [[UInt8]: UInt64] = [:]
    for _ in 0..<1500 {
      let bytes = (0..<Int.random(in: 1...12, using: &generator)).map { _ in
        UInt8.random(in: 0...40, using: &generator) & UInt8.random(in: 0...255, using: &generator)
      }
      pretokens[bytes, default: 0] += 1 << UInt64.random(in: 0...20, using: &generator)
    }
    let options = TrainingOptions(vocabularySize: 256 + 400, tieBreak: tieBreak)
    let vocabulary = try Trainer(options).train(PretokenCounts(pretokens), pattern: .gpt2)
    #expect(
      vocabulary.mergedStrings == ReferenceTrainer(options: options).merges(of: pretokens))
  }

  @Test("pretokens of tens of thousands of bytes give the merges of the obvious trainer")
  func longPretokens() throws {
    var generator = SeededGenerator(21)
    let mixed = (0..<40_000).map { _ in UInt8.random(in: 97...98, using: &generator) }
    let pretokens: [[UInt8]: UInt64] = [mixed: 3, [UInt8](repeating: 97, count: 70_000): 2]
    let options = TrainingOptions(vocabularySize: 290)
    let vocabulary = try Trainer(options).train(PretokenCounts(pretokens), pattern: .gpt2)
    #expect(
      vocabulary.mergedStrings == ReferenceTrainer(options: options).merges(of: pretokens))
  }

  @Test("passing 32,767 symbols changes nothing", arguments: [32_400, 32_600])
  func manySymbols(specialCount: Int) throws {
    var generator = SeededGenerator(17)
    var counts = PretokenCounts()
    for _ in 0..<400 {
      let word = (0..<12).map { _ in UInt8.random(in: 97...104, using: &generator) }
      try counts.add(word.span, count: 2)
    }
    let specials = (0..<specialCount).map { Array("<|\($0)|>".utf8) }
    let plain = try Trainer(TrainingOptions(vocabularySize: 600)).train(counts, pattern: .gpt2)
    let shifted = try Trainer(
      TrainingOptions(
        vocabularySize: 600 + specialCount, specialTokens: specials, specialTokensFirst: true)
    ).train(counts, pattern: .gpt2)
    #expect(plain.merges.count == 344)
    #expect(shifted.mergedStrings == plain.mergedStrings)
  }

  @Test("a run merges from its left end") func run() throws {
    let counts = try PretokenCounts([Array("aaaaaaa".utf8): 1])
    let vocabulary = try Trainer(TrainingOptions(vocabularySize: 300)).train(
      counts, pattern: .gpt2)
    let merges = vocabulary.mergedStrings.map { $0.map { String(decoding: $0, as: UTF8.self) } }
    #expect(merges == [["a", "a"], ["aa", "aa"], ["aa", "a"], ["aaaa", "aaa"]])
  }

  @Test("the first ids are the bytes, visible ones first for Hugging Face") func byteOrder() throws
  {
    let counts = try PretokenCounts([Array("ab".utf8): 1])
    for tieBreak in TieBreak.allCases {
      let options = TrainingOptions(vocabularySize: 256, tieBreak: tieBreak)
      let vocabulary = try Trainer(options).train(counts, pattern: .gpt2)
      #expect(vocabulary.id(of: [33]) == (tieBreak == .huggingFace ? 0 : 33))
      #expect(vocabulary.id(of: [173]) == (tieBreak == .huggingFace ? 255 : 173))
      #expect(vocabulary.tokenCount == 256)
      #expect(vocabulary.merges.isEmpty)
    }
  }

  @Test("special tokens come last, or first where the options say so") func specialTokens() throws {
    let counts = try PretokenCounts([Array("abab".utf8): 5])
    var options = TrainingOptions(
      vocabularySize: 260, specialTokens: [Array("<s>".utf8), Array("</s>".utf8)])
    let last = try Trainer(options).train(counts, pattern: .gpt2)
    options.specialTokensFirst = true
    let first = try Trainer(options).train(counts, pattern: .gpt2)
    #expect(last.specialTokens.map(\.id) == [258, 259])
    #expect(first.specialTokens.map(\.id) == [0, 1])
    #expect(first.id(of: "abab".utf8) == 259)
    #expect(first.mergedStrings == last.mergedStrings)
    #expect(first.idBound == 260)
  }

  @Test("no merge spells a special token") func forbidden() throws {
    let pretokens = [Array("abc".utf8): 9 as UInt64, Array("abcd".utf8): 3]
    let options = TrainingOptions(vocabularySize: 300, specialTokens: [Array("abc".utf8)])
    let vocabulary = try Trainer(options).train(PretokenCounts(pretokens), pattern: .gpt2)
    #expect(vocabulary.specialTokens.first?.id == vocabulary.id(of: "abc".utf8))
    #expect(
      vocabulary.mergedStrings == ReferenceTrainer(options: options).merges(of: pretokens))
  }

  @Test("a progress function that says no ends training with what is there") func stop() throws {
    var pretokens: [[UInt8]: UInt64] = [:]
    for first in UInt8(0)..<200 { pretokens[[first, first + 1, first]] = UInt64(first) + 1 }
    var last: TrainingProgress?
    let vocabulary = try Trainer(TrainingOptions(vocabularySize: 600)).train(
      PretokenCounts(pretokens), pattern: .gpt2
    ) { progress in
      last = progress
      return progress.mergeCount < 100
    }
    let merged = try #require(last)
    #expect(merged.mergeCount == vocabulary.merges.count)
    #expect((100..<344).contains(merged.mergeCount))
    #expect(merged.mergeLimit == 344)
    let options = TrainingOptions(vocabularySize: 256 + merged.mergeCount)
    #expect(try Trainer(options).train(PretokenCounts(pretokens), pattern: .gpt2) == vocabulary)
  }

  @Test("sizes without room and no text at all are refused") func refusals() throws {
    let special = [Array("<s>".utf8)]
    #expect(throws: TrainingError.vocabularyTooSmall(size: 256, minimum: 257)) {
      _ = try Trainer(TrainingOptions(vocabularySize: 256, specialTokens: special))
    }
    #expect(throws: TrainingError.vocabularyTooLarge(size: 1 << 30)) {
      _ = try Trainer(TrainingOptions(vocabularySize: 1 << 30))
    }
    #expect(throws: TrainingError.noPretokens) {
      _ = try Trainer(TrainingOptions(vocabularySize: 300)).train(
        PretokenCounts(), pattern: .gpt2)
    }
  }

  @Test("special tokens that are none are refused before anything is read")
  func badSpecialTokens() {
    for specials in [[[]], [[60], [60]]] as [[[UInt8]]] {
      let options = TrainingOptions(vocabularySize: 1000, specialTokens: specials)
      #expect(throws: VocabularyError.self) {
        _ = try Trainer(options).train(source: UnreadableSource(), pattern: .gpt2)
      }
    }
  }

  @Test("what the source throws comes through") func unreadable() {
    #expect(throws: Unreadable.self) {
      _ = try Trainer(TrainingOptions(vocabularySize: 300)).train(
        source: UnreadableSource(), pattern: .gpt2)
    }
  }

  @Test("counts that do not add up in 64 bits are refused") func overflow() throws {
    let counts = try PretokenCounts([[1, 2]: .max / 4, [1, 3]: .max / 4, [1, 4]: .max / 4])
    #expect(throws: TrainingError.countsTooLarge) {
      _ = try Trainer(TrainingOptions(vocabularySize: 300)).train(counts, pattern: .gpt2)
    }
  }

  @Test("counts beyond 32 bits decide rightly") func largeCounts() throws {
    let pretokens: [[UInt8]: UInt64] = [[7, 8]: 1 << 40, [7, 9]: 1 << 40 + 1, [1, 2]: 1 << 33]
    let vocabulary = try Trainer(TrainingOptions(vocabularySize: 259)).train(
      PretokenCounts(pretokens), pattern: .gpt2)
    #expect(vocabulary.mergedStrings == [[[7], [9]], [[7], [8]], [[1], [2]]])
  }
}

private struct Unreadable: Error {}

private struct UnreadableSource: PretokenSource {
  func forEachPretoken(_ body: (Span<UInt8>, UInt64) throws -> Void) throws { throw Unreadable() }
}
