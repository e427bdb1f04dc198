import ArgumentParser
import Gobbet

/// `gobbet count`: how much text, and how many tokens it is.
struct Count: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Count documents, bytes, characters and tokens.")

  @OptionGroup var input: InputOptions
  @OptionGroup var threads: ThreadOptions
  @OptionGroup var report: ReportOptions

  @Option(name: [.customShort("v"), .long], help: "Count tokens of this vocabulary too.")
  var vocabulary: String?

  @Option(help: "How text is split, for files that do not say.")
  var pattern: PatternName?

  func run() async throws {
    let vocabulary = try vocabulary.map {
      try Vocabulary(recognizing: $0, pattern: pattern?.pattern)
    }
    let corpus = try input.corpus()
    Interruption.watch()
    let progress = Progress(quiet: report.quiet)
    let counts = try await CountingJob(
      inputs: try input.inputs(), corpus: corpus, vocabulary: vocabulary,
      workerCount: threads.count
    ).result { counts in
      progress.update("\(counts.byteCount.grouped) bytes")
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
      try printJSON(
        Report(
          documents: counts.documentCount, bytes: counts.byteCount,
          characters: counts.scalarCount, tokens: counts.tokenCount, bytes_per_token: ratio))
      return
    }
    print("documents  \(counts.documentCount.grouped)")
    print("bytes      \(counts.byteCount.grouped)")
    print("characters \(counts.scalarCount.grouped)")
    if let tokens = counts.tokenCount, let ratio {
      print("tokens     \(tokens.grouped)")
      print("bytes/token \(ratio.rounded(places: 3))")
    }
  }
}
