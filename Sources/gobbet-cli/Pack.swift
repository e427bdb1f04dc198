import ArgumentParser
import Gobbet

/// `gobbet pack`: documents + vocabulary → packed dataset.
struct Pack: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pack",
    abstract: "Encode a corpus into a packed token dataset.",
    discussion: """
      The output is one file or, with --shard-tokens, --validation or --resume, a folder of shards \
      with a manifest.json, which is written last. If a job ended early, --resume keeps its finished \
      shards and writes the others; the result is the same as without the interruption.
      """)

  @OptionGroup var input: InputOptions
  @OptionGroup var vocabulary: VocabularyOptions

  @Option(name: .shortAndLong, help: "The file or folder to write.")
  var output: String?

  @Flag(name: .shortAndLong, help: "Replace the output if it exists.")
  var force = false

  @Flag(help: "Continue the folder of a job that ended early.")
  var resume = false

  @Flag(help: "Show what would be written, and write nothing.")
  var dryRun = false

  @OptionGroup var threads: ThreadOptions
  @OptionGroup var report: ReportOptions

  @Option(
    help: ArgumentHelp(
      "The template that turns JSON lines into conversations: \(ChatTemplate.names.joined(separator: ", ")), or a JSON file.",
      discussion:
        "A line has a list of messages, each with a role and a content, perhaps with tool_calls; or an instruction and an output, perhaps with an input. The dataset stores which tokens count in a loss.",
      valueName: "name or file"))
  var template: String?

  @Option(help: "The key of the messages in each JSON object, with --template. (default: messages)")
  var messages: String?

  @Option(
    parsing: .unconditional,
    help: "The most tokens a document may have: the length of the rows that a model is given.",
    transform: Number.whole(1...PackedRowOptions.lengths.upperBound))
  var rowLength: Int?

  @Option(
    help: "What to do with documents of more tokens than --row-length. (default: fail)")
  var tooLong: Named<DocumentLengthLimit.TooLong>?

  @Option(help: "The special token to append to every document, such as <|endoftext|>.")
  var append: String?

  @Flag(help: "Append the vocabulary's end-of-text token to every document.")
  var appendEot = false

  @Option(help: "The codec that stores the tokens.")
  var codec = Named(TokenCodec.rank)

  @Option(
    parsing: .unconditional,
    help: "How many tokens a block holds, a multiple of 8. (default: the codec's own)",
    transform: Number.multiple(of: 8, 8...TokenDatasetOptions.maximumBlockTokenCount))
  var blockTokens: Int?

  @Flag(help: "Store only the fingerprint of the vocabulary, not the vocabulary itself.")
  var noVocabulary = false

  @Option(
    parsing: .unconditional,
    help: "Write a folder of shards of about this many tokens each, such as 100M.",
    transform: Number.quantity)
  var shardTokens: Quantity?

  @Option(
    parsing: .unconditional,
    help: "The share of the documents to put into the validation split, such as 0.01.",
    transform: Number.share)
  var validation = 0.0

  @Flag(help: "Leave out documents that repeat an earlier one byte for byte.")
  var unique = false

  @Option(help: "The key in each JSON line whose value is kept as the source of the document.")
  var idKey: String?

  @Flag(help: "Keep the source of each document: its path and line, or its --id-key.")
  var sources = false

  @Flag(help: "Keep the length of each document's text in bytes.")
  var lengths = false

  /// Whether the output is a folder.
  private var isFolder: Bool { shardTokens != nil || validation > 0 || resume }

  func validate() throws {
    guard dryRun || output != nil else {
      throw ValidationError("Missing expected argument '--output <output>'")
    }
    if let output { try checkIsGobbetOutput(output) }
    if append != nil, appendEot { throw ValidationError("--append or --append-eot, not both") }
    if idKey != nil, input.format.value == .text {
      throw ValidationError("--id-key: is for JSON, and --format text reads none")
    }
    if template != nil {
      for (option, isGiven) in [
        ("--append", append != nil), ("--append-eot", appendEot),
        ("--text-key", input.textKey != nil), ("--separator", input.separator != nil),
        ("--format text", input.format.value == .text),
      ] where isGiven {
        throw ValidationError(
          "\(option): doesn't go with --template, which says what a document is")
      }
    } else if messages != nil {
      throw ValidationError(
        "--messages: needs a --template: \(ChatTemplate.names.joined(separator: ", ")), or a file")
    }
    if tooLong != nil, rowLength == nil {
      throw ValidationError("--too-long: needs a --row-length")
    }
    if resume, let tooLong, [.split, .drop].contains(tooLong.value) {
      throw ValidationError("--too-long \(tooLong.value.rawValue): doesn't go with --resume")
    }
    if resume, force { throw ValidationError("--resume or --force, not both") }
  }

  func run() async throws {
    if let output, !isFolder, !dryRun { try checkIsNoFolder(output) }
    let run = try packing(try vocabulary.load())
    let shards = ShardOptions(tokenCount: shardTokens?.value, validationShare: validation)
    if isFolder, !dryRun {
      Interruption.watch("finished shards are kept in \(output ?? ""), add --resume to go on")
    } else {
      Interruption.watch()
    }
    let progress = Progress(report.progress)
    let total = try progress.isShown ? run.inputByteCount() : nil
    let show: @Sendable (PackingSummary) -> Bool = { summary in
      progress.update(line(summary, progress, total))
      return !Interruption.isRequested
    }
    let summary =
      if dryRun {
        try await run.dryRun(shards, progress: show)
      } else if isFolder {
        try await run.write(
          toFolder: output ?? "", shards, replacing: force, resuming: resume, progress: show)
      } else {
        try await run.write(to: output ?? "", replacing: force, progress: show)
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
    // The next run knows a single file by its first bytes, but would read a manifest.
    if isFolder, let output { try checkIsApart(output, from: inputs, option: "--output") }
    var run = PackingJob(
      inputs: inputs, corpus: corpus, vocabulary: vocabulary,
      appendedToken: try appendedToken(vocabulary),
      options: TokenDatasetOptions(
        codec: codec.value, blockTokenCount: blockTokens, embedsVocabulary: !noVocabulary),
      workerCount: threads.count)
    run.template = try template.map(Self.template)
    run.messagesKey = messages ?? run.messagesKey
    run.lengthLimit = rowLength.map {
      DocumentLengthLimit(tokenCount: $0, tooLong: tooLong?.value ?? .fail)
    }
    run.removesDuplicates = unique
    run.keepsSources = sources || idKey != nil
    run.keepsByteCounts = lengths
    run.badLinesPath = input.badLinesFile
    return run
  }

  /// The template of that name, or in that file.
  static func template(_ name: String) throws -> ChatTemplate {
    if let known = ChatTemplate.named(name) { return known }
    guard isThere(name) else {
      throw Failure(
        .usage,
        "--template: \(name) is neither a file nor one of \(ChatTemplate.names.joined(separator: ", "))"
      )
    }
    return try ChatTemplate(json: try readAll(name), path: name)
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
  var line =
    "\(summary.documentCount.grouped("document")), \(summary.tokenCount.grouped("token")), "
    + "\(Int(Double(summary.tokenCount) / max(progress.seconds, 1e-9)).grouped) a second"
  if let total, total > 0, summary.readByteCount > 0 {
    let done = min(summary.readByteCount, total)
    line += ", \(done * 100 / total) %" + progress.timeLeft(done, of: total)
  }
  return line
}
