import ArgumentParser
import Foundation
import Gobbet

/// `gobbet convert`: foreign files → ours, and back.
struct Convert: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "convert",
    abstract: "Convert vocabularies and weights to and from other formats.",
    discussion: """
      The format of the input is recognized by its content. Vocabularies: .gobbet, tiktoken ranks, \
      tokenizer.json, tekken.json, vocab.json or encoder.json (with the merges beside it), SentencePiece's \
      .model, vocab.txt, nanochat's tokenizer.pkl, GGUF. Weights: .gobbet, safetensors and their index \
      (with config.json and tokenizer.json beside them, if present), GGUF, checkpoints of PyTorch (a folder \
      of DCP, too) and llm.c, npy and npz. Of a model in several .gobbet or GGUF files name any one: \
      model-00001-of-00003.gobbet.

      The name of the output says its format: .gobbet, .tiktoken, .json (tokenizer.json), vocab.json \
      (with merges.txt beside it), .model, .safetensors, .safetensors.index.json, .gguf, .npy, .npz. \
      Beside safetensors and npz, config.json and tokenizer.json are written, so that transformers \
      can load the model. What the output cannot hold is named on standard error, or refused. \
      '-o - --to tiktoken' and '-o - --to tokenizer.json' write to standard output.
      """)

  @Argument(help: "The file to convert.") var input: String
  @OptionGroup var output: NamedOutputOptions
  @OptionGroup var weights: WeightsOptions

  @Option(
    help: """
      The pattern to split text by, if the vocabulary doesn't say: \(SplitPattern.listed); or a \
      regular expression, like tiktoken's pat_str.
      """,
    transform: PatternName.orExpression)
  var pattern: PatternName?

  @OptionGroup var ranks: RankOptions

  @Flag(help: "Leave out tensors of GGUF, PyTorch and NumPy that cannot be read, and name them.")
  var skip = false

  @Option(
    help: "The dictionary of a PyTorch checkpoint to take tensors from, such as optimizer.state.")
  var key: String?

  @Option(
    help: "The type of NumPy arrays whose file says <V1, as ml_dtypes saves its 8-bit types.")
  var v1Type: ByteElement?

  @Flag(help: "Print one JSON object.") var json = false
  @OptionGroup var progressOptions: ProgressOptions

  func run() throws {
    let format = try weights.format(ofFileNamed: output.output)
    let progress = Progress(progressOptions)
    defer { progress.finish() }
    Interruption.watch()
    if output.output == "-" {
      if json { throw Failure(.usage, "--json: standard output takes the file") }
      return try withTextOutput(format) { path in
        let result = try converted(to: path, format, replacing: false, progress)
        result.printNotes(for: "standard output")
        note("standard output: \(result.text)")
      }
    }
    let result = try converted(to: output.output, format, replacing: output.force, progress)
    if json { return try writeJSON(ConversionReport(output.output, result)) }
    result.printNotes(for: output.output)
    try writeLine("\(output.output): \(result.text)")
  }

  /// Converts the input, and ends the line of progress.
  private func converted(
    to path: String, _ format: FileFormat, replacing: Bool, _ progress: Progress
  ) throws -> FileConversion.Result {
    defer { progress.finish() }
    return try WeightsOptions.checked {
      var conversion = try weights.conversion(format, pattern: pattern?.pattern)
      conversion.specialTokens = ranks.specialTokens
      conversion.specials = ranks.specials.map(\.token)
      conversion.skipsUnreadTensors = skip
      conversion.key = key
      conversion.openType = v1Type?.elementType
      return try conversion.convert(
        input, to: path, format: format, replacing: replacing, progress: progress.converting)
    }
  }

  /// Has `write` make a file and copies it to standard output.
  ///
  /// - Throws: ``Failure`` (`usage`) for formats that aren't text, or several files.
  private func withTextOutput(
    _ format: FileFormat, _ write: (_ path: String) throws -> Void
  ) throws {
    guard format.isText else {
      throw Failure(
        .usage,
        "--output: standard output takes text only (--to tiktoken, --to tokenizer.json); give a name"
      )
    }
    let name = "gobbet-\(UInt64.random(in: .min ... .max))"
    let path = FileManager.default.temporaryDirectory.appending(path: name).path
    TemporaryFiles.add(path)
    defer {
      try? FileManager.default.removeItem(atPath: path)
      TemporaryFiles.remove(path)
    }
    try write(path)
    var output = TextOutput()
    try output.write(try readAll(path))
    try output.finish()
  }
}

/// How weights are written.
struct WeightsOptions: ParsableArguments {
  @Option(help: "The format to write, if the output's name doesn't say.")
  var to: WrittenFormat?

  @Option(
    name: [.customShort("v"), .long],
    help: "A vocabulary to embed in the weights or write beside them.")
  var vocabulary: String?

  @Option(help: "The codec that stores weights in .gobbet files. (default: compact)")
  var codec: Named<WeightCodec>?

  @Option(
    help: """
      An earlier checkpoint of the same run: a .gobbet file in the output's folder. Tensors are \
      stored as differences from it where that is shorter, and readers need it beside the output.
      """)
  var base: String?

  @Option(
    help: """
      The element type to write: f32, f16, bf16. GGUF and .gobbet also take llama.cpp's mixtures of \
      types, q4_k_m, q5_k_m, q6_k and q8_0, and one type for all matrices: q4_0, q4_1, q5_0, q5_1, \
      q4_k, q5_k or mxfp4.
      """)
  var type: StoredType?

  @Option(
    help: ArgumentHelp(
      """
      Give the embedding, and a head with its bias, this many rows, or one for each id of a vocabulary.
      """, valueName: "rows|vocabulary"))
  var resizeEmbeddings: String?

  @Option(
    parsing: .unconditional,
    help: "With --resize-embeddings, make the number of rows a multiple of this. (default: 1)",
    transform: Number.whole(1...65_536))
  var rowsToMultiple: Int?

  @Option(help: "With --resize-embeddings, what to fill new rows with. (default: mean)")
  var newRows: Named<EmbeddingResizing.NewRows>?

  @Option(
    parsing: .unconditional,
    help: "Write weights as several files of at most this size, such as 5G.",
    transform: Number.bytes())
  var shardSize: ByteCount?

  @Flag(help: "Read the output again and compare it with the input.")
  var verify = false

  /// What to write to a file of that name.
  ///
  /// - Throws: ``Failure`` (`usage`) if nothing tells.
  func format(ofFileNamed name: String) throws -> FileFormat {
    guard let format = to?.format ?? FileFormat(ofFileNamed: name) else {
      let reason =
        Self.unwritten.first { $0.endings.contains(where: name.hasSuffix) }?.reason
        ?? "the name doesn't tell the format; add --to"
      throw Failure(.usage, "\(name): \(reason)")
    }
    return format
  }

  /// What the names of files in formats that aren't written end in, and what to write in their place.
  private static let unwritten: [(endings: [String], reason: String)] = [
    (
      [".pt", ".pth", ".ckpt"],
      "checkpoints of PyTorch aren't written; PyTorch reads safetensors, and NumPy's npz"
    ),
    (
      [".bin"],
      "checkpoints of PyTorch aren't written, only safetensors; those of llm.c are, by --to llm.c"
    ),
    (
      [".h5", ".hdf5", ".keras"], "HDF5 isn't written; h5py and Keras take arrays from NumPy's npz"
    ),
  ]

  /// The same, as the library takes it; a pattern is for the vocabulary, if one is named.
  ///
  /// - Throws: ``Failure`` (`usage`) for what means nothing for the format; the errors of reading the
  ///   vocabulary.
  func conversion(_ format: FileFormat, pattern: SplitPattern? = nil) throws -> FileConversion {
    var conversion = FileConversion(codec: codec?.value)
    conversion.resizing = try resizing()
    conversion.shardByteCount = shardSize?.value
    conversion.base = base
    conversion.verifies = verify
    if let type {
      if let reason = format.reason(against: type.ggufType) {
        throw Failure(.usage, "--type \(type.rawValue): \(reason)")
      }
      if let preset = type.preset {
        conversion.quantization = preset
      } else if format == .gguf || type.elementType == nil {
        conversion.ggufType = type.ggufType
      } else {
        conversion.elementType = type.elementType
      }
    }
    if let vocabulary {
      conversion.vocabulary = try loadVocabulary(
        vocabulary, pattern: pattern, refusingUnusedPattern: true)
    } else {
      conversion.pattern = pattern
    }
    return conversion
  }

  /// How many rows the embedding gets; nil to leave it.
  private func resizing() throws -> EmbeddingResizing? {
    guard let resizeEmbeddings else {
      for (option, isGiven) in [
        ("--rows-to-multiple", rowsToMultiple != nil), ("--new-rows", newRows != nil),
      ] where isGiven {
        throw Failure(.usage, "\(option): has an effect with --resize-embeddings only")
      }
      return nil
    }
    var rowCount = Int(resizeEmbeddings)
    if let rowCount, !(1...TokenTable.maximumCount).contains(rowCount) {
      throw Failure(
        .usage,
        "--resize-embeddings: not a whole number from 1 to \(TokenTable.maximumCount.grouped)")
    }
    if rowCount == nil { rowCount = try loadVocabulary(resizeEmbeddings).idBound }
    var resizing = EmbeddingResizing(rowCount: rowCount ?? 0)
    resizing.multiple = rowsToMultiple ?? 1
    resizing.newRows = newRows?.value ?? .mean
    return resizing
  }

  /// What `body` returns; an option without effect that the library finds is wrong usage.
  static func checked<Result>(_ body: () throws -> Result) throws -> Result {
    do {
      return try body()
    } catch let error as ConversionOptionError {
      throw Failure(.usage, "--\(error)")
    }
  }
}

/// What arrays of NumPy hold that do not say it, by name on the command line.
enum ByteElement: String, ExpressibleByArgument, CaseIterable {
  case f8e4m3, f8e8m0, f8e4m3fnuz, f8e5m2fnuz, i8, u8

  var elementType: ElementType {
    switch self {
    case .f8e4m3: .float8E4M3
    case .f8e8m0: .float8E8M0
    case .f8e4m3fnuz: .float8E4M3FNUZ
    case .f8e5m2fnuz: .float8E5M2FNUZ
    case .i8: .int8
    case .u8: .uint8
    }
  }
}

/// What elements become, by name on the command line.
enum StoredType: String, ExpressibleByArgument, CaseIterable {
  case f32, f16, bf16
  case q4_k_m, q5_k_m, q6_k, q8_0
  case q4_0, q4_1, q5_0, q5_1, q4_k, q5_k, mxfp4

  /// llama.cpp's mix of that name; nil for what is one type for all matrices.
  var preset: QuantizationPreset? { QuantizationPreset(rawValue: rawValue) }

  /// The element type; nil for what is in blocks.
  var elementType: ElementType? {
    switch self {
    case .f32: .float32
    case .f16: .float16
    case .bf16: .bfloat16
    default: nil
    }
  }

  /// GGUF's type.
  var ggufType: GGUFType {
    switch self {
    case .f32: .float32
    case .f16: .float16
    case .bf16: .bfloat16
    case .q4_0: .q4_0
    case .q4_1: .q4_1
    case .q5_0: .q5_0
    case .q5_1: .q5_1
    case .q4_k, .q4_k_m: .q4_K
    case .q5_k, .q5_k_m: .q5_K
    case .q6_k: .q6_K
    case .q8_0: .q8_0
    case .mxfp4: .mxfp4
    }
  }
}

/// What `gobbet convert` says of its output to a program.
private struct ConversionReport: Encodable {
  let output: String
  let vocabulary_ids: Int?
  let tensors: Int?
  let has_vocabulary: Bool
  let notes: [String]

  init(_ output: String, _ result: FileConversion.Result) {
    self.output = output
    notes = result.notes
    switch result.content {
    case .vocabulary(let idBound):
      (vocabulary_ids, tensors, has_vocabulary) = (idBound, nil, true)
    case .weights(let tensorCount, _, let embedsVocabulary):
      (vocabulary_ids, tensors, has_vocabulary) = (nil, tensorCount, embedsVocabulary)
    }
  }
}

extension FileConversion.Result {
  /// Says on standard error what is not in the output.
  func printNotes(for output: String) {
    for line in notes { note("\(output): \(line)") }
  }

  /// What was converted, for a person.
  var text: String {
    switch content {
    case .vocabulary(let idBound): return "a vocabulary of \(idBound.grouped("id"))"
    case .weights(let tensorCount, let dialect, let embedsVocabulary):
      let names = dialect.map { ", a GPT-2 under \(Self.owner($0)) names" } ?? ""
      let vocabulary = embedsVocabulary ? ", with its vocabulary" : ""
      return "\(tensorCount.grouped("tensor"))\(names)\(vocabulary)"
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

extension Progress {
  /// Shows how many bytes of tensors are written.
  ///
  /// - Throws: `CancellationError` once a signal has come.
  func converting(_ byteCount: Int, of total: Int) throws {
    try Interruption.check()
    update(
      "\((byteCount / 1_000_000).grouped) of \((total / 1_000_000).grouped) MB"
        + timeLeft(byteCount, of: total))
  }
}
