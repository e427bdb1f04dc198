public import Gobbet
internal import GobbetPage

/// A page about one vocabulary, or about two side by side: token lengths, scripts, the longest tokens,
/// how tokens came about, and which of them a text uses.
public struct VocabularyPage: Sendable {
  /// A vocabulary with its name.
  public struct Entry: Sendable {
    let name: String
    let vocabulary: Vocabulary
    let use: VocabularyUse?

    /// Creates an entry; `use` is how the vocabulary encodes a text, if there is one.
    public init(name: String, _ vocabulary: Vocabulary, use: VocabularyUse? = nil) {
      self.name = name
      self.vocabulary = vocabulary
      self.use = use
    }
  }

  /// Rows of a list of tokens at most.
  private static let listLimit = 100

  private let entries: [Entry]
  private let statistics: [VocabularyStatistics]
  private let shownTokens: [TokenID]

  /// Creates the page; `tokens` are ids of the first vocabulary whose merges are shown as trees.
  ///
  /// - Precondition: there are one or two entries.
  /// - Complexity: O(bytes of all tokens).
  public init(_ entries: [Entry], showing tokens: [TokenID] = []) {
    precondition((1...2).contains(entries.count), "VocabularyPage: one vocabulary or two")
    self.entries = entries
    statistics = entries.map {
      VocabularyStatistics($0.vocabulary, $0.use ?? VocabularyUse($0.vocabulary))
    }
    shownTokens = tokens.isEmpty ? Self.examples(entries[0].vocabulary, statistics[0]) : tokens
  }

  /// The page as HTML.
  public var document: String {
    let names = entries.map { fileTitle($0.name) }
    var page = Page(
      "Vocabulary " + names.joined(separator: " and "),
      lead: entries.map { "\($0.name): \($0.vocabulary.tokenCount.inGroups("token"))" }
        .joined(separator: "; "), maker: reportMaker)
    page.append("Overview", overview)
    page.append("Token lengths", lengths.figure)
    page.append("Scripts", scripts)
    if entries.contains(where: { $0.use != nil }) { page.append("Use on the text", use) }
    page.append("Longest tokens", .columns(zip(entries, statistics).map { longest($0, $1) }))
    page.append("Merge trees", trees)
    if entries.count == 2 { page.append("Tokens of one vocabulary only", .columns(ownTokens)) }
    page.append("Special tokens", .columns(entries.map { specials($0) }))
    return page.document
  }

  private var overview: [HTML] {
    [
      .columns(
        entries.map { entry in
          let vocabulary = entry.vocabulary
          var facts = [
            ("ids", vocabulary.idBound.inGroups), ("tokens", vocabulary.tokenCount.inGroups),
            ("merges", vocabulary.merges.count.inGroups),
            ("special and added tokens", vocabulary.specialTokens.count.inGroups),
            (
              "pattern",
              vocabulary.pattern.name ?? vocabulary.pattern.expression?.text ?? "one of its own"
            ),
            ("fingerprint", "\(vocabulary.fingerprint)"),
          ]
          if let use = entry.use {
            facts.append(("bytes a token on the text", use.bytesPerToken.shown()))
          }
          return HTML([.heading(entry.name), .facts(facts.map { (name: $0.0, value: $0.1) })])
        })
    ]
  }

  private var series: [String] {
    entries.count == 1 ? ["tokens"] : entries.map { fileTitle($0.name) }
  }

  private var lengths: ColumnChart {
    let limit = 32
    let counts = statistics.map { statistics in
      var counts = [Double](repeating: 0, count: limit + 1)
      for (byteCount, group) in statistics.lengths {
        counts[min(max(byteCount, 1) - 1, limit)] += Double(group.tokenCount)
      }
      return counts
    }
    let longer = counts.contains { $0[limit] > 0 }
    let count = longer ? limit + 1 : limit
    return ColumnChart(
      "Tokens by their length", ChartAxes(category: "bytes", value: "tokens", scale: .logarithmic),
      categories: (1...count).map { $0 > limit ? ">\(limit)" : "\($0)" },
      zip(series, counts).map { Series($0, Array($1.prefix(count))) })
  }

  private var scripts: [HTML] {
    var names: [WritingSystem] = []
    for statistics in statistics {
      names += statistics.scripts.map(\.script).filter { !names.contains($0) }
    }
    func values(_ value: (VocabularyStatistics.Group) -> Int) -> [Series] {
      zip(series, statistics).map { name, statistics in
        Series(
          name,
          names.map { script in
            Double(statistics.scripts.first { $0.script == script }.map { value($0.group) } ?? 0)
          })
      }
    }
    let tokens = BarChart(
      "Tokens by script", ChartAxes(category: "script", value: "tokens", scale: .logarithmic),
      categories: names.map(\.rawValue), values(\.tokenCount))
    let note = HTML.paragraph("The script of a token is that of its first letter's Unicode block.")
    guard entries.contains(where: { $0.use != nil }) else { return [note, tokens.figure] }
    let used = BarChart(
      "Bytes of the text by the script of their token",
      ChartAxes(category: "script", value: "bytes", scale: .logarithmic),
      categories: names.map(\.rawValue), values(\.byteCount))
    return [note, tokens.figure, used.figure]
  }

  private func longest(_ entry: Entry, _ statistics: VocabularyStatistics) -> HTML {
    list("Longest tokens of \(entry.name)", statistics.longest.prefix(50), entry.vocabulary)
  }

  /// A table of tokens, those past the limit only counted.
  private func list(
    _ caption: String, _ ids: some Collection<TokenID>, _ vocabulary: Vocabulary
  ) -> HTML {
    var table = Table(caption, [.number("id"), "token", .number("bytes")])
    for id in ids.prefix(Self.listLimit) {
      let bytes = vocabulary.bytes(of: id) ?? []
      table.append([HTML(text: "\(id)"), TokenText(bytes).code, HTML(text: bytes.count.inGroups)])
    }
    guard ids.count > Self.listLimit else { return table.html }
    let rest = ids.count - Self.listLimit
    return HTML([table.html, .paragraph("and \(rest.inGroups) more")])
  }

  private var use: [HTML] {
    [
      .columns(
        zip(entries, statistics).map { entry, statistics in
          guard let use = entry.use else { return .paragraph("\(entry.name): not measured") }
          let ordinary = statistics.longest.count
          let facts = [
            (name: "bytes of the text", value: use.byteCount.inGroups),
            (name: "tokens of the text", value: use.tokenCount.inGroups),
            (name: "bytes a token", value: use.bytesPerToken.shown()),
            (
              name: "tokens never used",
              value: "\(statistics.unused.count.inGroups) of \(ordinary.inGroups)"
            ),
          ]
          return HTML([
            .heading(entry.name), .facts(facts), frequent(entry, use),
            list("Tokens never used, by id", statistics.unused, entry.vocabulary),
          ])
        })
    ]
  }

  private func frequent(_ entry: Entry, _ use: VocabularyUse) -> HTML {
    let ids = use.occurrences.indices.filter { use.occurrences[$0] > 0 }.sorted {
      (use.occurrences[$1], $0) < (use.occurrences[$0], $1)
    }
    var table = Table("Tokens used most", [.number("id"), "token", .number("occurrences")])
    for id in ids.prefix(50) {
      let bytes = entry.vocabulary.bytes(of: TokenID(truncatingIfNeeded: id)) ?? []
      table.append([
        HTML(text: "\(id)"), TokenText(bytes).code, HTML(text: use.occurrences[id].inGroups),
      ])
    }
    return table.html
  }

  private func specials(_ entry: Entry) -> HTML {
    let tokens = entry.vocabulary.specialTokens
    if tokens.isEmpty { return .paragraph("\(entry.name) has none.") }
    var table = Table("Special tokens of \(entry.name)", [.number("id"), "token", "kind"])
    for token in tokens.prefix(Self.listLimit) {
      table.append([
        HTML(text: "\(token.id)"), TokenText(token.bytes).code,
        HTML(text: token.isSpecial ? "special" : "added"),
      ])
    }
    let rest = tokens.count - Self.listLimit
    return rest > 0 ? HTML([table.html, .paragraph("and \(rest.inGroups) more")]) : table.html
  }

  private var ownTokens: [HTML] {
    [(0, 1), (1, 0)].map { mine, other in
      let vocabulary = entries[mine].vocabulary
      let own = statistics[mine].longest.filter {
        entries[other].vocabulary.id(of: vocabulary.tokens[$0]) == nil
      }
      let common = statistics[mine].longest.count - own.count
      return HTML([
        .heading(entries[mine].name),
        .paragraph("\(own.count.inGroups) of its own, \(common.inGroups) in common"),
        list("Tokens of \(entries[mine].name) only, the longest first", own, vocabulary),
      ])
    }
  }
}

extension VocabularyPage {
  /// Tokens whose trees show something: long ones that were merged, each of another length.
  private static func examples(
    _ vocabulary: Vocabulary, _ statistics: VocabularyStatistics
  ) -> [TokenID] {
    let merged = Set(vocabulary.merges.map(\.result))
    var examples: [TokenID] = []
    var lengths: Set<Int> = []
    for id in statistics.longest where examples.count < 3 {
      let bytes = vocabulary.tokens[id]
      let hasLetter = bytes.contains { (0x41...0x5A).contains($0 & 0xDF) }
      guard bytes.count <= 24, hasLetter, merged.contains(id) else { continue }
      if lengths.insert(bytes.count).inserted { examples.append(id) }
    }
    return examples
  }

  private var trees: [HTML] {
    let vocabulary = entries[0].vocabulary
    if shownTokens.isEmpty { return [.paragraph("No token of \(entries[0].name) was merged.")] }
    return shownTokens.map { id in
      guard let tree = VocabularyMergeTree(of: id, in: vocabulary) else {
        return .paragraph("\(entries[0].name) has no token \(id).")
      }
      return HTML([
        .heading("Token \(id) of \(entries[0].name)"),
        HTML("ul", [.class("tree")], Self.item(tree)),
      ])
    }
  }

  private static func item(_ tree: VocabularyMergeTree) -> HTML {
    let rank = tree.rank.map { ", merge \($0.inGroups)" } ?? ""
    let parts = tree.parts.map { item($0) }
    return HTML(
      "li", [],
      [TokenText(tree.bytes).code, HTML(text: " \(tree.id)\(rank)")]
        + (parts.isEmpty ? [] : [HTML("ul", [], parts)]))
  }
}
