import Foundation
import TestSupport
import Testing

/// Runs the command `gobbet`.
func gobbet(_ arguments: String..., input: [UInt8] = []) throws -> CommandResult {
  try run(productPath("gobbet"), arguments, input: input)
}

/// Expects an exit code and one line on standard error that holds `part`.
func expectOneLine(_ result: CommandResult, _ status: Int32, _ part: String) {
  #expect(result.status == status, "\(result.errorText)")
  #expect(result.errorText.split(separator: "\n").count == 1, "\(result.errorText)")
  #expect(result.errorText.contains(part), "\(result.errorText)")
}

/// What several suites start from: a vocabulary, a dataset and a model, made once by the command.
struct Workshop: Sendable {
  let folder: TemporaryFolder
  let vocabulary: String
  let dataset: String
  let model: String
  /// A low-rank adapter for the model, which changes nothing.
  let adapter: String
  /// A text of a few hundred tokens.
  let text: String

  /// Made at the first use, by the verbs themselves.
  static let shared = Result { try Workshop() }

  private init() throws {
    folder = try TemporaryFolder()
    vocabulary = folder.file("vocabulary.gobbet")
    dataset = folder.file("dataset.gobbet")
    model = folder.file("model.gobbet")
    adapter = folder.file("adapter")
    try Self.writeAdapter(adapter)
    text = try folder.write(
      "short.txt", Array(try readFile(fixturesFolder + "/corpus-heldout/en.txt").prefix(1200)))
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

  private static func writeAdapter(_ path: String) throws {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    let prefix = "base_model.model.transformer.h.0.attn.c_proj"
    let header = """
      {"\(prefix).lora_A.weight":{"dtype":"F32","shape":[1,128],"data_offsets":[0,512]},\
      "\(prefix).lora_B.weight":{"dtype":"F32","shape":[128,1],"data_offsets":[512,1024]}}
      """
    let length = (0..<8).map { UInt8(truncatingIfNeeded: header.utf8.count >> (8 * $0)) }
    try writeFile(
      path + "/adapter_model.safetensors",
      length + Array(header.utf8) + [UInt8](repeating: 0, count: 1024))
    try writeFile(
      path + "/adapter_config.json",
      Array(#"{"peft_type":"LORA","r":1,"lora_alpha":16,"fan_in_fan_out":true}"#.utf8))
  }

  private struct Unmade: Error { let reason: String }
}
