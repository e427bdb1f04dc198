import ArgumentParser
import Gobbet

/// `gobbet vocabulary stats`.
struct VocabularyStats: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stats",
    abstract: "Show how well a vocabulary encodes a text, and what tokens it has.",
    discussion: """
      Bytes per token are shown for the vocabulary and for the smaller ones that it grew from. The \
      script of a token is that of its first letter's Unicode block.
      """)

  @OptionGroup var input: InputOptions
  @OptionGroup var vocabulary: VocabularyOptions
  @OptionGroup var threads: ThreadOptions
  @OptionGroup var report: ReportOptions

  @Option(
    parsing: .unconditional, help: "How many of the longest tokens to list. (default: 10)",
    transform: Number.whole(0...1_000_000))
  var longest = 10

  func run() async throws {
    let vocabulary = try vocabulary.load()
    let all = smaller(than: vocabulary) + [vocabulary]
    let uses = try await input.uses(of: all, threads, report)
    guard let use = uses.last, use.byteCount > 0 else {
      throw Failure(.badData, "the inputs hold no text")
    }
    let statistics = VocabularyStatistics(vocabulary, use)
    let sizes = zip(all, uses).map {
      VocabularyReport.Size(size: $0.idBound, bytes_per_token: $1.bytesPerToken)
    }
    let report = VocabularyReport(vocabulary, use, statistics, sizes, longestCount: longest)
    if self.report.json { try writeJSON(report) } else { try report.show() }
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
