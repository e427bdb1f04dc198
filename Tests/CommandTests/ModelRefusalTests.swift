import Foundation
import TestSupport
import Testing

/// What a description tells without the weights: models whose weights cannot be read are asked.
@Suite("What no weights would change") struct ModelRefusalTests {
  /// A folder with a model of which every float isn't a number.
  private struct UnreadableModel {
    let folder: TemporaryFolder
    var path: String { folder.path }

    /// A copy of a model among the fixtures, with settings of its `config.json` replaced.
    init(_ name: String, replacing settings: [String: Any] = [:]) throws {
      folder = try TemporaryFolder()
      let original = fixturesFolder + "/" + name
      for file in ["tokenizer.json", "generation_config.json"] {
        if let bytes = try? readFile(original + "/" + file) { try folder.write(file, bytes) }
      }
      let json = try JSONSerialization.jsonObject(
        with: Data(try readFile(original + "/config.json")))
      var config = try #require(json as? [String: Any])
      config.merge(settings) { $1 }
      try folder.write("config.json", Array(try JSONSerialization.data(withJSONObject: config)))
      var weights = try readFile(original + "/model.safetensors")
      let header = 8 + weights.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
      for index in header..<weights.count { weights[index] = 0xFF }
      try folder.write("model.safetensors", weights)
    }
  }

  private func expectOneLine(_ arguments: [String], _ status: Int32, _ part: String) throws {
    let result = try run(productPath("gobbet"), arguments)
    #expect(result.status == status, "\(result.errorText)")
    let lines = result.errorText.split(separator: "\n")
    #expect(lines.count == 1 && lines[0].hasPrefix("gobbet: "), "\(result.errorText)")
    #expect(result.errorText.contains(part), "\(arguments): \(result.errorText)")
  }

  @Test("tokens that a model doesn't have, and too many, are refused before its weights are read")
  func tokens() throws {
    let decoder = try UnreadableModel("models/qwen3")
    let encoder = try UnreadableModel("models/bert")
    let output = decoder.folder.file("out.npy")
    // The weights are what they should be here: nothing to compute with.
    try expectOneLine(
      ["logits", decoder.path, "--ids", "1,2", "-o", output], 65, "holds an infinity or a NaN")
    let many = Array(repeating: "1", count: 5000).joined(separator: ",")
    for (ids, part) in [
      ("1,48", "token 1 is 48, the vocabulary ends at 47"), (many, "5000 tokens"),
    ] {
      for arguments in [
        ["logits", decoder.path, "--ids", ids, "-o", output],
        ["embed", decoder.path, "--ids", ids, "-o", output],
        ["embed", encoder.path, "--ids", ids, "-o", output],
      ] {
        try expectOneLine(arguments, 65, part)
      }
    }
    #expect(!FileManager.default.fileExists(atPath: output))
  }

  @Test("logits and text of an encoder are refused before its weights are read")
  func encoders() throws {
    let model = try UnreadableModel("models/bert")
    for arguments in [
      ["logits", model.path, "--ids", "5", "-o", model.folder.file("out.npy")],
      ["generate", model.path, "--prompt", "a"],
      ["evaluate", model.path, fixturesFolder + "/corpus"],
    ] {
      try expectOneLine(arguments, 65, "is an encoder")
    }
  }

  @Test("prompts, windows and texts that don't fit are refused before the weights are read")
  func texts() throws {
    let model = try UnreadableModel("tinymodel")
    let long = String(repeating: "word ", count: 300)
    try expectOneLine(["generate", model.path, "--prompt", long], 65, "the context holds 256")
    try expectOneLine(["generate", model.path, "--prompt", ""], 65, "there are no tokens")
    try expectOneLine(["embed", model.path, long, "--json"], 65, "the context holds 256")
    try expectOneLine(
      ["evaluate", model.path, fixturesFolder + "/corpus", "--window", "300"], 2,
      "the context of the model is 256")
    try expectOneLine(
      ["generate", model.path, "--prompt", long, "--slide"], 65, "holds an infinity or a NaN")
  }

  @Test(
    "settings that describe no model, or another than the tensors, are refused by name",
    arguments: [
      (["num_attention_heads": 3], "heads"), (["hidden_size": 48], "shape"),
      (["num_hidden_layers": 9], "layer_types"), (["head_dim": 14], "shape"),
      (["vocab_size": 50], "shape"), (["intermediate_size": 31], "shape"),
    ] as [([String: Int], String)])
  func settings(changed: [String: Int], part: String) throws {
    let model = try UnreadableModel("models/qwen3", replacing: changed)
    try expectOneLine(
      ["logits", model.path, "--ids", "1", "-o", model.folder.file("out.npy")], 65, part)
  }

  @Test("a window of 0 and more chosen experts than there are are refused by name")
  func flaws() throws {
    for (name, changed, part) in [
      ("models/mistral", ["sliding_window": 0], "window"),
      ("models/qwen3_moe", ["num_experts_per_tok": 99], "experts"),
    ] {
      let model = try UnreadableModel(name, replacing: changed)
      try expectOneLine(
        ["logits", model.path, "--ids", "1", "-o", model.folder.file("out.npy")], 65, part)
    }
  }
}
