import TestSupport
import Testing

/// Runs the command `gobbet`.
func gobbet(_ arguments: String..., input: [UInt8] = []) throws -> CommandResult {
  try run(productPath("gobbet"), arguments, input: input)
}

/// What several suites start from: a vocabulary, a dataset and a model, made once by the command.
struct Workshop: Sendable {
  let folder: TemporaryFolder
  let vocabulary: String
  let dataset: String
  let model: String

  /// Made at the first use, by the verbs themselves.
  static let shared = Result { try Workshop() }

  private init() throws {
    folder = try TemporaryFolder()
    vocabulary = folder.file("vocabulary.gobbet")
    dataset = folder.file("dataset.gobbet")
    model = folder.file("model.gobbet")
    for result in [
      try gobbet(
        "train", fixturesFolder + "/corpus", "--size", "1000", "--special", "<|endoftext|>", "-o",
        vocabulary),
      try gobbet(
        "pack", fixturesFolder + "/corpus", "--vocabulary", vocabulary, "--append",
        "<|endoftext|>", "-o", dataset),
      try gobbet("convert", fixturesFolder + "/tinymodel/model.safetensors", "-o", model),
    ] where result.status != 0 {
      throw Unmade(reason: result.errorText)
    }
  }

  private struct Unmade: Error { let reason: String }
}
