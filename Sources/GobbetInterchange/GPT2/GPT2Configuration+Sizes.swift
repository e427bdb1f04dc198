internal import GobbetData

extension GPT2Configuration {
  /// The configuration with all that the tensors tell.
  ///
  /// Without a number of heads, a head is 64 wide where the width is one of GPT-2's four.
  /// - Throws: ``InterchangeError`` if it contradicts the tensors, or nothing tells the heads.
  func completed(
    embedding: TensorDescription, positions: TensorDescription, layerCount: Int, isTied: Bool
  ) throws(InterchangeError) -> GPT2Configuration {
    guard embedding.shape.count == 2, positions.shape.count == 2 else {
      throw InterchangeError(.damaged("an embedding is no matrix"), path: nil)
    }
    var result = self
    let found: [(key: String, path: WritableKeyPath<GPT2Configuration, Int?>, value: Int)] = [
      ("vocab_size", \.vocabularySize, embedding.shape[0]),
      ("n_positions", \.contextLength, positions.shape[0]),
      ("n_embd", \.width, embedding.shape[1]),
      ("n_layer", \.layerCount, layerCount),
    ]
    for (key, path, value) in found {
      if let given = self[keyPath: path], given != value {
        throw InterchangeError(
          .damaged("the configuration says \(given), the tensors \(value)"), path: nil, field: key)
      }
      result[keyPath: path] = value
    }
    let width = embedding.shape[1]
    let heads = headCount ?? ([768, 1024, 1280, 1600].contains(width) ? width / 64 : nil)
    guard let heads else {
      throw InterchangeError(
        .unsupported("weights without a configuration that says it"), path: nil, field: "n_head")
    }
    guard width.isMultiple(of: heads) else {
      throw InterchangeError(
        .damaged("\(heads) heads do not divide a width of \(width)"), path: nil, field: "n_head")
    }
    result.headCount = heads
    result.hasTiedHead = isTied
    return result
  }

  /// One flat JSON object with the keys of `config.json`, in a fixed order; sizes that are not known
  /// are left out.
  public var json: String {
    let sizes = [
      ("vocab_size", vocabularySize), ("n_positions", contextLength), ("n_embd", width),
      ("n_layer", layerCount), ("n_head", headCount),
    ]
    var members = sizes.compactMap { key, size in size.map { "\"\(key)\":\($0)" } }
    members.append("\"layer_norm_epsilon\":\(layerNormEpsilon)")
    if let hasTiedHead { members.append("\"tie_word_embeddings\":\(hasTiedHead)") }
    return "{\(members.joined(separator: ","))}"
  }
}
