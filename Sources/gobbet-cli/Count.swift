import ArgumentParser
import Gobbet

/// `gobbet count`: how much text, and how many tokens it is.
struct Count: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "count",
    abstract: "Count documents, bytes, characters and tokens.")

  @OptionGroup var input: InputOptions
  @OptionGroup var threads: ThreadOptions
  @OptionGroup var report: ReportOptions

  @Option(name: [.customShort("v"), .long], help: "Count tokens of this vocabulary, too.")
  var vocabulary: String?

  @Option(
    help: "The pattern to split text by, if the vocabulary doesn't say: a name or an expression.",
    transform: PatternName.orExpression)
  var pattern: PatternName?

  func run() async throws {
    let vocabulary = try vocabulary.map {
      try loadVocabulary($0, pattern: pattern?.pattern)
    }
    let inputs = try input.inputs()
    let corpus = try input.corpus()
    Interruption.watch("nothing was counted, run the command again")
    let progress = Progress(report.progress)
    let counts = try await CountingJob(
      inputs: inputs, corpus: corpus, vocabulary: vocabulary,
      workerCount: threads.count
    ).result { counts in
      progress.update(
        "\(counts.documentCount.grouped("document")), " + progress.bytes(counts.byteCount))
      return !Interruption.isRequested
    }
    progress.finish()
    try corpus.finish()
    try show(counts)
  }

  private struct Report: Encodable {
    let documents: Int
    let bytes: Int
    let characters: Int
    let tokens: Int?
    let bytes_per_token: Double?
  }

  private func show(_ counts: TextCounts) throws {
    let ratio = counts.tokenCount.map { Double(counts.byteCount) / Double(max(1, $0)) }
    if report.json {
      try writeJSON(
        Report(
          documents: counts.documentCount, bytes: counts.byteCount,
          characters: counts.scalarCount, tokens: counts.tokenCount, bytes_per_token: ratio))
      return
    }
    try writeLine("documents  \(counts.documentCount.grouped)")
    try writeLine("bytes      \(counts.byteCount.grouped)")
    try writeLine("characters \(counts.scalarCount.grouped)")
    if let tokens = counts.tokenCount, let ratio {
      try writeLine("tokens     \(tokens.grouped)")
      try writeLine("bytes/token \(ratio.rounded(places: 3))")
    }
  }
}
