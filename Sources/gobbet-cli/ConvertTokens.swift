import ArgumentParser
import Gobbet

/// `gobbet export`: a token dataset → the file of another program.
struct Export: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Write a token dataset as a file for nanoGPT, llm.c, Megatron or NumPy.",
    discussion: """
      For Megatron the output is a prefix: PREFIX.bin and PREFIX.idx are written. \
      \(PythonExchange.help)
      """)

  @Argument(help: "The dataset: a .gobbet file or a folder of shards.")
  var input: String

  @OptionGroup var output: NamedOutputOptions

  @Option(help: "The program whose format to write.")
  var to: ForeignFormatName

  @Option(help: "The split to read when the input is a folder of shards.")
  var split = DatasetSplit.train

  @OptionGroup var progressOptions: ProgressOptions

  func validate() throws {
    _ = try to.format("--to", "export")
    try checkIsNamed(output.output)
  }

  func run() throws {
    let dataset = try TokenDataset(recognizing: input, split: split)
    if dataset.hasLossMask {
      note("gobbet: \(output.output): leaves out which tokens count in a loss")
    }
    let progress = Progress(progressOptions)
    defer { progress.finish() }
    Interruption.watch()
    try TokenConversion.export(
      dataset, to: output.output, format: to.format("--to", "export"), replacing: output.force
    ) { done in progress.showTokens(done, of: dataset.tokenCount) }
    progress.finish()
    try writeLine("\(output.output): \(dataset.tokenCount.grouped("token"))")
  }
}

/// `gobbet import`: the file of another program → a token dataset.
struct Import: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Pack the tokens of a file of nanoGPT, llm.c, Megatron or NumPy.",
    discussion: """
      For Megatron the input is a prefix: PREFIX.bin and PREFIX.idx are read. The other formats don't \
      mark the ends of documents; --end names the token that does. \(PythonExchange.help)
      """)

  @Argument(help: "The file to read, or the prefix for Megatron.")
  var input: String

  @OptionGroup var output: OutputOptions
  @OptionGroup var vocabulary: VocabularyOptions

  @Option(help: "The program whose format to read.")
  var from: ForeignFormatName

  @Option(help: "The special token that ends each document, such as <|endoftext|>.")
  var end: String?

  @Option(help: "The codec that stores the tokens.")
  var codec = Named(TokenCodec.rank)

  @OptionGroup var progressOptions: ProgressOptions

  func validate() throws { _ = try from.format("--from", "import") }

  func run() throws {
    let vocabulary = try vocabulary.load()
    let lastToken = try end.map { end in
      guard let token = vocabulary.specialTokens.first(where: { $0.bytes == Array(end.utf8) })
      else { throw Failure(.usage, "--end: the vocabulary has no special token \(end)") }
      return token.id
    }
    let tokens: ForeignTokens =
      switch try from.format("--from", "import") {
      case .nanoGPT: try .nanoGPT(input)
      case .llmC: try .llmC(input)
      case .megatron: try .megatron(prefix: input)
      case .numPy: try .numPy(input)
      }
    for what in tokens.leftOut { note("gobbet: \(output.output): leaves out \(what)") }
    let progress = Progress(progressOptions)
    defer { progress.finish() }
    Interruption.watch()
    let summary = try TokenConversion.pack(
      tokens, to: output.output, vocabulary: vocabulary, lastToken: lastToken,
      options: TokenDatasetOptions(codec: codec.value), replacing: output.force
    ) { done in progress.showTokens(done, of: tokens.tokenCount) }
    progress.finish()
    try writeLine(
      "\(output.output): \(summary.tokenCount.grouped("token")) of"
        + " \(summary.documentCount.grouped("document"))")
  }
}

/// The formats that the Python package reads and writes, not this command.
private enum PythonExchange {
  static let names = ["datatrove", "litdata", "mds", "olmo"]
  static let help =
    "Files of datatrove, litdata, MosaicML (mds) and OLMo are for the Python package: python -m gobbet.exchange."
}

/// The name of a format of another program.
struct ForeignFormatName: ExpressibleByArgument {
  private typealias Choice = Named<ForeignTokensWriter.Format>

  private let argument: String
  private let choice: Choice?

  init?(argument: String) {
    self.argument = argument
    choice = Choice(argument: argument)
    if choice == nil, !PythonExchange.names.contains(argument) { return nil }
  }

  /// The format, which `option` of `verb` names.
  ///
  /// - Throws: `ValidationError` for one of the Python package, which says how that is called.
  func format(_ option: String, _ verb: String) throws -> ForeignTokensWriter.Format {
    guard let choice else {
      throw ValidationError(
        "\(option): \(argument) is for the Python package:"
          + " python -m gobbet.exchange \(verb) \(option) \(argument)")
    }
    return choice.value
  }

  static var allValueStrings: [String] { Choice.allValueStrings }
  static var defaultCompletionKind: CompletionKind { Choice.defaultCompletionKind }
}
