import ArgumentParser
import Gobbet

/// `gobbet train`: corpus, or counts of one → vocabularies.
struct Train: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Train vocabularies on a corpus, or on counts of one.",
    discussion: """
      One job can train several sizes, each with the same result as alone; the name of the output \
      must then contain {size}: --size 8192 --size 32768 -o my-{size}.gobbet.

      Documents are whole, as if a trainer got them from an iterator; with --lines each line is one, as \
      for trainers that read files. '--model sentencepiece' learns pieces of characters, as BpeTrainer \
      of tokenizers does with Metaspace or, with '--like sentencepiece', as sentencepiece does. 'gobbet \
      convert' makes a tokenizer.json or a .model of the result.
      """)

  @OptionGroup var input: InputOptions
  @OptionGroup var output: OutputOptions

  @Option(
    parsing: .unconditionalSingleValue,
    help: """
      How many tokens the vocabulary has: 256 bytes, or characters, merges and special tokens; \
      repeatable. (default: 32768)
      """,
    transform: Number.whole(1...TokenTable.maximumCount))
  var size: [Int] = []

  @Option(
    help: """
      A special token, which gets one of the last ids or, with --model sentencepiece, one of the \
      first; repeatable.
      """)
  var special: [String] = []

  @Option(
    help: "The program whose order decides between equally frequent pairs. (default: huggingface)")
  var tieBreak: Named<TieBreak>?

  @Option(
    parsing: .unconditional, help: "Merge only pairs that occur at least this often. (default: 1)",
    transform: Number.whole(1...1_000_000_000_000))
  var minimumFrequency: UInt64 = 1

  @Option(
    parsing: .unconditional,
    help: """
      Make only tokens shorter than this many bytes, or characters with --model sentencepiece. Every \
      merge makes at least two.
      """,
    transform: Number.whole(3...TokenTable.maximumTokenByteCount + 1))
  var maximumTokenLength: Int?

  @Option(
    name: .customLong("continue"), help: "Continue training this vocabulary; its ids stay the same."
  )
  var start: String?

  @Option(help: "Train on this file of counts instead of inputs; repeatable.")
  var counts: [String] = []

  @Option(
    parsing: .unconditional,
    help: "Hold out this share of the documents, such as 0.01, and report how well they compress.",
    transform: Number.share)
  var heldOut = 0.0

  @Option(
    help: """
      Take the normalizer, pre-tokenizer and decoder from this vocabulary, such as a tokenizer.json; \
      with --like sentencepiece, the table of characters from a .model.
      """)
  var template: String?

  @OptionGroup(title: "Pieces of characters") var pieces: PieceOptions
  @OptionGroup var pattern: PatternOptions
  @OptionGroup var counting: CountingOptions
  @OptionGroup var threads: ThreadOptions
  @OptionGroup var report: ReportOptions

  func validate() throws {
    if !counts.isEmpty {
      guard !input.isGiven, input.readingOption == nil, !counting.isGiven, !pattern.isGiven,
        heldOut == 0
      else {
        throw ValidationError(
          "--counts: inputs and options for counting have no effect with it; leave them out")
      }
    }
    if start != nil, pattern.isGiven {
      throw ValidationError(
        "--continue: the pattern is the vocabulary's; leave out options for patterns")
    }
  }

  func run() async throws {
    let sizes = size.isEmpty ? [32_768] : Array(Set(size)).sorted(by: >)
    let outputs = try names(of: sizes)
    try output.checkWritable(outputs)
    let template = try template.map { try TrainingTemplate(try loadVocabulary($0), path: $0) }
    let pieceOptions = try pieceOptions(size: sizes[0], template)
    try check(pieceOptions, template)
    var options = TrainingOptions(vocabularySize: sizes[0])
    options.tieBreak = tieBreak?.value ?? .huggingFace
    options.specialTokens = special.map { Array($0.utf8) }
    options.minimumFrequency = minimumFrequency
    options.maximumTokenLength = maximumTokenLength
    let start = try start.map { try Vocabulary(recognizing: $0) }
    var run = TrainingJob(
      source: try source(
        start, template, keepsLineEnds: pieceOptions?.rule != .sentencePiece), options: options)
    run.pieces = pieceOptions
    run.pipeline = pieces.pipeline(pieceOptions, template)
    run.smallerSizes = Array(sizes.dropFirst())
    run.start = start

    Interruption.watch()
    let progress = Progress(report.progress)
    let result = try await run.result { state in
      progress.update(state.description + progress.timeLeft(state))
      return !Interruption.isRequested
    }
    progress.finish()
    if case .corpus(let counting) = run.source { try counting.corpus.finish() }
    for (index, name) in outputs.enumerated() {
      try Interruption.check()
      try result.vocabularies[index].write(to: name, replacing: output.force)
      let written = outputs[...index].joined(separator: ", ")
      Interruption.watch("\(written) written, run the command again for the rest")
    }
    try TrainingReport(result, sizes: sizes, outputs: outputs).show(asJSON: report.json)
    noteCuts(result.corpus?.cutPretokenCount ?? 0, counting)
  }

  private func source(
    _ start: Vocabulary?, _ template: TrainingTemplate?, keepsLineEnds: Bool
  ) throws -> TrainingJob.Source {
    if !counts.isEmpty { return .counts(counts) }
    let own = pieces.isSentencePiece(template) ? .whole : try pattern.chosen()
    let pattern = start?.pattern ?? template?.pattern ?? own
    var run = try counting.run(
      input, pattern, threads, for: output, keepsLineEnds: keepsLineEnds)
    run.heldOutShare = heldOut
    return .corpus(run)
  }

  /// The names of the outputs of all sizes.
  private func names(of sizes: [Int]) throws -> [String] {
    let parts = output.output.split(separator: "{size}", omittingEmptySubsequences: false)
    guard sizes.count == 1 || parts.count > 1 else {
      throw Failure(.usage, "--output: with several sizes, the name must contain {size}")
    }
    return sizes.map { parts.joined(separator: "\($0)") }
  }
}
