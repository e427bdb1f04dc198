import ArgumentParser
import Gobbet

/// `gobbet pack`: documents + vocabulary → packed dataset.
struct Pack: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Encode a corpus into a packed token dataset.")

  @OptionGroup var input: InputOptions
  @OptionGroup var vocabulary: VocabularyOptions
  @OptionGroup var output: OutputOptions
  @OptionGroup var threads: ThreadOptions
  @OptionGroup var report: ReportOptions

  @Option(help: "A special token to put after every document, as <|endoftext|>.")
  var append: String?

  @Option(help: "How tokens are stored: \(TokenCodec.listed).")
  var codec = TokenCodec.rank

  func run() async throws {
    let vocabulary = try vocabulary.load()
    let run = PackingRun(
      inputs: input.inputs, corpus: input.corpus, vocabulary: vocabulary,
      appendedToken: try appendedToken(vocabulary), options: TokenDatasetOptions(codec: codec),
      workerCount: threads.count)
    Interruption.watch()
    let progress = Progress(quiet: report.quiet)
    let summary = try await run.write(to: output.output, replacing: output.force) { summary in
      progress.update(
        """
        \(summary.documentCount.grouped) documents, \(summary.tokenCount.grouped) tokens, \
        \(Int(Double(summary.tokenCount) / progress.seconds).grouped) a second
        """)
      return !Interruption.isRequested
    }
    progress.finish()
    try show(summary)
  }

  private func appendedToken(_ vocabulary: Vocabulary) throws -> TokenID? {
    guard let append else { return nil }
    guard let token = vocabulary.specialTokens.first(where: { $0.bytes == Array(append.utf8) })
    else { throw Failure(.usage, "--append: the vocabulary has no special token \(append)") }
    return token.id
  }

  private struct Report: Encodable {
    let output: String
    let documents: Int
    let bytes: Int
    let tokens: Int
    let file_bytes: Int
    let bits_per_token: Double
  }

  private func show(_ summary: PackingSummary) throws {
    let fileByteCount = try ContainerReader(path: output.output).byteCount
    let bits = Double(fileByteCount) * 8 / Double(max(1, summary.tokenCount))
    if report.json {
      try printJSON(
        Report(
          output: output.output, documents: summary.documentCount, bytes: summary.byteCount,
          tokens: summary.tokenCount, file_bytes: fileByteCount, bits_per_token: bits))
    } else {
      print(
        """
        \(output.output): \(summary.tokenCount.grouped) tokens of \
        \(summary.documentCount.grouped) documents (\(summary.byteCount.grouped) bytes) \
        in \(fileByteCount.grouped) bytes, \(bits.rounded(places: 2)) bits a token in all
        """)
    }
  }
}
