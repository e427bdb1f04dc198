internal import GobbetBPE
internal import GobbetData
internal import GobbetInterchange

/// A file with the weights of a GPT-2, whichever of the formats it has.
struct ModelFile {
  /// The weights, under the names and in the layouts that the model knows.
  let weights: any TensorSource
  private let input: WeightsInput

  /// The vocabulary in the file or beside it; nil if there is none.
  ///
  /// - Throws: as ``WeightsInput/vocabulary``.
  var vocabulary: Vocabulary? { get throws { try input.vocabulary } }

  /// Opens weights in any format that ``WeightsInput`` knows.
  ///
  /// Gobbet files have a model's weights under its own names; others are recognised by their dialect.
  /// - Throws: ``LoadingError`` for other files; the errors of the formats.
  init(_ path: String) throws {
    guard let input = try WeightsInput(recognizing: path) else {
      throw try FileDescription.error(path, wanted: "weights")
    }
    self.input = input
    weights = input.format == "gobbet" ? input.source : try Self.gpt2(input.source, input)
  }

  private static func gpt2(
    _ source: some TensorSource, _ input: WeightsInput
  ) throws -> any TensorSource {
    let weights = try GPT2Weights(source, configuration: input.configuration(of: source))
    guard let weights else {
      let misfit = GPT2Weights.misfit(of: source.tensors)
      throw LoadingError(
        path: input.path, reason: misfit ?? "holds weights, but not those of a GPT-2")
    }
    return weights
  }
}
