internal import GobbetBPE
internal import GobbetData
internal import GobbetInterchange

/// A file with the weights of a GPT-2, whichever of the formats it has.
struct ModelFile {
  /// The weights, under the names and in the layouts that the model knows.
  let weights: any TensorSource
  /// The vocabulary in the file or beside it; nil if there is none.
  let vocabulary: Vocabulary?

  /// Opens weights in any format that ``WeightsInput`` knows.
  ///
  /// Gobbet files have a model's weights under its own names; others are recognised by their dialect.
  /// - Throws: ``LoadingError`` for other files; the errors of the formats.
  init(_ path: String) throws {
    guard let input = try WeightsInput(recognizing: path) else {
      let isEmpty = try FileKind(recognizing: path) == .empty
      throw LoadingError(
        path: path, reason: isEmpty ? "is empty" : "holds no weights of a known format")
    }
    vocabulary = input.vocabulary
    weights =
      input.format == "gobbet"
      ? input.source : try Self.gpt2(input.source, input.configuration(of: input.source), path)
  }

  private static func gpt2(
    _ source: some TensorSource, _ configuration: GPT2Configuration, _ path: String
  ) throws -> any TensorSource {
    guard let weights = try GPT2Weights(source, configuration: configuration) else {
      let misfit = GPT2Weights.misfit(of: source.tensors)
      throw LoadingError(
        path: path, reason: misfit ?? "holds weights, but not those of a GPT-2")
    }
    return weights
  }
}
