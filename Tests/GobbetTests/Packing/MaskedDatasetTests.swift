import Gobbet
import GobbetData
import TestSupport
import Testing

@Suite("Datasets with loss masks") struct MaskedDatasetTests {
  /// Id 300 opens what counts, 301 closes it and counts.
  static let rule = LossRule(openings: [[300]], closings: [.init(301, isCounted: true)])

  static func vocabulary() throws -> Vocabulary {
    try Vocabulary(
      byteOrder: Array(0...255), pairs: [], pattern: .gpt2,
      specialTokens: SpecialTokens([SpecialToken("<a>", id: 300), SpecialToken("<b>", id: 301)]))
  }

  /// Documents in which turns take turns; of every third the mask is not that of the rule.
  static func dataset(_ path: String, seed: UInt64, _ rule: LossRule?) throws -> TokenDataset {
    var random = SeededGenerator(seed)
    var writer = try TokenDatasetWriter(
      path: path, vocabulary: vocabulary(), options: TokenDatasetOptions(lossRule: rule))
    for number in 0..<30 {
      var ids: [TokenID] = [TokenID(number)]
      for _ in 0..<Int.random(in: 0...3, using: &random) {
        ids += [5, 300] + (0..<Int.random(in: 0...9, using: &random)).map { TokenID($0) } + [301]
      }
      let counted: [Range<Int>]? =
        number.isMultiple(of: 3) ? [0..<1] : Self.rule?.ranges(in: ids.span)
      try writer.append(document: ids.span, counted: counted, source: "\(seed)/\(number)")
    }
    try writer.finish()
    return try TokenDataset(path: path)
  }

  static func counted(_ dataset: TokenDataset) throws -> [String: [Range<Int>]] {
    let sources = try #require(try dataset.documentSources())
    return try Dictionary(
      uniqueKeysWithValues: (0..<dataset.documentCount).map { index in
        (sources[index], try dataset.countedRanges(ofDocument: index))
      })
  }

  @Test("merging and shuffling keep every document's mask, with one rule, two, or none")
  func rearranging() throws {
    let folder = try TemporaryFolder()
    let first = try Self.dataset(folder.file("a.gobbet"), seed: 1, Self.rule)
    let second = try Self.dataset(folder.file("b.gobbet"), seed: 2, nil)
    var plain = try TokenDatasetWriter(
      path: folder.file("c.gobbet"), vocabulary: try Self.vocabulary())
    try plain.append(document: [5, 300, 6, 301, 7].span, source: "plain")
    try plain.finish()
    let third = try TokenDataset(path: folder.file("c.gobbet"))
    var expected = try Self.counted(first)
    expected.merge(try Self.counted(second)) { first, _ in first }
    expected["plain"] = [0..<5]
    for (number, order) in [[first, second, third], [third, second, first]].enumerated() {
      let merged = folder.file("m\(number).gobbet")
      try DatasetMerging(order).write(to: merged)
      let result = try TokenDataset(path: merged)
      #expect(try Self.counted(result) == expected)
      #expect(result.lossRule == Self.rule)
      let shuffled = folder.file("s\(number)")
      try DatasetShuffling(
        result, seed: 4, options: DatasetOutputOptions(shardTokenCount: 200)
      ).write(to: shuffled)
      #expect(try Self.counted(try TokenDataset(recognizing: shuffled)) == expected)
    }
  }

  @Test("datasets that differ in what counts differ")
  func difference() throws {
    let folder = try TemporaryFolder()
    let first = try Self.dataset(folder.file("a.gobbet"), seed: 1, Self.rule)
    let same = try Self.dataset(folder.file("b.gobbet"), seed: 1, nil)
    #expect(try TokenDifference(first, same) == nil)
    var writer = try TokenDatasetWriter(
      path: folder.file("c.gobbet"), vocabulary: try Self.vocabulary())
    for index in 0..<first.documentCount {
      let ids = try first.tokens(in: first.document(index))
      var counted = try first.countedRanges(ofDocument: index)
      if index >= 7 { counted = [] }
      try writer.append(document: ids.span, counted: counted)
    }
    try writer.finish()
    let other = try TokenDataset(path: folder.file("c.gobbet"))
    let expected = try (7..<first.documentCount).first {
      try !first.countedRanges(ofDocument: $0).isEmpty
    }
    let difference = try #require(try TokenDifference(first, other))
    #expect(difference.firstMask == expected)
    #expect(difference.firstToken == nil && difference.firstDocument == nil)
  }

  @Test("an evaluation counts the tokens that count, each seen after all the others")
  func evaluation() throws {
    let small = try EvaluationTests.Small()
    let folder = try TemporaryFolder()
    let ids = Array(small.ids.prefix(90))
    let generation = try TextGeneration(path: fixturesFolder + "/tinymodel/model.safetensors")
    let path = folder.file("e.gobbet")
    var writer = try TokenDatasetWriter(path: path, vocabulary: generation.tokenizer.vocabulary)
    try writer.append(document: ids.span, counted: [0..<1, 20..<31, 64..<80])
    try writer.finish()
    let dataset = try TokenDataset(path: path)
    let result = try Evaluation(small.model, windowLength: 30).loss(of: dataset)
    #expect(result.loss.tokenCount == 27)
    let pass = try ForwardPass(small.model)
    var sum = 0.0
    for target in [20..<31, 64..<80].joined() {
      let window = (target - 1) / 30 * 30
      sum -= try pass.logProbabilities(of: [ids[target]], after: Array(ids[window..<target]))[0]
    }
    #expect(abs(result.loss.sum - sum) <= 1e-9)
    // What transformers 5.24 says with labels of -100 where a token doesn't count, in f64.
    let whole = try Evaluation(small.model).loss(of: dataset)
    #expect(whole.loss.tokenCount == 27)
    #expect(abs(whole.loss.mean - 2.7337872982025146) <= 1e-6)
    let batch = try dataset.windows(length: 30, stride: 30).batch([0, 1])
    #expect(try ForwardPass(small.model).loss(batch).tokenCount == 11)
  }
}
