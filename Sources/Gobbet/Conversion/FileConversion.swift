public import GobbetBPE
public import GobbetData
internal import GobbetFile
public import GobbetInterchange
internal import GobbetSystem

/// Foreign files → ours, and ours → foreign.
///
/// What was read and has no place in the output is refused, or named in the result's notes; a setting
/// that would change nothing is an error. A GPT-2 comes out the same on every way: under the names
/// that the output's format has for it.
///
/// ```swift
/// let result = try FileConversion().convert(
///   "model.safetensors", to: "converted.gobbet", format: .gobbet, replacing: true)
/// for note in result.notes { print(note) }
/// ```
public struct FileConversion: Sendable {
  /// How text is split, for vocabularies that do not say.
  public var pattern: SplitPattern?
  /// The name of the set of special tokens, where several go with a file of ranks.
  public var specialTokens: String?
  /// Special tokens that a file of ranks does not say.
  public var specials: [SpecialToken] = []
  /// A vocabulary for weights; nil takes the one of the input, or of the `tokenizer.json` beside it, if
  /// there is one.
  public var vocabulary: Vocabulary?
  /// How weights are stored in Gobbet files; nil for compact.
  public var codec: WeightCodec?
  /// A Gobbet file in the folder of the output from which its tensors are stored as differences, where
  /// that is shorter; nil for none.
  public var base: String?
  /// What the elements of floating-point tensors become; nil leaves them.
  public var elementType: ElementType?
  /// How GGUF and Gobbet files store matrices; nil leaves their elements.
  public var ggufType: GGUFType?
  /// Which type GGUF and Gobbet files give each tensor; nil leaves their elements.
  public var quantization: QuantizationPreset?
  /// How many rows the embedding, and a head of its own with its bias, get; nil leaves them.
  public var resizing: EmbeddingResizing?
  /// Bytes of tensors in a file, where several are written; nil puts all in one.
  public var shardByteCount: Int?
  /// The way to the tensors in a checkpoint of PyTorch, as `optimizer.state`; nil finds them.
  public var key: String?
  /// What NumPy arrays of `<V1` hold, as which ml_dtypes saves 8-bit floats of several kinds; nil leaves it
  /// open, and such arrays cannot be read.
  public var openType: ElementType?
  /// Whether what was written is read again and compared.
  public var verifies = false
  /// Whether tensors of GGUF, PyTorch and NumPy that cannot be read are left out, and named in the notes;
  /// without this they are an error.
  public var skipsUnreadTensors = false

  /// Creates a conversion.
  public init(
    pattern: SplitPattern? = nil, vocabulary: Vocabulary? = nil, codec: WeightCodec? = nil
  ) {
    self.pattern = pattern
    self.vocabulary = vocabulary
    self.codec = codec
  }

  /// What was converted.
  public struct Result: Sendable {
    /// What the output holds.
    public let content: Content
    /// What was read and is not in the output, or is there in another way: a line each.
    public let notes: [String]
  }

  /// What the output of a conversion holds.
  public enum Content: Sendable {
    /// A vocabulary of that many ids.
    case vocabulary(idBound: Int)
    /// Weights: how many tensors, and whose names they had if they are a GPT-2's.
    case weights(tensorCount: Int, dialect: GPT2Dialect?, embedsVocabulary: Bool)
  }

  /// Bytes of tensors that are written, of all that there are.
  public typealias Progress = (_ byteCount: Int, _ total: Int) throws -> Void

  /// Converts the file at `input` into one at `output`.
  ///
  /// - Throws: `ConversionOptionError` for a setting that would change nothing; `LoadingError` if
  ///   the one file cannot become the other; the errors of both formats; what `progress` throws.
  public func convert(
    _ input: String, to output: String, format: FileFormat, replacing: Bool = false,
    progress: Progress = { _, _ in }
  ) throws -> Result {
    let file = try OpenedFile(input)
    guard let weights = try WeightsInput(file, key: key, openType: openType) else {
      guard try file.format() != nil else {
        throw try FileDescription.error(file, wanted: wanted(by: format))
      }
      return try convertVocabulary(file, to: output, format, replacing)
    }
    if key != nil, weights.format != .pyTorch {
      throw ConversionOptionError(.key, "\(input) isn't a checkpoint of PyTorch")
    }
    if openType != nil, !leavesTypesOpen(weights) {
      throw ConversionOptionError(.openType, "\(input) has no array of NumPy's <V1")
    }
    if weights.source.tensors.isEmpty, !weights.hasNeighbours, !format.writesVocabularies,
      try weights.vocabulary != nil
    {
      throw LoadingError(path: input, reason: "holds no weights, as \(format) does")
    }
    guard !format.writesWeights else {
      let unread = try unreadTensors(of: weights)
      guard !unread.names.isEmpty else {
        return try write(
          weights, weights.elements(), to: output, format: format, replacing: replacing,
          progress: progress)
      }
      func writeRest(of source: some TensorSource) throws -> Result {
        try write(
          weights, source.selecting { !unread.tensors.contains($0) }, to: output,
          format: format, replacing: replacing, progress: progress)
      }
      let result = try writeRest(of: weights.source)
      return Result(
        content: result.content,
        notes: result.notes + ["tensors left out: " + unread.names.joined(separator: ", ")])
    }
    guard let vocabulary = try weights.vocabulary else {
      throw LoadingError(path: input, reason: "holds weights, which \(format) does not")
    }
    try check(format, .vocabulary)
    try checkLeavesSpecialTokensOpen(input, isOfRanks: false)
    if pattern != nil {
      throw ConversionOptionError(.pattern, "\(input) already says how text is split")
    }
    try vocabulary.write(to: output, format: format, replacing: replacing)
    return Result(
      content: .vocabulary(idBound: vocabulary.idBound),
      notes: [
        "\(weights.source.tensors.count.counted("tensor")) left out: \(format) holds a "
          + "vocabulary only"
      ] + notes(on: vocabulary, in: format))
  }

  /// A type that is not known: a name or number of ggml's, or what PyTorch made the tensor with.
  private static func kind(_ typeName: String) -> String {
    typeName.contains(" ") ? typeName : "type \(typeName)"
  }

  /// The tensors whose elements cannot be read, and how to call them.
  ///
  /// - Throws: `LoadingError` if there are some and they are not to be left out;
  ///   `ConversionOptionError` if no tensor of the input could be one.
  private func unreadTensors(
    of input: WeightsInput
  ) throws -> (tensors: Set<TensorDescription>, names: [String]) {
    guard let unread = (input.source as? any PartlyReadSource)?.unreadTensors else {
      if skipsUnreadTensors {
        throw ConversionOptionError(
          .skip, "every tensor of \(input.path) is of a type that is known")
      }
      return ([], [])
    }
    let names = unread.map { "\($0.tensor.name.cropped()) (\(Self.kind($0.typeName)))" }
    guard skipsUnreadTensors || unread.isEmpty else {
      let more = names.count > 4 ? " and \(names.count - 4) more" : ""
      throw LoadingError(
        path: input.path,
        reason: "has tensors that cannot be read here: "
          + names.prefix(4).joined(separator: ", ") + more + "; --skip leaves them out"
          + (leavesTypesOpen(input) ? ", --v1-type says what <V1 is" : ""))
    }
    return (Set(unread.map(\.tensor)), names)
  }

  /// Whether there is an array of NumPy's whose type its name leaves open.
  private func leavesTypesOpen(_ input: WeightsInput) -> Bool {
    (input.source as? NumPyReader)?.leavesTypesOpen ?? false
  }

  /// What a format can be made of, for an error.
  private func wanted(by format: FileFormat) -> String {
    format == .gobbet ? "a model" : format.writesWeights ? "weights" : "a vocabulary"
  }

  private func convertVocabulary(
    _ file: OpenedFile, to output: String, _ format: FileFormat, _ replacing: Bool
  ) throws -> Result {
    guard format.writesVocabularies else {
      throw LoadingError(path: file.path, reason: "holds no weights, as \(format) does")
    }
    try check(format, .vocabulary)
    if pattern != nil, try !Vocabulary.leavesPatternOpen(file) {
      throw ConversionOptionError(.pattern, "\(file.path) already says how text is split")
    }
    try checkLeavesSpecialTokensOpen(file.path, isOfRanks: file.format() == .tiktoken)
    let vocabulary = try Vocabulary(
      file, pattern: pattern, specialTokens: specialTokens, specials: specials)
    try vocabulary.write(to: output, format: format, replacing: replacing)
    return Result(
      content: .vocabulary(idBound: vocabulary.idBound),
      notes: try leftOut(of: file, [.vocabulary]) + notes(on: vocabulary, in: format)
        + keptPartsLeftOut(vocabulary, output, format))
  }

  /// What a file of a format does not say of a vocabulary that it holds: a line, if anything.
  func omissions(of vocabulary: Vocabulary, in format: FileFormat) -> [String] {
    let parts = format.parts(leftOutOf: vocabulary).joined(separator: ", ")
    return parts.isEmpty ? [] : ["left out, for \(format) has no place for it: \(parts)"]
  }

  /// The same, and what is unusual in the vocabulary.
  private func notes(on vocabulary: Vocabulary, in format: FileFormat) -> [String] {
    let gapCount = vocabulary.idBound - vocabulary.tokenCount
    return omissions(of: vocabulary, in: format)
      + (gapCount > 0 ? ["\(gapCount.counted("id")) without a token"] : [])
  }

  /// The files beside a tokenizer that a vocabulary keeps and that have no place beside the output.
  private func keptPartsLeftOut(
    _ vocabulary: Vocabulary, _ output: String, _ format: FileFormat
  ) -> [String] {
    let hasPlace =
      format == .gobbet
      || [.tokenizerJSON, .vocabularyAndMerges, .wordPiece].contains(format)
        && TokenizerNeighbours.belong(beside: output)
    guard !hasPlace else { return [] }
    return TokenizerNeighbours.names.filter { vocabulary.pipeline.keptParts[$0.key] != nil }
      .map { "the \($0.ending) of the input is left out" }
  }

  /// Refuses special tokens for a file that has its own.
  private func checkLeavesSpecialTokensOpen(
    _ path: String, isOfRanks: Bool
  ) throws(ConversionOptionError) {
    guard !isOfRanks else { return }
    for (option, isGiven) in [
      (ConversionOption.specialTokens, specialTokens != nil), (.special, !specials.isEmpty),
    ] where isGiven {
      throw ConversionOptionError(option, "\(path) has special tokens of its own")
    }
  }

  /// Refuses settings that would change nothing.
  func check(
    _ format: FileFormat, _ content: FileFormat.Content
  ) throws(ConversionOptionError) {
    let given: [(ConversionOption, Bool)] = [
      (.vocabulary, vocabulary != nil), (.pattern, pattern != nil),
      (.specialTokens, specialTokens != nil), (.special, !specials.isEmpty),
      (.codec, codec != nil), (.base, base != nil),
      (.type, elementType != nil || ggufType != nil || quantization != nil),
      (.resizeEmbeddings, resizing != nil), (.shardSize, shardByteCount != nil),
      (.verify, verifies), (.skip, skipsUnreadTensors),
      (.key, key != nil), (.openType, openType != nil),
    ]
    for (option, isGiven) in given where isGiven {
      if let reason = format.reason(against: option, for: content) {
        throw ConversionOptionError(option, reason)
      }
    }
    if base != nil, shardByteCount != nil {
      throw ConversionOptionError(.base, "weights in several files have none")
    }
    if ggufType != nil || quantization != nil, !format.storesBlocks {
      throw ConversionOptionError(
        .type, "only GGUF and .gobbet store elements in blocks, \(format) does not")
    }
    if let type = elementType.flatMap({ GGUFType($0) }),
      let reason = format.reason(against: type)
    {
      throw ConversionOptionError(.type, reason)
    }
  }
}
