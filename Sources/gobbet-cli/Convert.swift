import ArgumentParser
import Gobbet

/// `gobbet convert`: foreign files → ours, and back.
struct Convert: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Convert vocabularies and weights, from and to the formats of others.",
    discussion: """
      What the input is, its content tells: .gobbet, tiktoken ranks, tokenizer.json, GGUF, vocab.json \
      (with merges.txt beside it), safetensors (with config.json and tokenizer.json beside it, \
      if they are there). What is written, the output's name tells: .gobbet, .tiktoken, \
      vocab.json (with merges.txt beside it), .json, .safetensors.
      """)

  @Argument(help: "The file to convert.") var input: String
  @OptionGroup var output: OutputOptions

  @Option(help: "What to write, if the output's name does not tell: \(ConversionFormat.listed).")
  var to: ConversionFormat?

  @Option(help: "How text is split, for vocabularies that do not say: \(Pattern.listed).")
  var pattern: PatternName?

  @Option(name: [.customShort("v"), .long], help: "A vocabulary to embed in weights.")
  var vocabulary: String?

  @Option(help: "How weights are stored: \(WeightCodec.listed).")
  var codec = WeightCodec.compact

  func run() throws {
    guard let format = to ?? ConversionFormat(ofFileNamed: output.output) else {
      throw Failure(.usage, "\(output.output): its name tells no format; add --to")
    }
    let conversion = FileConversion(
      pattern: pattern?.pattern,
      vocabulary: try vocabulary.map { try Vocabulary(recognizing: $0) }, codec: codec)
    let result = try conversion.convert(
      input, to: output.output, format: format, replacing: output.force)
    switch result {
    case .vocabulary(let idBound):
      print("\(output.output): a vocabulary of \(idBound.grouped) ids")
    case .weights(let tensorCount, let dialect, let embedsVocabulary):
      let names = dialect.map { ", a GPT-2 under \(Self.owner($0)) names" } ?? ""
      let vocabulary = embedsVocabulary ? ", with its vocabulary" : ""
      print("\(output.output): \(tensorCount.grouped) tensors\(names)\(vocabulary)")
    }
  }

  /// Whose names a dialect is.
  private static func owner(_ dialect: GPT2Dialect) -> String {
    switch dialect {
    case .huggingFace: "Hugging Face's"
    case .transposed: "nanoGPT's"
    case .book: "the book's"
    case .openAI: "OpenAI's"
    case .gguf: "GGUF's"
    }
  }
}
