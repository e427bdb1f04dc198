import ArgumentParser
import Gobbet

/// `gobbet export`: a token dataset → the file of another program.
struct Export: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write a token dataset as nanoGPT, llm.c, Megatron or NumPy keep tokens.",
    discussion: "Megatron's output is a prefix: PREFIX.bin and PREFIX.idx.")

  @Argument(help: "A dataset: a .gobbet file, or a folder of shards.")
  var input: String

  @OptionGroup var output: NamedOutputOptions

  @Option(help: "The program whose format to write.")
  var to: Named<ForeignTokensWriter.Format>

  @Option(help: "The split to read when the input is a folder of shards.")
  var split = DatasetSplit.train

  func validate() throws {
    if output.output == "-" {
      throw ValidationError(
        "--output: standard output takes text only, and this is a binary file; give it a name")
    }
  }

  func run() throws {
    let dataset = try TokenDataset(recognizing: input, split: split)
    try TokenConversion.export(
      dataset, to: output.output, format: to.value, replacing: output.force)
    try writeLine("\(output.output): \(dataset.tokenCount.grouped) tokens")
  }
}

/// `gobbet import`: the file of another program → a token dataset.
struct Import: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Pack tokens that nanoGPT, llm.c, Megatron or NumPy have kept.",
    discussion: """
      Megatron's input is a prefix: PREFIX.bin and PREFIX.idx. The others do not say where documents \
      end: --end names the token that does.
      """)

  @Argument(help: "The file, or Megatron's prefix.")
  var input: String

  @OptionGroup var output: OutputOptions
  @OptionGroup var vocabulary: VocabularyOptions

  @Option(help: "Whose files.")
  var from: Named<ForeignTokensWriter.Format>

  @Option(help: "The special token that ends a document, as <|endoftext|>.")
  var end: String?

  @Option(help: "How tokens are stored.")
  var codec = Named(TokenCodec.rank)

  func run() throws {
    let vocabulary = try vocabulary.load()
    let lastToken = try end.map { end in
      guard let token = vocabulary.specialTokens.first(where: { $0.bytes == Array(end.utf8) })
      else { throw Failure(.usage, "--end: the vocabulary has no special token \(end)") }
      return token.id
    }
    let tokens: ForeignTokens =
      switch from.value {
      case .nanoGPT: try .nanoGPT(input)
      case .llmC: try .llmC(input)
      case .megatron: try .megatron(prefix: input)
      case .numPy: try .numPy(input)
      }
    let summary = try TokenConversion.pack(
      tokens, to: output.output, vocabulary: vocabulary, lastToken: lastToken,
      options: TokenDatasetOptions(codec: codec.value), replacing: output.force)
    try writeLine(
      "\(output.output): \(summary.tokenCount.grouped) tokens of"
        + " \(summary.documentCount.grouped) documents")
  }
}
