import ArgumentParser
import Gobbet

/// `gobbet vocabulary stats`.
struct VocabularyStats: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stats", abstract: "Say how a vocabulary does on a text, and what is in it.",
    discussion: """
      Bytes per token are told for the vocabulary and for the smaller ones that it grew out of. \
      Scripts are told apart by the block of a token's first letter.
      """)

  @OptionGroup var input: InputOptions
  @OptionGroup var vocabulary: VocabularyOptions
  @OptionGroup var threads: ThreadOptions
  @OptionGroup var report: ReportOptions

  @Option(help: "How many of the longest tokens to list.") var longest = 10

  func validate() throws {
    guard longest >= 0 else { throw ValidationError("--longest: not below 0") }
  }

  func run() async throws {
    let vocabulary = try vocabulary.load()
    let all = smaller(than: vocabulary) + [vocabulary]
    let corpus = try input.corpus()
    Interruption.watch()
    let progress = Progress(quiet: report.quiet)
    let uses = try await VocabularyUseJob(
      inputs: try input.inputs(), corpus: corpus, vocabularies: all,
      workerCount: threads.count
    ).result { byteCount in
      progress.update("\(byteCount.grouped) bytes")
      return !Interruption.isRequested
    }
    progress.finish()
    try corpus.finish()
    guard let use = uses.last, use.byteCount > 0 else {
      throw Failure(.badData, "there is no text to look at")
    }
    let statistics = VocabularyStatistics(vocabulary, use)
    let sizes = zip(all, uses).map {
      VocabularyReport.Size(size: $0.idBound, bytes_per_token: $1.bytesPerToken)
    }
    let report = VocabularyReport(vocabulary, use, statistics, sizes, longestCount: longest)
    if self.report.json { try printJSON(report) } else { report.show() }
  }

  /// Powers of two below the size that leave room for all bytes.
  private func smaller(than vocabulary: Vocabulary) -> [Vocabulary] {
    var size = 512
    var smaller: [Vocabulary] = []
    while size < vocabulary.idBound {
      if let truncated = try? vocabulary.truncated(to: size) { smaller.append(truncated) }
      size *= 2
    }
    return smaller
  }
}
