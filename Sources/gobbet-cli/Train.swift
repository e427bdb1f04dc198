import ArgumentParser
import Gobbet

/// `gobbet train`: corpus → vocabulary.
struct Train: AsyncParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Train a vocabulary on a corpus.")

  @OptionGroup var input: InputOptions
  @OptionGroup var output: OutputOptions
  @OptionGroup var threads: ThreadOptions
  @OptionGroup var report: ReportOptions

  @Option(help: "Tokens in all: 256 bytes, merges and special tokens.")
  var size = 32_768

  @Option(help: "How text is split: \(Pattern.listed).")
  var pattern = PatternName(.cl100k)

  @Option(help: "Whose order decides between pairs of one count: huggingface or bytes.")
  var tieBreak = TieBreak.huggingFace

  @Option(help: "A special token; repeatable. Special tokens take the last ids.")
  var special: [String] = []

  @Option(help: "Merge only pairs that occur this often.")
  var minimumFrequency: UInt64 = 1

  @Option(help: "No token longer than this many bytes.")
  var maximumTokenLength: Int?

  func run() async throws {
    var options = TrainingOptions(vocabularySize: size)
    options.tieBreak = tieBreak
    options.specialTokens = special.map { Array($0.utf8) }
    options.minimumFrequency = minimumFrequency
    options.maximumTokenLength = maximumTokenLength
    let run = TrainingRun(
      inputs: input.inputs, corpus: input.corpus, pattern: pattern.pattern, options: options,
      workerCount: threads.count)

    Interruption.watch()
    let progress = Progress(quiet: report.quiet)
    let result = try await run.result { state in
      progress.update(state.description)
      return !Interruption.isRequested
    }
    progress.finish()
    try result.vocabulary.write(to: output.output, replacing: output.force)
    try show(result)
  }

  private struct Report: Encodable {
    let output: String
    let fingerprint: String
    let vocabulary_size: Int
    let merges: Int
    let documents: Int
    let bytes: Int
    let unique_pretokens: Int
  }

  private func show(_ result: TrainingResult) throws {
    let vocabulary = result.vocabulary
    if report.json {
      try printJSON(
        Report(
          output: output.output, fingerprint: "\(vocabulary.fingerprint)",
          vocabulary_size: vocabulary.idBound, merges: vocabulary.merges.count,
          documents: result.documentCount, bytes: result.byteCount,
          unique_pretokens: result.uniquePretokenCount))
    } else {
      print(
        """
        \(output.output): \(vocabulary.idBound.grouped) tokens, \
        \(vocabulary.merges.count.grouped) of them merges
        learned from \(result.byteCount.grouped) bytes in \(result.documentCount.grouped) \
        documents, \(result.uniquePretokenCount.grouped) unique pretokens
        """)
    }
    if vocabulary.idBound < size {
      note("gobbet: the corpus gave no more than \(vocabulary.idBound) tokens of \(size)")
    }
  }
}
