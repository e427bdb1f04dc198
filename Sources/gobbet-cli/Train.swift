import ArgumentParser
import Gobbet

/// `gobbet train`: corpus, or counts of one → vocabularies.
struct Train: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Train vocabularies on a corpus, or on counts of one.",
    discussion: """
      Several sizes come out of one run, each as if trained alone; the output's name then holds \
      {size}: --size 8192 --size 32768 -o my-{size}.gobbet.
      """)

  @OptionGroup var input: InputOptions
  @OptionGroup var output: OutputOptions

  @Option(help: "Tokens in all: 256 bytes, merges and special tokens; repeatable. (default: 32768)")
  var size: [Int] = []

  @Option(help: "A special token; repeatable. Special tokens take the last ids.")
  var special: [String] = []

  @Option(help: "Whose order decides between pairs of one count.")
  var tieBreak = Named(TieBreak.huggingFace)

  @Option(help: "Merge only pairs that occur this often.")
  var minimumFrequency: UInt64 = 1

  @Option(help: "Merge no token of this many bytes or more; two bytes always may merge.")
  var maximumTokenLength: Int?

  @Option(name: .customLong("continue"), help: "Add to this vocabulary, whose ids stay.")
  var start: String?

  @Option(help: "Learn from this file of counts in place of inputs; repeatable.")
  var counts: [String] = []

  @Option(help: "Set this share of the documents aside, as 0.01, and say how it compresses.")
  var heldOut = 0.0

  @OptionGroup var pattern: PatternOptions
  @OptionGroup var counting: CountingOptions
  @OptionGroup var threads: ThreadOptions
  @OptionGroup var report: ReportOptions

  func validate() throws {
    guard (0..<1).contains(heldOut) else { throw ValidationError("--held-out: 0 to below 1") }
    if !counts.isEmpty {
      guard !input.isGiven, !counting.isGiven, !pattern.isGiven, heldOut == 0 else {
        throw ValidationError("--counts: inputs, and how they are counted, do not go with it")
      }
    }
    if start != nil, pattern.isGiven {
      throw ValidationError("--continue: the pattern is that of the vocabulary")
    }
  }

  func run() async throws {
    let sizes = size.isEmpty ? [32_768] : Array(Set(size)).sorted(by: >)
    let outputs = try names(of: sizes)
    try output.checkWritable(outputs)
    var options = TrainingOptions(vocabularySize: sizes[0])
    options.tieBreak = tieBreak.value
    options.specialTokens = special.map { Array($0.utf8) }
    options.minimumFrequency = minimumFrequency
    options.maximumTokenLength = maximumTokenLength
    let start = try start.map { try Vocabulary(recognizing: $0) }
    var run = TrainingJob(source: try source(start), options: options)
    run.smallerSizes = Array(sizes.dropFirst())
    run.start = start

    Interruption.watch()
    let progress = Progress(quiet: report.quiet)
    let result = try await run.result { state in
      progress.update(state.description + progress.timeLeft(state))
      return !Interruption.isRequested
    }
    progress.finish()
    for (vocabulary, name) in zip(result.vocabularies, outputs) {
      try Interruption.check()
      try vocabulary.write(to: name, replacing: output.force)
    }
    try TrainingReport(result, sizes: sizes, outputs: outputs).show(asJSON: report.json)
    noteCuts(result.corpus?.cutPretokenCount ?? 0, counting)
  }

  private func source(_ start: Vocabulary?) throws -> TrainingJob.Source {
    if !counts.isEmpty { return .counts(counts) }
    let pattern = try start?.pattern ?? pattern.chosen()
    var run = try counting.run(input, pattern, threads, for: output.output)
    run.heldOutShare = heldOut
    return .corpus(run)
  }

  /// The names of the outputs of all sizes.
  private func names(of sizes: [Int]) throws -> [String] {
    let parts = output.output.split(separator: "{size}", omittingEmptySubsequences: false)
    guard sizes.count == 1 || parts.count > 1 else {
      throw Failure(.usage, "--output: of several sizes, its name must hold {size}")
    }
    return sizes.map { parts.joined(separator: "\($0)") }
  }
}
