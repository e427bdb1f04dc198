import ArgumentParser
import Gobbet

/// `gobbet logits`: weights + ids → logits.
struct Logits: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "logits",
    abstract: "Write the logits of token ids as a NumPy array.",
    discussion: """
      Runs the ids through the model once and writes float32 [T, V]: one row for each id, one column for \
      each token of the vocabulary. No vocabulary is needed.
      """)

  @Argument(help: ModelFileHelp.argument) var model: String

  @Option(
    parsing: .unconditional,
    help: "The ids: numbers separated by commas, or a .npy file with one axis of integers.")
  var ids: String

  @Option(name: [.customShort("o"), .long], help: "The .npy file to write.")
  var output: String

  @Flag(name: [.customShort("f"), .long], help: "Replace the output file if it exists.")
  var force = false

  @Option(help: ElementHelp.option)
  var element = Named(Precision.stored)

  @OptionGroup var threads: ThreadOptions
  @OptionGroup var progressOptions: ProgressOptions

  func validate() throws { try checkIsNumPyOutput(output) }

  func run() throws {
    let ids = try tokenIDs(ids)
    let file = try ModelFile(model)
    try file.requireHead()
    try file.check([ids])
    let model = try file.model(precision: element.value, threadCount: threads.count)
    let pass = try ForwardPass(model, threadCount: threads.count)
    let progress = Progress(progressOptions)
    let logits = try pass.logits(of: ids, .all) { progress.showTokens($0, of: ids.count) }
    progress.finish()
    try logits.write(toNumPy: output, replacing: force)
    try writeLine(
      "\(output): \(logits.rowCount.grouped("row")) of \(logits.width.grouped("logit"))")
  }
}

/// The ids that an option `--ids` names: numbers, or a file of NumPy's.
///
/// - Throws: `ValidationError` for what isn't a number; the errors of the file.
func tokenIDs(_ ids: String) throws -> [TokenID] {
  if ids.utf8.suffix(4).elementsEqual(".npy".utf8) { return try TokenIDs.read(fromNumPy: ids) }
  return try ids.split(separator: ",", omittingEmptySubsequences: false).map { number in
    guard let id = TokenID(number.trimmingPrefix { $0 == " " }) else {
      throw ValidationError(
        "--ids: \(number.isEmpty ? "nothing" : String(number)) is not a token id")
    }
    return id
  }
}

/// The help of arguments that name a model.
enum ModelFileHelp {
  static let argument: ArgumentHelp = """
    The model: a .gobbet file, safetensors, GGUF, or a folder with config.json and model.safetensors.
    """
}

/// The help of options that choose what a model computes with.
enum ElementHelp {
  static let option: ArgumentHelp = """
    The precision to compute with; "stored" is what the file has: its floats of 16 or 32 bits, or GGUF's \
    quantized blocks, as they are.
    """
}
