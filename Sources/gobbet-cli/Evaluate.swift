import ArgumentParser
import Gobbet

/// `gobbet evaluate`: weights + text or packed tokens → loss and perplexity.
struct Evaluate: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Measure how well a model predicts a text or a token dataset.",
    discussion: """
      Every token of a text except the first is predicted once, from the tokens before it in its \
      window. With a stride below the window, every token has at least (window - stride) tokens before it.
      """)

  @Argument(help: ModelFileHelp.argument) var model: String

  @OptionGroup var input: InputOptions

  @Option(
    name: [.customShort("v"), .long],
    help: "The vocabulary, if the model doesn't embed one and none lies beside it.")
  var vocabulary: String?

  @OptionGroup var specials: AllowedSpecialOptions

  @Option(help: "The split to read when the input is a folder of shards.")
  var split = DatasetSplit.validation

  @Option(
    parsing: .unconditional,
    help: "How many tokens a window holds. (default: the model's context length)",
    transform: Number.whole(1...1_000_000_000))
  var window: Int?

  @Option(
    parsing: .unconditional,
    help: "How many tokens lie between the starts of two windows. (default: a whole window)",
    transform: Number.whole(1...1_000_000_000))
  var stride: Int?

  @Option(
    parsing: .unconditional,
    help: "The id of the padding token, which isn't counted where it follows itself.",
    transform: Number.whole(0...TokenID(TokenTable.maximumCount)))
  var padding: TokenID?

  @Option(help: ElementHelp.option)
  var element = Named(Precision.stored)

  @OptionGroup var threads: ThreadOptions
  @OptionGroup var report: ReportOptions

  func run() throws {
    if window != nil {
      // Before the weights are read.
      _ = try windowLength(try ModelFile(model).architecture.contextLength)
    }
    let generation = try TextGeneration(
      path: model, vocabulary: try vocabulary.map { try loadVocabulary($0) },
      precision: element.value, threadCount: threads.count)
    var evaluation = try evaluation(generation.model)
    evaluation.padding = padding
    evaluation.threadCount = threads.count
    Interruption.watch("no loss was measured, run the command again", patience: .seconds(10))
    let paths = try input.inputs()
    let first = paths[0] == "-" || isFolder(paths[0]) ? nil : try? OpenedFile(paths[0])
    let tokens = try openedTokens(paths, first)
    if tokens != nil, let option = input.readingOption ?? specials.option {
      throw Failure(.usage, "\(option): is for text, and \(paths[0]) holds tokens")
    }
    let measured =
      try tokens.map { try ofDataset($0, generation, evaluation) }
      ?? ofText(paths, first, generation, evaluation)
    try show(measured, paths[0])
    if Interruption.isRequested {
      throw Interruption.failure(
        "the loss is that of the first \(measured.loss.tokenCount.grouped("token"))")
    }
  }

  private func evaluation(_ model: GPT) throws -> Evaluation {
    let length = try windowLength(model.architecture.contextLength)
    return Evaluation(model, windowLength: length, stride: stride)
  }

  /// Tokens of a window of a model with that context.
  private func windowLength(_ context: Int) throws -> Int {
    let length = window ?? context
    guard length <= context else {
      throw Failure(.usage, "--window: \(length), and the context of the model is \(context)")
    }
    guard stride ?? length <= length else {
      throw Failure(.usage, "--stride: not above the window, which is \(length)")
    }
    return length
  }

  /// What came out, and of what.
  private struct Measured {
    let progress: Evaluation.Progress
    /// Bytes of the text, where it is known.
    let byteCount: Int?
    let seconds: Double

    var loss: Loss { progress.loss }
  }

  /// The files with packed tokens at some paths; nil if the first holds none.
  ///
  /// `first` is the first file, unless it is a folder or standard input. Whatever cannot be looked into is read as text.
  private func openedTokens(_ paths: [String], _ first: OpenedFile?) throws -> [OpenedFile]? {
    if let first {
      guard (try? first.format()) == .gobbet else { return nil }
      return try [first] + paths.dropFirst().map { try OpenedFile($0) }
    }
    guard isFolder(paths[0]), isThere(manifestPath(paths[0])) else { return nil }
    return try paths.map { try OpenedFile(isFolder($0) ? manifestPath($0) : $0) }
  }

  private func ofDataset(
    _ files: [OpenedFile], _ generation: TextGeneration, _ evaluation: Evaluation
  ) throws -> Measured {
    let dataset =
      files.count == 1
      ? try TokenDataset(files[0], split: split)
      : try TokenDataset(files.map { try $0.container() })
    _ = try dataset.vocabulary(given: generation.tokenizer.vocabulary)
    let windowCount = evaluation.windowCount(tokenCount: dataset.tokenCount)
    let progress = Progress(report.progress)
    defer { progress.finish() }
    let result = try evaluation.loss(of: dataset) { done in
      progress.update("\(line(done)) of \(windowCount.grouped("window"))")
      return !Interruption.isRequested
    }
    return Measured(progress: result, byteCount: nil, seconds: progress.seconds)
  }

  private func ofText(
    _ paths: [String], _ opened: OpenedFile?, _ generation: TextGeneration,
    _ evaluation: Evaluation
  ) throws -> Measured {
    let corpus = try input.corpus()
    let policy = try specials.policy(generation.tokenizer.vocabulary)
    var reader = try CorpusReader(inputs: paths, options: corpus, opened: opened?.shared)
    var encoder = generation.tokenizer.makeEncoder()
    var byteCount = 0
    let progress = Progress(report.progress)
    defer { progress.finish() }
    let result = try evaluation.loss(
      ofTexts: {
        guard let document = try reader.next() else { return nil }
        byteCount += document.text.count
        var ids = generation.beginning
        try encoder.encode(document.text.span, specials: policy, adding: .none, into: &ids)
        return ids
      },
      report: { done in
        progress.update("\(line(done)) windows")
        return !Interruption.isRequested
      })
    progress.finish()
    try corpus.finish()
    // Of a text that was not read to its end, the bytes that were predicted are not known.
    let isWhole = !Interruption.isRequested
    return Measured(
      progress: result, byteCount: isWhole ? byteCount : nil, seconds: progress.seconds)
  }

  private func line(_ progress: Evaluation.Progress) -> String {
    "loss \(progress.loss.mean.rounded(places: 4)) after \(progress.windowCount.grouped)"
  }

  private func show(_ measured: Measured, _ path: String) throws {
    let loss = measured.loss
    guard loss.tokenCount > 0 else {
      throw Failure(.badData, "\(path): no two tokens in a row, so nothing to predict")
    }
    let bits = measured.byteCount.map { loss.sum / 0.693_147_180_559_945_3 / Double($0) }
    if report.json {
      try writeJSON(
        Report(
          loss: loss.mean, perplexity: loss.perplexity, tokens: loss.tokenCount,
          windows: measured.progress.windowCount, bitsPerByte: bits,
          tokensPerSecond: Double(loss.tokenCount) / measured.seconds))
      return
    }
    var line = "loss \(loss.mean.rounded(places: 6)) nats a token"
    line += ", perplexity \(loss.perplexity.rounded(places: 4))"
    if let bits { line += ", \(bits.rounded(places: 4)) bits a byte" }
    try writeLine(line)
    if !report.quiet {
      let speed = Double(loss.tokenCount) / measured.seconds
      note(
        """
        \(loss.tokenCount.grouped("token")) in \(measured.progress.windowCount.grouped("window")), \
        \(speed.rounded(places: 0)) tokens a second
        """)
    }
  }

  private struct Report: Encodable {
    let loss: Double
    let perplexity: Double
    let tokens: Int
    let windows: Int
    let bitsPerByte: Double?
    let tokensPerSecond: Double
  }
}
