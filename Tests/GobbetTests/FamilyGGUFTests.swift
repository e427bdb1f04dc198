import Foundation
import Gobbet
import TestSupport
import Testing

/// The families in GGUF files, laid out by PyPI's gguf and by Gobbet.
@Suite("Families of models in GGUF") struct FamilyGGUFTests {
  typealias Draw = FamilyTests.Draw

  /// Writes a model of transformers as llama.cpp's converter lays it out, by PyPI's gguf.
  private static let ggufProgram = """
    import json, sys, numpy as np, gguf
    from safetensors.numpy import load_file
    folder, arch, path = sys.argv[1:]
    config = json.load(open(folder + "/config.json")); tensors = load_file(folder + "/model.safetensors")
    heads, kv = config["num_attention_heads"], config["num_key_value_heads"]
    head = config.get("head_dim") or config["hidden_size"] // heads
    w = gguf.GGUFWriter(path, arch)
    w.add_block_count(config["num_hidden_layers"]); w.add_context_length(config["max_position_embeddings"])
    w.add_embedding_length(config["hidden_size"]); w.add_feed_forward_length(config["intermediate_size"])
    w.add_head_count(heads); w.add_head_count_kv(kv); w.add_key_length(head); w.add_value_length(head)
    w.add_layer_norm_rms_eps(config["rms_norm_eps"])
    rope = config["rope_parameters"]; rope = rope.get("full_attention", rope)
    w.add_rope_freq_base(rope["rope_theta"]); w.add_rope_dimension_count(head)
    if config.get("sliding_window") and arch.startswith("gemma"): w.add_sliding_window(config["sliding_window"])
    if config.get("attn_logit_softcapping"): w.add_attn_logit_softcapping(config["attn_logit_softcapping"])
    if config.get("final_logit_softcapping"): w.add_final_logit_softcapping(config["final_logit_softcapping"])
    if rope["rope_type"] == "llama3":
        f = rope["rope_theta"] ** (-np.arange(0, head, 2) / head); turns = rope["original_max_position_embeddings"] * f / (2 * np.pi)
        lo, hi, factor = rope["low_freq_factor"], rope["high_freq_factor"], rope["factor"]
        s = np.clip((turns - lo) / (hi - lo), 0, 1); w.add_tensor("rope_freqs.weight", (1 / ((1 - s) / factor + s)).astype(np.float32))
    gemma = arch.startswith("gemma")
    names = {"input_layernorm": "attn_norm", "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v",
      "self_attn.o_proj": "attn_output", "self_attn.q_norm": "attn_q_norm", "self_attn.k_norm": "attn_k_norm",
      "post_attention_layernorm": "post_attention_norm" if gemma else "ffn_norm", "pre_feedforward_layernorm": "ffn_norm",
      "post_feedforward_layernorm": "post_ffw_norm", "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down"}
    for name, t in tensors.items():
        t = t.astype(np.float32)
        if name.startswith("model.layers."):
            n, part = name[len("model.layers."):].split(".", 1); part, end = part.rsplit(".", 1)
            if arch == "llama" and part in ("self_attn.q_proj", "self_attn.k_proj"):
                h = heads if "q_" in part else kv
                t = t.reshape(h, 2, head // 2, *t.shape[1:]).swapaxes(1, 2).reshape(t.shape)
            new = f"blk.{n}.{names[part]}.{end}"
        else:
            new = {"model.embed_tokens.weight": "token_embd.weight", "model.norm.weight": "output_norm.weight", "lm_head.weight": "output.weight"}[name]
        if gemma and "norm" in new: t = t + 1
        w.add_tensor(new, t)
    w.write_header_to_file(); w.write_kv_data_to_file(); w.write_tensors_to_file(); w.close()
    """

  /// Families that the program lays out, and what llama.cpp calls them.
  static let laidOut = [
    "llama2": "llama", "llama3": "llama", "qwen2": "qwen2", "qwen3": "qwen3", "gemma2": "gemma2",
    "gemma3": "gemma3",
  ]

  /// Families that are written.
  static let written = [
    "gemma2", "gemma3", "gpt_neox", "gpt_oss", "granite", "llama2", "llama3", "olmo2", "olmo3",
    "qwen2", "qwen3", "qwen3_moe", "smollm3",
  ]

  @Test(
    "files laid out as llama.cpp's have the logits of transformers",
    .enabled(if: peersPython != nil, "\(peersNeeded)"), arguments: Draw.all(laidOut.keys.sorted()))
  func reading(draw: Draw) throws {
    let folder = try TemporaryFolder()
    let path = folder.file("m.gguf")
    try Self.layOut(draw, at: path)
    let pass = try ForwardPass(try GPT(path: path))
    for answer in try FamilyTests.answers(draw) {
      #expect(FamilyTests.error(try pass.logits(of: answer.ids, .all), answer) <= 1e-4)
    }
  }

  @Test(
    "files that Gobbet writes have the tensors of those that gguf lays out",
    .enabled(if: peersPython != nil, "\(peersNeeded)"), arguments: Draw.all(laidOut.keys.sorted()))
  func layout(draw: Draw) throws {
    let folder = try TemporaryFolder()
    try Self.layOut(draw, at: folder.file("theirs.gguf"))
    _ = try FileConversion().convert(
      draw.folder + "/model.safetensors", to: folder.file("ours.gguf"), format: .gguf)
    let theirs = try GGUFReader(folder.file("theirs.gguf"))
    let ours = try GGUFReader(folder.file("ours.gguf"))
    #expect(Set(ours.tensors.map(\.name)) == Set(theirs.tensors.map(\.name)))
    for tensor in theirs.tensors {
      let expected = try theirs.floats(of: tensor)
      let found = try ours.floats(named: tensor.name)
      let error = zip(found, expected).reduce(Float(0)) { max($0, abs($1.0 - $1.1)) }
      #expect(found.count == expected.count && error < 1e-6, "\(tensor.name)")
      #expect(ours.tensor(named: tensor.name)?.shape == tensor.shape, "\(tensor.name)")
    }
    for key in theirs.values.map(\.key) where !key.hasPrefix("general.") {
      #expect(ours[key] == theirs[key], "\(key)")
    }
  }

  @Test(
    "every family that is written to GGUF comes back with its logits", arguments: Draw.all(written))
  func writing(draw: Draw) throws {
    let folder = try TemporaryFolder()
    let path = folder.file("m.gguf")
    _ = try FileConversion().convert(draw.folder + "/model.safetensors", to: path, format: .gguf)
    let reader = try GGUFReader(path)
    // llama.cpp wants floats of 32 bits in vectors.
    #expect(reader.tensors.allSatisfy { $0.shape.count > 1 || $0.elementType == .float32 })
    #expect(reader["tokenizer.ggml.model"] == .string("none"))
    #expect(reader["tokenizer.ggml.eos_token_id"] == .uint32(2))
    let pass = try ForwardPass(try GPT(path: path))
    for answer in try FamilyTests.answers(draw) {
      #expect(FamilyTests.error(try pass.logits(of: answer.ids, .all), answer) <= 1e-4)
    }
    // A Gobbet file made of it runs by what the metadata says.
    let packed = folder.file("m.gobbet")
    _ = try FileConversion().convert(path, to: packed, format: .gobbet)
    let ids = try FamilyTests.answers(draw)[0].ids
    #expect(
      try ForwardPass(try GPT(path: packed)).logits(of: ids, .all) == pass.logits(of: ids, .all))
  }

  @Test("a GPT-2 in GGUF's blocks is computed in them, as near to its numbers as floats of 32 bits")
  func gpt2() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("m.gguf")
    var conversion = FileConversion()
    conversion.ggufType = .q8_0
    _ = try conversion.convert(
      fixturesFolder + "/tinymodel/model.safetensors", to: path, format: .gguf)
    let model = try GPT(path: path)
    let widened = try GPT(path: path, precision: .float32)
    #expect(3 * model.weightByteCount < widened.weightByteCount)
    let ids: [TokenID] = (0..<90).map { $0 * 11 % 1000 }
    let pass = try ForwardPass(model)
    let logits = try pass.logits(of: ids, .all)
    let expected = try ForwardPass(widened).logits(of: ids, .all)
    let largest = expected.elements.reduce(0) { max($0, abs($1)) }
    let error = zip(logits.elements, expected.elements).reduce(0) { max($0, abs($1.0 - $1.1)) }
    #expect(error < 1e-3 * largest, "\(error / largest)")
    #expect(logits != expected)
    // As of any family: a cache changes no bit.
    let cache = try KeyValueCache(model)
    _ = try pass.logits(of: Array(ids.prefix(50)), cache: cache)
    let rest = try pass.logits(of: Array(ids.dropFirst(50)), .all, cache: cache)
    #expect(rest == logits.rows(50..<90))
    // The sizes are those of the model that it was made of.
    let original = try GPT(path: fixturesFolder + "/tinymodel/model.safetensors")
    #expect(model.architecture == original.architecture)
  }

  @Test("an encoder in GGUF has the states of transformers, in the tensors that llama.cpp asks for")
  func encoder() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("m.gguf")
    _ = try FileConversion().convert(
      EncoderTests.folder + "/model.safetensors", to: path, format: .gguf)
    let reader = try GGUFReader(path)
    #expect(reader["bert.attention.causal"] == .bool(false))
    #expect(reader["tokenizer.ggml.token_type_count"] == .uint32(2))
    for name in ["position_embd", "token_types", "token_embd_norm", "blk.1.layer_output_norm"] {
      #expect(reader.tensor(named: "\(name).weight") != nil, "\(name)")
    }
    let pass = try ForwardPass(try GPT(path: path))
    for answer in try EncoderTests.answers() {
      let states = try pass.embeddings(of: answer.ids, .all)
      let largest = answer.states.reduce(0) { max($0, abs($1)) }
      let error = zip((0..<states.rowCount).flatMap { Array(states[$0]) }, answer.states)
        .reduce(Float(0)) { max($0, abs($1.0 - $1.1)) }
      #expect(error <= 1e-4 * largest, "\(error)")
    }
    // The types of tokens stay floats whatever matrices become.
    var conversion = FileConversion()
    conversion.ggufType = .float16
    _ = try conversion.convert(
      EncoderTests.folder + "/model.safetensors", to: folder.file("h.gguf"), format: .gguf)
    let half = try GGUFReader(folder.file("h.gguf"))
    #expect(half.tensor(named: "token_types.weight")?.elementType == .float32)
    #expect(half.tensor(named: "blk.0.attn_q.weight")?.elementType == .float16)
  }

  @Test("LongRoPE's factors come into GGUF and back")
  func longRope() throws {
    let json = """
      {"model_type": "phi3", "vocab_size": 48, "hidden_size": 32, "intermediate_size": 40, \
      "num_hidden_layers": 2, "num_attention_heads": 4, "max_position_embeddings": 64, \
      "original_max_position_embeddings": 16, "tie_word_embeddings": false, "rope_scaling": \
      {"type": "longrope", "short_factor": [1, 1.25, 2, 3], "long_factor": [1, 2, 4, 7.5]}}
      """
    let folder = try TemporaryFolder()
    let fixture = Draw(family: "phi3", isLarge: false).folder
    let source = try SafetensorsReader(fixture + "/model.safetensors")
    // The fixture's heads with keys are half as many.
    let text = json.replacing(
      "\"num_attention_heads\": 4", with: "\"num_attention_heads\": 4, \"num_key_value_heads\": 2")
    let model = try #require(try FamilyModel(json: Array(text.utf8), path: nil))
    let path = folder.file("m.gguf")
    try model.writeGGUF(source, to: path)
    let reader = try GGUFReader(path)
    #expect(try reader.floats(named: "rope_factors_long.weight") == [1, 2, 4, 7.5])
    #expect(try reader.floats(named: "rope_factors_short.weight") == [1, 1.25, 2, 3])
    let again = try #require(try FamilyModel(gguf: reader))
    let rotation = try #require(again.architecture.layers[0].rotation)
    #expect(rotation.shortTextLength == 16)
    #expect(
      abs(rotation.magnitude - (model.architecture.layers[0].rotation?.magnitude ?? 0)) < 1e-7)
    // Texts of up to 16 tokens and longer ones, as the configuration says it.
    let ours = try ForwardPass(
      try GPT(try model.weights(in: source, path: nil), architecture: model.architecture))
    let theirs = try ForwardPass(try GPT(path: path))
    for count in [3, 16, 17, 40] {
      let ids = (0..<count).map { TokenID($0 % 40 + 3) }
      let expected = try ours.logits(of: ids, .all)
      let found = try theirs.logits(of: ids, .all)
      let error = zip(found.elements, expected.elements).reduce(Float(0)) {
        max($0, abs($1.0 - $1.1))
      }
      #expect(error < 1e-5, "\(count)")
    }
  }

  @Test("what is said of a GGUF file counts the tensors that are in it")
  func count() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("m.gguf")
    let result = try FileConversion().convert(
      fixturesFolder + "/models/qwen3_moe/model.safetensors", to: path, format: .gguf)
    guard case .weights(let count, _, _) = result.content else {
      Issue.record("not weights")
      return
    }
    #expect(try GGUFReader(path).tensors.count == count)
  }

  @Test(
    "a model that llama.cpp does not know, or computes otherwise, is refused before anything is written",
    arguments: [
      ("nanochat", "models of the family nanochat"),
      ("mistral", "layer 0 with a window of 8"), ("starcoder2", "layer 0 with a window of 8"),
      ("phi3", "layer 0 with a window of 8"),
    ])
  func refusals(family: String, reason: String) throws {
    let folder = try TemporaryFolder()
    let path = folder.file("m.gguf")
    let error = #expect(throws: InterchangeError.self) {
      try FileConversion().convert(
        Draw(family: family, isLarge: false).folder + "/model.safetensors", to: path, format: .gguf)
    }
    #expect(error?.description.contains(reason) == true, "\(String(describing: error))")
    #expect(!FileManager.default.fileExists(atPath: path))
  }

  /// Has gguf lay a model out.
  private static func layOut(_ draw: Draw, at path: String) throws {
    let result = try run(
      try #require(peersPython),
      ["-c", ggufProgram, draw.folder, try #require(laidOut[draw.family]), path])
    try #require(result.status == 0, "\(result.errorText)")
  }
}
