package import GobbetData
internal import GobbetSystem

extension GPT2Configuration {
  /// The configuration with all that the tensors tell.
  ///
  /// Without a number of heads, a head is 64 wide where the width is one of GPT-2's four.
  /// - Throws: `InterchangeError` if it contradicts the tensors, or nothing tells the heads.
  func completed(
    embedding: TensorDescription, positions: TensorDescription, layerCount: Int, isTied: Bool
  ) throws(InterchangeError) -> GPT2Configuration {
    guard embedding.shape.count == 2, positions.shape.count == 2 else {
      throw InterchangeError(.damaged("an embedding isn't a matrix"), path: nil)
    }
    var result = self
    let found: [(size: GPTSize, value: Int)] = [
      (.vocabularySize, embedding.shape[0]), (.contextLength, positions.shape[0]),
      (.width, embedding.shape[1]), (.layerCount, layerCount),
    ]
    for (size, value) in found {
      if let given = sizes[size], given != value {
        throw InterchangeError(
          .damaged("the configuration says \(given), the tensors \(value)"), path: nil,
          field: size.key)
      }
      result.sizes[size] = value
    }
    let width = embedding.shape[1]
    let heads = headCount ?? ([768, 1024, 1280, 1600].contains(width) ? width / 64 : nil)
    guard let heads else {
      throw InterchangeError(
        .unsupported("weights without a configuration that says it"), path: nil,
        field: GPTSize.headCount.key)
    }
    guard width.isMultiple(of: heads) else {
      throw InterchangeError(
        .damaged("\(heads.counted("head")) do not divide a width of \(width)"), path: nil,
        field: GPTSize.headCount.key)
    }
    result.headCount = heads
    result.hasTiedHead = isTied
    return result
  }

  /// The text of a `config.json` with which transformers loads the model.
  ///
  /// `elementType` is that of the weights.
  package func huggingFaceText(elementType: ElementType?) -> [UInt8] {
    var members = [
      #""architectures": ["GPT2LMHeadModel"]"#, #""model_type": "gpt2""#,
      "\"\(Architecture.Activation.gpt2Key)\": \"\(activation.configurationName)\"",
      "\"layer_norm_epsilon\": \(layerNormEpsilon)",
    ]
    for (key, size) in sizesByKey + [
      ("bos_token_id", beginningOfTextID), ("eos_token_id", endOfTextID),
    ] {
      // transformers takes GPT-2's own where a file says nothing.
      members.append("\"\(key)\": \(size.map(String.init) ?? "null")")
    }
    members.append("\"tie_word_embeddings\": \(hasTiedHead ?? true)")
    switch elementType {
    case .float32: members.append(#""dtype": "float32""#)
    case .float16: members.append(#""dtype": "float16""#)
    case .bfloat16: members.append(#""dtype": "bfloat16""#)
    case .float64: members.append(#""dtype": "float64""#)
    default: break
    }
    return Array("{\n  \(members.joined(separator: ",\n  "))\n}\n".utf8)
  }

  /// Whether a `config.json` says nothing else of a model than this does.
  ///
  /// Whether the head is tied is left to the tensors, as readers do.
  package func agrees(with other: GPT2Configuration) -> Bool {
    func agree(_ one: Int?, _ two: Int?) -> Bool { one == nil || two == nil || one == two }
    return layerNormEpsilon == other.layerNormEpsilon && activation == other.activation
      && GPTSize.allCases.allSatisfy { agree(sizes[$0], other.sizes[$0]) }
      && agree(beginningOfTextID, other.beginningOfTextID)
      && agree(endOfTextID, other.endOfTextID)
  }

  /// Refuses an activation for a program that has GELU only, be it by tanh or by the error function.
  ///
  /// - Throws: `InterchangeError` (`notRepresentable`).
  func requireGELU(of program: String, path: String) throws(InterchangeError) {
    guard activation == .geluTanh || activation == .geluErf else {
      throw InterchangeError(
        .notRepresentable(
          "the activation \(activation.configurationName), where \(program) has GELU only"),
        path: path)
    }
  }

  private var sizesByKey: [(String, Int?)] { GPTSize.allCases.map { ($0.key, sizes[$0]) } }

  /// One flat JSON object with the keys of `config.json`, in a fixed order; sizes that are not known
  /// are left out.
  public var json: String {
    var members = sizesByKey.compactMap { key, size in size.map { "\"\(key)\":\($0)" } }
    members.append("\"layer_norm_epsilon\":\(layerNormEpsilon)")
    if let member = activation.gpt2Member { members.append(member) }
    if let id = beginningOfTextID { members.append("\"bos_token_id\":\(id)") }
    if let id = endOfTextID { members.append("\"eos_token_id\":\(id)") }
    if let hasTiedHead { members.append("\"tie_word_embeddings\":\(hasTiedHead)") }
    return "{\(members.joined(separator: ","))}"
  }
}
