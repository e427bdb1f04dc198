import Foundation
import Gobbet
import GobbetReport
import TestSupport
import Testing

@Suite("Pages about files") struct PageTests {
  private static let markup = "<b>\u{202E}\u{1B}</b>"
  private static let shownMarkup = #"&lt;b&gt;\u{202E}\u{1B}&lt;/b&gt;"#

  /// A vocabulary with a special token that is markup.
  private static func vocabulary(_ size: Int = 400) async throws -> Vocabulary {
    var options = TrainingOptions(vocabularySize: size)
    options.specialTokens = [Array(markup.utf8)]
    return try await TrainingJob(
      inputs: [fixturesFolder + "/corpus-heldout/en.txt"], pattern: .gpt2, options: options
    ).result().vocabulary
  }

  @Test("two vocabularies: what each has alone, and no markup of a name or a token")
  func vocabularies() async throws {
    let first = try await Self.vocabulary()
    let second = try first.truncated(to: 320)
    let page = VocabularyPage(
      [.init(name: "a<i>.gobbet", first), .init(name: "c", second)],
      showing: [TokenID(first.tokens.count - 2)]
    ).document
    #expect(page.contains("a&lt;i&gt;.gobbet") && !page.contains("<i>"))
    #expect(page.contains(Self.shownMarkup) && !page.contains("<b>"))
    let own = first.tokens.count - second.tokens.count
    #expect(own > 0 && page.contains("\(own) of its own, "))
    #expect(page.contains("<ul class=\"tree\"><li><code>"))
  }

  @Test("a text: a span for each token, with its id and offset, marked if special or bytes")
  func text() async throws {
    let vocabulary = try await Self.vocabulary()
    let text = Array("Héllo 日本\n\(Self.markup) & \"x\"".utf8)
    var encoder = Tokenizer(vocabulary).makeEncoder()
    let tokens = try encoder.textTokens(of: text.span, specials: .all)
    let page = try TextPage(text, [("v", vocabulary)]).document
    let titles = page.matches(
      of: /<span class="t(\d)([a-z ]*)" title="id (\d+), offset (\d+), bytes/)
    #expect(titles.compactMap { TokenID($0.output.3) } == tokens.map(\.id))
    #expect(titles.compactMap { Int($0.output.4) } == tokens.map(\.range.lowerBound))
    #expect(titles.enumerated().allSatisfy { Int($0.element.output.1) == $0.offset % 4 })
    for (title, token) in zip(titles, tokens) {
      let isWhole = String(validating: text[token.range], as: UTF8.self) != nil
      #expect(title.output.2.contains("special") == token.isSpecial)
      #expect(title.output.2.contains("bytes") == !isWhole)
    }
    #expect(!page.contains("<b>") && page.contains(Self.shownMarkup))
  }

  @Test("a dataset: counts, lengths and shares are those of a slow count")
  func dataset() async throws {
    let folder = try TemporaryFolder()
    let vocabulary = try await Self.vocabulary()
    var documents: [String] = []
    var generator = SeededGenerator(2220)
    for _ in 0..<57 {
      let words = (0..<Int.random(in: 1...90, using: &generator)).map { _ in
        ["the", "sea", "<i>", "語", "\u{202E}"].randomElement(using: &generator) ?? ""
      }
      documents.append(words.joined(separator: " "))
    }
    let lines = documents.map { text in
      String(decoding: (try? JSONEncoder().encode(["text": text])) ?? Data(), as: UTF8.self)
    }
    let corpus = try folder.write("c.jsonl", Array((lines.joined(separator: "\n") + "\n").utf8))
    let path = folder.file("d.gobbet")
    _ = try await PackingJob(inputs: [corpus], vocabulary: vocabulary).write(to: path)
    let page = try DatasetPage(path: path).document
    let ids = documents.map { Tokenizer(vocabulary).encoded($0) }
    var counts: [TokenID: Int] = [:]
    for id in ids.joined() { counts[id, default: 0] += 1 }
    let commonest = try #require(counts.max { ($0.value, $1.key) < ($1.value, $0.key) })
    #expect(page.contains("<dt>ids that come</dt><dd>\(counts.count)</dd>"))
    #expect(page.contains("<th scope=\"row\" class=\"n\">\(commonest.key)</th>"))
    let most = commonest.value
    let grouped =
      most < 1_000 ? "\(most)" : "\(most / 1_000),\("\(most % 1_000 + 1_000)".dropFirst())"
    #expect(page.contains("<td class=\"n\">\(grouped)</td>"))
    let lengths = ids.map(\.count).sorted()
    #expect(page.contains("<dt>median</dt><dd>\(lengths[28])</dd>"))
    #expect(page.contains("<dt>longest</dt><dd>\(lengths[56])</dd>"))
    #expect(!page.contains("<i>") && page.contains("&lt;</span>") && !page.contains("\u{202E}"))
  }

  @Test("a masked dataset: how much counts, of each split, and which tokens of a row don't")
  func masks() throws {
    let folder = try TemporaryFolder()
    let vocabulary = try Vocabulary(byteOrder: Array(0...255), pairs: [], pattern: .gpt2)
    /// Documents "?!" of which the second token counts, and a last one of which none does.
    func write(_ path: String, _ count: Int) throws {
      var writer = try TokenDatasetWriter(path: path, vocabulary: vocabulary)
      for _ in 0..<count { try writer.append(document: [63, 33].span, counted: [1..<2]) }
      try writer.append(document: [63, 63].span, counted: [])
      try writer.finish()
    }
    let path = folder.file("masked.gobbet")
    try write(path, 3)
    let page = try DatasetPage(path: path).document
    #expect(page.contains("<dt>tokens that count, %</dt><dd>37.5</dd>"))
    #expect(page.contains("<dt>documents without any</dt><dd>1</dd>"))
    #expect(page.contains("<td class=\"n\">1 of 2</td>"))
    #expect(page.contains("<span class=\"masked\" title=\"id 63, masked\">?</span>"))
    #expect(page.contains("<span class=\"t1\" title=\"id 33\">!</span>"))
  }

  @Test("a dataset without masks: every token counts, and nothing more is said of it")
  func noMasks() throws {
    let folder = try TemporaryFolder()
    let vocabulary = try Vocabulary(byteOrder: Array(0...255), pairs: [], pattern: .gpt2)
    var writer = try TokenDatasetWriter(path: folder.file("d.gobbet"), vocabulary: vocabulary)
    try writer.append(document: [63].span)
    try writer.finish()
    let page = try DatasetPage(path: folder.file("d.gobbet")).document
    #expect(page.contains("<dt>tokens that count in a loss</dt><dd>all</dd>"))
    #expect(!page.contains("masked\"") && !page.contains("Loss masks"))
    #expect(page.contains("d.gobbet: 1 token of 1 document<"))
  }

  @Test("a model's run: the losses are those of the forward pass")
  func modelRun() throws {
    let model = fixturesFolder + "/tinymodel/model.safetensors"
    let generation = try TextGeneration(path: model)
    let text = "ROMEO: But, soft! <b>what</b> light"
    var options = ModelRunPage.Options()
    (options.layer, options.head) = (0, 1)
    let page = try ModelRunPage(path: model, generation, text: text, options).document
    let ids = generation.tokens(of: text)
    let pass = try ForwardPass(generation.model)
    let loss =
      -(try pass.logProbabilities(of: Array(ids.dropFirst()), after: [ids[0]]))
      .reduce(0, +) / Double(ids.count - 1)
    let shown = try #require(page.firstMatch(of: /mean loss, nats a token<\/dt><dd>([0-9.]+)</))
    #expect(abs((Double(shown.output.1) ?? 0) - loss) < 0.001)
    #expect(page.contains("Layer 0, head 1") && !page.contains("Layer 0, head 0"))
    #expect(!page.contains("<b>"))
  }
}

@Suite("Elements that were counted") struct ElementCountsTests {
  @Test("have the numbers of a slow count, and a histogram of all finite ones")
  func random() {
    var generator = SeededGenerator(2221)
    for _ in 0..<20 {
      var elements = (0..<3_000).map { _ in
        let sum = (0..<12).reduce(Float(0)) { sum, _ in
          sum + Float.random(in: -1...1, using: &generator)
        }
        return sum * 0.02
      }
      elements += [0, -0.0, .nan, .infinity, -.infinity, 7, -9, 1e-30]
      var counts = ElementCounts()
      counts.add(Array(elements[..<1_000]))
      counts.add(Array(elements[1_000...]))
      let finite = elements.filter(\.isFinite).map { Double($0) }
      let mean = finite.reduce(0, +) / Double(finite.count)
      let variance = finite.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(finite.count)
      #expect(counts.count == elements.count && counts.finiteCount == finite.count)
      #expect(counts.nanCount == 1 && counts.infinityCount == 2)
      #expect(counts.zeroCount == finite.count { $0 == 0 })
      #expect(counts.least == -9 && counts.greatest == 7)
      #expect(
        abs(counts.mean - mean) < 1e-9 && abs(counts.deviation - variance.squareRoot()) < 1e-9)
      #expect(counts.outlierCount(beyond: 6) == 2)
      let histogram = counts.histogram(40)
      #expect(histogram.reduce(0) { $0 + $1.count } == finite.count)
      #expect(histogram.first?.count == 1 && histogram.last?.count == 1)
    }
  }

  @Test("that are all the same have a histogram of one bin, and none has no bins")
  func edges() {
    var counts = ElementCounts()
    #expect(counts.histogram(40).isEmpty && counts.outlierCount(beyond: 6) == 0)
    counts.add([2, 2, 2])
    #expect(counts.histogram(40).map(\.count) == [3])
    #expect(counts.deviation == 0 && counts.outlierCount(beyond: 6) == 0)
  }
}
