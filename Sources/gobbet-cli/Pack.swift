import ArgumentParser
import Gobbet

/// `gobbet pack`: documents + vocabulary → packed dataset.
struct Pack: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Encode a corpus into a packed token dataset.",
    discussion: """
      The output is one file; or, with --shard-tokens, --validation or --resume, a folder of shards \
      with a manifest.json, which comes last. Of a folder that was begun and not finished, --resume \
      keeps the shards that are whole; the result is that of an undisturbed run.
      """)

  @OptionGroup var input: InputOptions
  @OptionGroup var vocabulary: VocabularyOptions

  @Option(name: .shortAndLong, help: "The file, or the folder, to write.")
  var output: String?

  @Flag(name: .shortAndLong, help: "Replace the output if it exists.")
  var force = false

  @Flag(help: "Take up the folder where a run that ended early has left it.")
  var resume = false

  @Flag(help: "Say what would be written, and write nothing.")
  var dryRun = false

  @OptionGroup var threads: ThreadOptions
  @OptionGroup var report: ReportOptions

  @Option(help: "A special token to put after every document, as <|endoftext|>.")
  var append: String?

  @Flag(help: "Put the vocabulary's own end-of-text token after every document.")
  var appendEot = false

  @Option(help: "How tokens are stored.")
  var codec = Named(TokenCodec.rank)

  @Option(help: "Tokens of a block: a multiple of 8. (default: the codec's own)")
  var blockTokens: Int?

  @Flag(help: "Name the vocabulary by its fingerprint only.")
  var noVocabulary = false

  @Option(help: "Begin a new file behind the document that makes so many tokens, as 100M.")
  var shardTokens: Quantity?

  @Option(help: "The share of the documents, as 0.01, that goes into a split of its own.")
  var validation = 0.0

  @Flag(help: "Leave out documents of the same bytes as one before.")
  var unique = false

  @Option(help: "The key of a JSON line that names the document, to be kept as its source.")
  var idKey: String?

  @Flag(help: "Keep where each document comes from: its path and line, or its --id-key.")
  var sources = false

  @Flag(help: "Keep the bytes of the text of each document.")
  var lengths = false

  /// Whether the output is a folder.
  private var isFolder: Bool { shardTokens != nil || validation > 0 || resume }

  func validate() throws {
    guard dryRun || output != nil else {
      throw ValidationError("Missing expected argument '--output <output>'")
    }
    guard (0..<1).contains(validation) else { throw ValidationError("--validation: 0 to below 1") }
    if append != nil, appendEot { throw ValidationError("--append or --append-eot, not both") }
    if idKey != nil, input.format.value == .text {
      throw ValidationError("--id-key: is for JSON, and --format text reads none")
    }
    if let blockTokens {
      guard (8...TokenDatasetOptions.maximumBlockTokenCount).contains(blockTokens),
        blockTokens.isMultiple(of: 8)
      else { throw ValidationError("--block-tokens: a multiple of 8, 8 to 2097152") }
    }
    if resume, force { throw ValidationError("--resume or --force, not both") }
  }

  func run() async throws {
    let run = try packing(try vocabulary.load())
    let shards = ShardOptions(tokenCount: shardTokens?.value, validationShare: validation)
    Interruption.watch()
    let progress = Progress(quiet: report.quiet)
    let total = try progress.isShown ? run.inputByteCount() : nil
    let show: @Sendable (PackingSummary) -> Bool = { summary in
      progress.update(line(summary, progress, total))
      return !Interruption.isRequested
    }
    let summary: PackingSummary
    do {
      summary =
        if dryRun {
          try await run.dryRun(shards, progress: show)
        } else if isFolder {
          try await run.write(
            toFolder: output ?? "", shards, replacing: force, resuming: resume, progress: show)
        } else {
          try await run.write(to: output ?? "", replacing: force, progress: show)
        }
    } catch let error as CancellationError {
      progress.finish()
      if isFolder, !dryRun { note("gobbet: finished shards stay; go on with --resume") }
      throw error
    }
    progress.finish()
    try run.corpus.finish()
    try PackingReport(summary, output: dryRun ? nil : output, isDry: dryRun).show(
      asJSON: report.json)
  }

  private func packing(_ vocabulary: Vocabulary) throws -> PackingJob {
    // The job writes bad lines itself: it knows which of them a run before has written.
    var corpus = input.corpus(log: CorpusLog())
    corpus.identifierKey = idKey
    let inputs = try input.inputs()
    if let output { try Self.check(output, against: inputs) }
    var run = PackingJob(
      inputs: inputs, corpus: corpus, vocabulary: vocabulary,
      appendedToken: try appendedToken(vocabulary),
      options: TokenDatasetOptions(
        codec: codec.value, blockTokenCount: blockTokens, embedsVocabulary: !noVocabulary),
      workerCount: threads.count)
    run.removesDuplicates = unique
    run.keepsSources = sources || idKey != nil
    run.keepsByteCounts = lengths
    run.badLinesPath = input.badLinesFile
    return run
  }

  /// Refuses an output in a folder that is read: the next run would find it among its inputs.
  private static func check(_ output: String, against inputs: [String]) throws {
    guard !output.contains("://") else { return }
    for input in inputs where input != "-" && isPath(output, in: input) {
      throw Failure(
        .usage,
        "--output: \(output) would lie in the input folder \(displayedPath(input)); write it elsewhere"
      )
    }
  }

  private func appendedToken(_ vocabulary: Vocabulary) throws -> TokenID? {
    if appendEot {
      let names = ["<|endoftext|>", "<|end_of_text|>", "<|end▁of▁sentence|>", "</s>", "<eos>"]
      for name in names {
        if let id = Self.specialToken(name, vocabulary) { return id }
      }
      throw Failure(
        .usage, "--append-eot: the vocabulary has no end-of-text token; name one with --append")
    }
    guard let append else { return nil }
    guard let id = Self.specialToken(append, vocabulary) else {
      throw Failure(.usage, "--append: the vocabulary has no special token \(append)")
    }
    return id
  }

  private static func specialToken(_ name: String, _ vocabulary: Vocabulary) -> TokenID? {
    vocabulary.specialTokens.first { $0.bytes == Array(name.utf8) }?.id
  }
}

/// How far packing is, on one line.
private func line(_ summary: PackingSummary, _ progress: Progress, _ total: Int?) -> String {
  let seconds = progress.seconds
  var line =
    "\(summary.documentCount.grouped) documents, \(summary.tokenCount.grouped) tokens, "
    + "\(Int(Double(summary.tokenCount) / seconds).grouped) a second"
  if let total, total > 0, summary.readByteCount > 0, seconds > 1 {
    let share = min(1, Double(summary.readByteCount) / Double(total))
    line += ", \(Int(share * 100)) %, \(Int(seconds * (1 - share) / share) + 1) s left"
  }
  return line
}
