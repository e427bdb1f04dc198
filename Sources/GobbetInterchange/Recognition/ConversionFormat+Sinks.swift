package import GobbetData

extension ConversionFormat {
  /// A file of this format at `path` that takes tensors under the names that they have.
  ///
  /// - Throws: `LoadingError` for a format that has no place for them; ``InterchangeError``
  ///   (`notRepresentable`) for a tensor that it cannot hold; `FileError`.
  package func sink(
    _ tensors: [TensorDescription], metadata: [(String, String)], at path: String, replacing: Bool
  ) throws -> any TensorSink {
    switch self {
    case .safetensors:
      return SafetensorsSink(
        try SafetensorsWriter(path, tensors: tensors, metadata: metadata, replacing: replacing))
    case .npz: return try NumPyWriter.sink(tensors, path, replacing: replacing)
    case .npy:
      guard tensors.count == 1, let tensor = tensors.first else {
        throw LoadingError(
          path: path, reason: "npy has a place for one tensor, not \(tensors.count)")
      }
      return try NumPyWriter.sink(tensor, path, replacing: replacing)
    case .gobbet:
      return try WeightsSink(
        path: path, tensors: tensors, metadata: metadata, vocabulary: nil, codec: .compact,
        replacing: replacing)
    case .llmC: throw LoadingError(path: path, reason: "llm.c has a place for a GPT-2 only")
    case .safetensorsIndex, .gguf, .tiktoken, .tokenizerJSON, .vocabularyAndMerges, .sentencePiece:
      throw LoadingError(path: path, reason: "\(rawValue) does not hold such tensors")
    }
  }
}
