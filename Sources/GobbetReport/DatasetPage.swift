public import Gobbet
internal import GobbetPage

/// A page about a token dataset: document lengths, tokens by frequency, bits a token by block, splits and
/// shards, and its first documents as text.
public struct DatasetPage: Sendable {
  private let path: String
  private let dataset: TokenDataset
  let vocabulary: Vocabulary?
  private let manifest: DatasetManifest?
  private let contents: DatasetContents
  private let lossShares: [LossShare]
  let rows: [Row]

  /// A document with its first tokens.
  struct Row: Sendable {
    let index: Int
    let source: String
    let tokenCount: Int
    let ids: [TokenID]
    /// Whether each of the tokens counts in a loss.
    let counts: [Bool]
  }

  private static let rowCount = 25
  private static let rowTokenCount = 60
  /// Documents of which the sources are read: all of them have to be, for the first ones.
  private static let sourceLimit = 1_000_000

  /// Reads the dataset at `path`, a file or a folder of shards, once.
  ///
  /// `split` is the part of a folder whose tokens are looked at; `vocabulary` is for a dataset that embeds
  /// none. `progress` is told the tokens so far of all, and ends the reading by answering false.
  /// - Throws: `TokenDatasetError` for another vocabulary than the dataset's; the errors of reading it;
  ///   `CancellationError` if `progress` ended it.
  public init(
    path: String, split: DatasetSplit = .train, vocabulary: Vocabulary? = nil,
    progress: (_ tokenCount: Int, _ all: Int) -> Bool = { _, _ in true }
  ) throws {
    try self.init(
      TokenDataset.file(at: path), path: path, split: split, vocabulary: vocabulary,
      progress: progress)
  }

  /// Reads an open file or manifest, which `path` led to.
  package init(
    _ file: OpenedFile, path: String, split: DatasetSplit = .train, vocabulary: Vocabulary? = nil,
    progress: (_ tokenCount: Int, _ all: Int) -> Bool = { _, _ in true }
  ) throws {
    let dataset = try TokenDataset(file, split: split)
    self.path = path
    self.dataset = dataset
    self.vocabulary = try dataset.vocabulary(given: vocabulary)
    let manifest = try file.format() == .json ? DatasetManifest(file) : nil
    self.manifest = manifest
    contents = try DatasetContents(dataset) { progress($0, dataset.tokenCount) }
    lossShares = try (manifest?.splits.map(\.name) ?? [nil]).map { name in
      let isRead = name == nil || name == split
      return try LossShare(
        isRead ? dataset : TokenDataset(file, split: name ?? split), split: name)
    }
    let sources =
      dataset.documentCount <= Self.sourceLimit ? try dataset.documentSources() : nil
    rows = try (0..<min(Self.rowCount, dataset.documentCount)).map { index in
      let range = try dataset.document(index)
      let shown = range.lowerBound..<min(range.upperBound, range.lowerBound + Self.rowTokenCount)
      return Row(
        index: index, source: sources?[index] ?? "", tokenCount: range.count,
        ids: try dataset.tokens(in: shown), counts: try dataset.lossMask(in: shown))
    }
  }

  /// The page as HTML.
  public var document: String {
    var page = Page(
      "Dataset " + fileTitle(path),
      lead: "\(path): \(contents.tokenCount.inGroups("token")) of "
        + "\(contents.documentCount.inGroups("document"))", maker: reportMaker)
    page.append("Overview", overview)
    if let manifest { page.append("Splits and shards", Self.shards(manifest)) }
    if hasMasks { page.append("Loss masks", masks) }
    page.append("Document lengths", lengths)
    page.append("Tokens by frequency", frequencies)
    page.append("Bits a token by block", bits)
    page.append("First documents", documents)
    return page.document
  }

  private var storedByteCount: Int {
    dataset.shards.reduce(0) { $0 + $1.container.byteCount }
  }

  private var overview: HTML {
    .facts([
      (name: "tokens", value: contents.tokenCount.inGroups),
      (name: "documents", value: contents.documentCount.inGroups),
      (name: "files", value: dataset.shards.count.inGroups),
      (name: "bytes of the files", value: storedByteCount.inGroups),
      (
        name: "bits a token in all",
        value: (Double(storedByteCount) * 8 / Double(max(1, contents.tokenCount))).shown()
      ),
      (name: "codec", value: dataset.codec.name),
      (name: "tokens a block", value: dataset.blockTokenCount.inGroups),
      (name: "ids", value: dataset.idBound.inGroups),
      (name: "tokens that count in a loss", value: hasMasks ? "some, by masks" : "all"),
      (name: "vocabulary", value: "\(dataset.fingerprint)"),
    ])
  }

  private static func shards(_ manifest: DatasetManifest) -> [HTML] {
    let splits = manifest.splits
    let chart = BarChart(
      "Tokens by split", ChartAxes(category: "split", value: "tokens"),
      categories: splits.map(\.name.rawValue),
      [Series("tokens", splits.map { Double($0.tokenCount) })])
    var table = Table(
      "Shards",
      [
        "shard", "split", .number("tokens"), .number("documents"), .number("bytes"),
        .number("bits a token"),
      ])
    for split in splits {
      for shard in split.shards.prefix(300) {
        let bits = Double(shard.byteCount) * 8 / Double(max(1, shard.tokenCount))
        table.append([
          .code(shard.name), HTML(text: split.name.rawValue), HTML(text: shard.tokenCount.inGroups),
          HTML(text: shard.documentCount.inGroups), HTML(text: shard.byteCount.inGroups),
          HTML(text: bits.shown()),
        ])
      }
    }
    let rest = splits.reduce(0) { $0 + max(0, $1.shards.count - 300) }
    return [chart.figure, table.html]
      + (rest > 0 ? [.paragraph("and \(rest.inGroups("shard")) more")] : [])
  }

  /// Whether some tokens of some split don't count in a loss.
  var hasMasks: Bool { lossShares.contains { $0.maskedTokenCount > 0 } }

  private var masks: [HTML] {
    let chart = BarChart(
      "Tokens by whether they count in a loss", ChartAxes(category: "split", value: "tokens"),
      categories: lossShares.map { $0.split?.rawValue ?? "all" },
      [
        Series("counted", lossShares.map { Double($0.countedTokenCount) }),
        Series("masked", lossShares.map { Double($0.maskedTokenCount) }),
      ])
    let facts = lossShares.flatMap { share in
      let split = share.split.map { " of \($0.rawValue)" } ?? ""
      return [
        (name: "tokens\(split) that count, %", value: share.percentage.shown(2)),
        (name: "documents\(split) without any", value: share.emptyDocumentCount.inGroups),
      ]
    }
    return [.facts(facts), chart.figure]
  }

  private var lengths: [HTML] {
    guard contents.documentCount > 0 else { return [.paragraph("There are no documents.")] }
    let classes = contents.lengthClasses
    return [
      .facts([
        (
          name: "mean",
          value: (Double(contents.tokenCount) / Double(contents.documentCount)).shown(1)
        ),
        (name: "median", value: contents.length(atShare: 0.5).inGroups),
        (name: "90 % are at most", value: contents.length(atShare: 0.9).inGroups),
        (name: "longest", value: contents.longest.inGroups),
      ]),
      BarChart(
        "Documents by their tokens", ChartAxes(category: "tokens", value: "documents"),
        categories: classes.map(\.name), [Series("documents", classes.map { Double($0.count) })]
      ).figure,
    ]
  }

  private var frequencies: [HTML] {
    let occurrences = contents.occurrences
    let ids = occurrences.indices.filter { occurrences[$0] > 0 }.sorted {
      (occurrences[$1], $0) < (occurrences[$0], $1)
    }
    guard !ids.isEmpty else { return [.paragraph("There are no tokens.")] }
    var ranks: [Int] = []
    var rank = 1
    while rank <= ids.count {
      ranks.append(rank)
      rank *= 2
    }
    if ranks.last != ids.count { ranks.append(ids.count) }
    let chart = ColumnChart(
      "Occurrences by rank", ChartAxes(category: "rank", value: "occurrences", scale: .logarithmic),
      categories: ranks.map { "\($0)" },
      [Series("occurrences", ranks.map { Double(occurrences[ids[$0 - 1]]) })])
    var table = Table(
      "Tokens that come most",
      [.number("id"), "token", .number("occurrences"), .number("share, %")])
    for id in ids.prefix(100) {
      let share = Double(occurrences[id]) * 100 / Double(contents.tokenCount)
      table.append([
        HTML(text: "\(id)"), token(TokenID(truncatingIfNeeded: id)),
        HTML(text: occurrences[id].inGroups), HTML(text: share.shown(2)),
      ])
    }
    return [
      .facts(
        [
          (name: "ids that come", value: ids.count.inGroups),
          (name: "ids that never come", value: (dataset.idBound - ids.count).inGroups),
        ] + coverage(ids)), chart.figure, table.html,
    ]
  }

  /// How many of the commonest tokens make up shares of all.
  private func coverage(_ ids: [Int]) -> [(name: String, value: String)] {
    var facts: [(name: String, value: String)] = []
    var (sum, index) = (0, 0)
    for percent in [50, 90, 99] {
      while index < ids.count, sum < contents.tokenCount / 100 * percent {
        sum += contents.occurrences[ids[index]]
        index += 1
      }
      facts.append((name: "tokens that make up \(percent) %", value: index.inGroups))
    }
    return facts
  }

  /// A token as code; only its id if the vocabulary isn't known.
  private func token(_ id: TokenID) -> HTML {
    guard let bytes = vocabulary?.bytes(of: id) else { return HTML(text: "unknown") }
    return TokenText(bytes).code
  }

  private var bits: [HTML] {
    let blocks = dataset.shards.flatMap(\.storedBlocks)
    guard !blocks.isEmpty else { return [.paragraph("There are no blocks.")] }
    let groupSize = (blocks.count + 99) / 100
    let groups = stride(from: 0, to: blocks.count, by: groupSize).map { start in
      let group = blocks[start..<min(start + groupSize, blocks.count)]
      let (tokens, bytes) = group.reduce((0, 0)) {
        ($0.0 + $1.tokenCount, $0.1 + $1.storedByteCount)
      }
      return (first: start, bits: Double(bytes) * 8 / Double(max(1, tokens)))
    }
    let chart = ColumnChart(
      "Bits a token by block",
      ChartAxes(
        category: groupSize == 1 ? "block" : "first of \(groupSize.inGroups("block"))",
        value: "bits a token"),
      categories: groups.map { "\($0.first)" }, [Series("bits", groups.map(\.bits))])
    return [
      .paragraph(
        "\(blocks.count.inGroups("block")); the tables and the vocabulary don't count here."),
      chart.figure,
    ]
  }
}
