public import GobbetData
internal import GobbetSystem

extension LLMCCheckpoint {
  /// Writes a GPT-2 to a checkpoint at `path` that llm.c reads.
  ///
  /// Its elements become `elementType`; nil makes them `bfloat16` if all of them are, and 32-bit
  /// floats if those hold all of them exactly.
  /// - Throws: `FileError`; `InterchangeError` (`notRepresentable`) for a model without biases, with a
  ///   head of its own, another epsilon than 1e-5, another activation than GELU, or elements that llm.c
  ///   does not have; what the source throws.
  public static func write(
    _ weights: GPT2Weights, to path: String, as elementType: ElementType? = nil,
    replacing: Bool = false
  ) throws {
    let sizes = weights.configuration
    guard let positions = sizes.contextLength, let vocabulary = sizes.vocabularySize,
      let layers = sizes.layerCount, let width = sizes.width, let heads = sizes.headCount
    else { throw InterchangeError(.notRepresentable("a model of unknown sizes"), path: path) }
    guard weights.tensor(named: "lm_head.weight") == nil else {
      throw InterchangeError(.notRepresentable("a head that is not the embedding"), path: path)
    }
    guard weights.tensor(named: "lm_head.bias") == nil else {
      throw InterchangeError(.notRepresentable("a head with a bias"), path: path)
    }
    guard Float(sizes.layerNormEpsilon) == 1e-5 else {
      throw InterchangeError(
        .notRepresentable("\(sizes.layerNormEpsilon), where llm.c computes with 1e-5"), path: path,
        field: "layer_norm_epsilon")
    }
    try sizes.requireGELU(of: "llm.c", path: path)
    let type = try elementType ?? Self.elementType(holding: weights, path)
    guard type == .float32 || type == .bfloat16 else {
      throw InterchangeError(.notRepresentable("elements of type \(type.name)"), path: path)
    }
    let layout = LLMCLayout(
      positions: positions, vocabulary: vocabulary, layers: layers, width: width,
      paddedVocabulary: (vocabulary + 127) / 128 * 128)
    guard layout.byteCount(type) != nil else {
      throw InterchangeError(.notRepresentable("2^63 bytes or more"), path: path)
    }
    let entries = try layout.entries(type, path)

    var header: [UInt8] = []
    header.append(littleEndian: LLMCLayout.magic)
    header.append(littleEndian: UInt32(type == .bfloat16 ? 5 : 3))
    for size in [positions, vocabulary, layers, heads, width, layout.paddedVocabulary] {
      header.append(littleEndian: Int32(size))
    }
    header.append(contentsOf: repeatElement(0, count: LLMCLayout.headerByteCount - header.count))

    let padding = (layout.paddedVocabulary - vocabulary) * width * type.bitWidth / 8
    let sink = FileSink(
      entries.map(\.tensor), try newFile(path, beginningWith: header, replacing: replacing)
    ) { tensor, _ in
      tensor.name == "wte.weight" ? padding : 0
    }
    for tensor in sink.tensors {
      sink.begin(tensor)
      let bytes = try data(of: tensor, weights, path)
      try sink.append(bytes.span)
      try sink.end()
    }
    try sink.finish()
  }

  /// The type of llm.c's that holds every element exactly.
  private static func elementType(
    holding weights: GPT2Weights, _ path: String
  ) throws(InterchangeError) -> ElementType {
    if weights.tensors.allSatisfy({ $0.elementType == .bfloat16 }) { return .bfloat16 }
    for tensor in weights.tensors where tensor.elementType.bitWidth > 32 {
      throw InterchangeError(
        .notRepresentable("elements of type \(tensor.elementType.name), unless they are converted"),
        path: path, field: tensor.name)
    }
    return .float32
  }

  /// The data of one tensor as llm.c lays it out.
  private static func data(
    of tensor: TensorDescription, _ weights: GPT2Weights, _ path: String
  ) throws -> [UInt8] {
    guard let source = weights.tensor(named: tensor.name) else {
      throw InterchangeError(
        .notRepresentable("a model without it"), path: path, field: tensor.name)
    }
    var floats = try weights.floats(of: source)
    if tensor.name.hasPrefix("h."), tensor.shape.count == 2 {
      let (rows, columns) = (tensor.shape[0], tensor.shape[1])
      let inputMajor = floats
      for row in 0..<rows {
        for column in 0..<columns {
          floats[row * columns + column] = inputMajor[column * rows + row]
        }
      }
    }
    guard let conversion = FloatConversion(tensor.elementType) else {
      throw TensorError(.notConvertible(tensor.elementType), tensor: tensor.name)
    }
    do throws(ElementOverflow) {
      return try conversion.bytes(floats.span)
    } catch {
      throw error.inTensor(named: tensor.name)
    }
  }
}
