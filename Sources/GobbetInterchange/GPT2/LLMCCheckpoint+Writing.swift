internal import GobbetData
internal import GobbetSystem

extension LLMCCheckpoint {
  /// Writes a GPT-2 to a checkpoint at `path` that llm.c reads.
  ///
  /// Its elements are `bfloat16` if those of the token embedding are, else 32-bit floats.
  /// - Throws: `FileError`; ``InterchangeError`` (`notRepresentable`) for a model without biases or
  ///   with a head of its own; what the source throws.
  public static func write(
    _ weights: GPT2Weights, to path: String, replacing: Bool = false
  ) throws {
    let sizes = weights.configuration
    guard let positions = sizes.contextLength, let vocabulary = sizes.vocabularySize,
      let layers = sizes.layerCount, let width = sizes.width, let heads = sizes.headCount
    else { throw InterchangeError(.notRepresentable("a model of unknown sizes"), path: path) }
    guard weights.tensor(named: "lm_head.weight") == nil else {
      throw InterchangeError(.notRepresentable("a head that is not the embedding"), path: path)
    }
    let layout = LLMCLayout(
      positions: positions, vocabulary: vocabulary, layers: layers, width: width,
      paddedVocabulary: (vocabulary + 127) / 128 * 128)
    let isShort = weights.tensor(named: "wte.weight")?.elementType == .bfloat16
    let type: ElementType = isShort ? .bfloat16 : .float32
    guard layout.byteCount(type) != nil else {
      throw InterchangeError(.notRepresentable("2^63 bytes or more"), path: path)
    }
    let entries = try layout.entries(type, path)

    var header: [UInt8] = []
    header.append(littleEndian: LLMCLayout.magic)
    header.append(littleEndian: UInt32(isShort ? 5 : 3))
    for size in [positions, vocabulary, layers, heads, width, layout.paddedVocabulary] {
      header.append(littleEndian: Int32(size))
    }
    header.append(contentsOf: repeatElement(0, count: LLMCLayout.headerByteCount - header.count))

    var file = try AtomicFile(path, replacing: replacing)
    try file.write(header.span)
    for (tensor, _) in entries {
      let bytes = try data(of: tensor, weights, path)
      try file.write(bytes.span)
      if tensor.name == "wte.weight" {
        let rows = layout.paddedVocabulary - vocabulary
        let padding = [UInt8](repeating: 0, count: rows * width * type.bitWidth / 8)
        try file.write(padding.span)
      }
    }
    try file.commit()
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
    return conversion.bytes(floats.span)
  }
}
