import ArgumentParser
import Gobbet

/// `gobbet embed`: weights + texts → vectors.
struct Embed: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "embed",
    abstract: "Turn texts into vectors with an encoder such as all-MiniLM-L6-v2.",
    discussion: """
      Runs each text through the model and pools the states of its tokens into one vector of length 1. \
      Texts get the special tokens of the vocabulary's post-processor. The vectors go to a NumPy array, \
      float32 [texts, C], or with --json to standard output, one object per text.
      """)

  @Argument(help: ModelFileHelp.argument) var model: String

  @Argument(help: "The texts, or - for the lines of standard input.") var texts: [String] = []

  @Option(
    parsing: .unconditionalSingleValue,
    help: """
      Token ids instead of texts: numbers separated by commas, or a .npy file with one axis of \
      integers; repeatable.
      """)
  var ids: [String] = []

  @Option(name: [.customShort("o"), .long], help: "The .npy file to write.")
  var output: String?

  @Flag(help: "Print one JSON object per text.") var json = false

  @Flag(help: "Write the last layer's state of every token of one text, [T, C], without pooling.")
  var allPositions = false

  @Option(
    help: """
      How the states of a text become one vector: mean, first or last. (default: as 1_Pooling/config.json or \
      GGUF says, else mean)
      """)
  var pooling: Named<Pooling>?

  @Flag(help: "Don't scale the vectors to length 1.") var noNormalization = false

  @Option(
    name: [.customShort("v"), .long],
    help: "The vocabulary, if the model doesn't embed one and none lies beside it.")
  var vocabulary: String?

  @Flag(name: [.customShort("f"), .long], help: "Replace the output file if it exists.")
  var force = false

  @Option(help: ElementHelp.option)
  var element = Named(Precision.stored)

  @OptionGroup var threads: ThreadOptions
  @OptionGroup var progressOptions: ProgressOptions

  func validate() throws {
    if let output { try checkIsNumPyOutput(output) }
    guard output != nil || json else {
      throw ValidationError("give --output, or --json for standard output")
    }
    if texts.isEmpty == ids.isEmpty {
      throw ValidationError(
        texts.isEmpty ? "give texts or --ids" : "--ids: stands instead of texts")
    }
    if vocabulary != nil, !ids.isEmpty {
      throw ValidationError("--vocabulary: is for texts, and --ids needs none")
    }
    if force, output == nil { throw ValidationError("--force: is for --output") }
    if allPositions {
      for (option, isGiven) in [
        ("--pooling", pooling != nil), ("--no-normalization", noNormalization), ("--json", json),
      ] where isGiven {
        throw ValidationError("\(option): doesn't go with --all-positions")
      }
      guard texts.count + ids.count == 1 else {
        throw ValidationError("--all-positions: takes one text")
      }
    }
    guard texts.count(where: { $0 == "-" }) < 2 else {
      throw ValidationError("-: can be given only once")
    }
  }

  func run() throws {
    let ids = try ids.map(tokenIDs)
    let texts = try texts.flatMap { text in text == "-" ? try linesOfStandardInput() : [text] }
    let pass: ForwardPass
    let tokens: [[TokenID]]
    let usual: Pooling
    if ids.isEmpty {
      let embedding = try TextEmbedding(
        path: model, vocabulary: try vocabulary.map { try Vocabulary(recognizing: $0) },
        precision: element.value, threadCount: threads.count, checking: texts)
      pass = try ForwardPass(embedding.model, threadCount: threads.count)
      tokens = texts.map(embedding.tokens)
      usual = embedding.pooling
    } else {
      let file = try ModelFile(model)
      try file.check(ids)
      let model = try file.model(precision: element.value, threadCount: threads.count)
      pass = try ForwardPass(model, threadCount: threads.count)
      tokens = ids
      usual = allPositions ? .mean : try file.pooling ?? .mean
    }
    let progress = Progress(progressOptions)
    let tokenCount = tokens.reduce(0) { $0 + $1.count }
    let rows =
      allPositions && tokens.count == 1
      ? try pass.embeddings(of: tokens[0], .all)
      : try pass.pooledEmbeddings(
        of: tokens, pooling?.value ?? usual, normalizes: !noNormalization
      ) { progress.showTokens($0, of: tokenCount) }
    progress.finish()
    if let output {
      try rows.write(toNumPy: output, replacing: force)
      if !json {
        try writeLine(
          "\(output): \(rows.rowCount.grouped("row")) of \(rows.width.grouped("float"))")
      }
    }
    guard json else { return }
    for row in 0..<rows.rowCount {
      try writeJSON(
        Report(
          text: ids.isEmpty ? texts[row] : nil, ids: tokens[row], embedding: Array(rows[row])))
    }
  }

  private func linesOfStandardInput() throws -> [String] {
    try readAll("-").split(separator: 0x0A).map { String(decoding: $0, as: UTF8.self) }
  }

  private struct Report: Encodable {
    let text: String?
    let ids: [TokenID]
    let embedding: [Float]
  }
}
