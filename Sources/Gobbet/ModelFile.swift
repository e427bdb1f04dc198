internal import GobbetBPE
internal import GobbetData
internal import GobbetInterchange

/// A file with the weights of a GPT-2, whichever of the formats it has.
struct ModelFile {
  /// The weights, under the names and in the layouts that the model knows.
  let weights: any TensorSource
  /// The vocabulary in the file or beside it; nil if there is none.
  let vocabulary: Vocabulary?

  /// Opens a Gobbet file, safetensors (with `config.json` and `tokenizer.json` beside them, if they are
  /// there) or GGUF.
  ///
  /// - Throws: ``LoadingError`` for other files; the errors of the formats.
  init(_ path: String) throws {
    switch try FileKind(recognizing: path) {
    case .gobbet:
      let reader = try WeightsReader(path: path)
      weights = reader
      vocabulary = try reader.vocabulary()
    case .safetensors:
      weights = try Self.gpt2(
        try SafetensorsReader(path), try Self.configuration(beside: path), path)
      vocabulary = try Self.vocabulary(beside: path)
    case .gguf:
      let reader = try GGUFReader(path)
      weights = try Self.gpt2(reader, reader.gpt2Configuration ?? .init(), path)
      vocabulary = try reader.vocabulary()
    case .empty: throw LoadingError(path: path, reason: "is empty")
    case .json, .tiktoken, .safetensorsIndex, .llmC, .numPy, .pyTorch, .other:
      throw LoadingError(path: path, reason: "holds no weights of a known format")
    }
  }

  private static func gpt2(
    _ source: some TensorSource, _ configuration: GPT2Configuration, _ path: String
  ) throws -> any TensorSource {
    guard let weights = try GPT2Weights(source, configuration: configuration) else {
      throw LoadingError(path: path, reason: "holds weights, but not those of a GPT-2")
    }
    return weights
  }

  /// The sizes that a `config.json` beside weights tells; unknown ones if there is none.
  static func configuration(beside path: String) throws -> GPT2Configuration {
    let path = siblingPath("config.json", of: path)
    return exists(path) ? try GPT2Configuration(contentsOf: path) : .init()
  }

  /// The vocabulary of a `tokenizer.json` beside weights; nil if there is none.
  static func vocabulary(beside path: String) throws -> Vocabulary? {
    let path = siblingPath("tokenizer.json", of: path)
    return exists(path) ? try TokenizerJSON.vocabulary(contentsOf: path) : nil
  }
}
