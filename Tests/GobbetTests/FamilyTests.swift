import Foundation
import Gobbet
import TestSupport
import Testing

/// The families of models beside transformers 5.24, whose answers `models/make.py` stored.
@Suite("Families of models") struct FamilyTests {
  static let families = [
    "gemma2", "gemma3", "gpt_neox", "gpt_oss", "granite", "llama2", "llama3", "mistral", "nanochat",
    "olmo2", "olmo3", "phi3", "qwen2", "qwen3", "qwen3_moe", "smollm3", "starcoder2",
  ]

  /// A prompt and what follows it.
  struct Answer {
    let ids: [TokenID]
    /// [T, V].
    let logits: [Float]
    let greedy: [TokenID]

    init(_ reader: SafetensorsReader, _ number: Int) throws {
      func integers(_ name: String) throws -> [TokenID] {
        let tensor = try #require(reader.tensor(named: "\(name).\(number)"))
        let bytes = try reader.bytes(of: tensor)
        return stride(from: 0, to: bytes.count, by: 4).map { start in
          bytes[start..<(start + 4)].reversed().reduce(0) { $0 << 8 | TokenID($1) }
        }
      }
      ids = try integers("ids")
      greedy = try integers("greedy")
      logits = try reader.floats(named: "logits.\(number)")
    }
  }

  static func answers(_ family: String) throws -> [Answer] {
    let reader = try SafetensorsReader(
      Conformance.path("models/\(family)/reference.safetensors"))
    return try (0..<3).map { try Answer(reader, $0) }
  }

  @Test(
    "logits are within 1e-4 of the largest, in one pass and token by token",
    .enabled(if: Conformance.isAvailable, "\(Conformance.needed)"), arguments: families)
  func logits(family: String) throws {
    let model = try GPT(path: Conformance.path("models/\(family)"))
    let pass = try ForwardPass(model, threadCount: 2)
    for answer in try Self.answers(family) {
      let logits = try pass.logits(of: answer.ids, .all)
      let largest = answer.logits.reduce(0) { max($0, abs($1)) }
      let rows = (0..<logits.rowCount).flatMap { Array(logits[$0]) }
      let error = zip(rows, answer.logits).reduce(Float(0)) { max($0, abs($1.0 - $1.1)) }
      #expect(error <= 1e-4 * largest, "\(error) of \(largest)")
      let cache = try KeyValueCache(model)
      for (position, id) in answer.ids.enumerated() {
        let row = try pass.logits(of: [id], cache: cache)
        #expect(Array(row[0]) == Array(logits[position]), "position \(position)")
      }
    }
  }

  @Test(
    "a position has the same bits cached, in a batch and on three threads, in every precision",
    .enabled(if: Conformance.isAvailable, "\(Conformance.needed)"), arguments: families,
    [Precision.bfloat16, .int8])
  func sameBits(family: String, precision: Precision) throws {
    let model = try GPT(path: Conformance.path("models/\(family)"), precision: precision)
    let pass = try ForwardPass(model)
    let three = try ForwardPass(model, threadCount: 3)
    let answers = try Self.answers(family)
    let whole = try answers.map { try pass.logits(of: $0.ids, .all) }
    let batch = try three.logits(
      of: answers.map { ForwardPass.Continuation($0.ids, try KeyValueCache(model)) }, .all)
    #expect(batch == whole)
    let cache = try KeyValueCache(model)
    let pieces = [0..<3, 3..<4, 4..<answers[1].ids.count]
    for piece in pieces {
      let rows = try three.logits(of: Array(answers[1].ids[piece]), .all, cache: cache)
      #expect(rows == whole[1].rows(piece))
    }
    // Not what the floats give, but near them.
    let largest = answers[1].logits.reduce(0) { max($0, abs($1)) }
    let rows = (0..<whole[1].rowCount).flatMap { Array(whole[1][$0]) }
    let squares = zip(rows, answers[1].logits).reduce(Double(0)) {
      $0 + Double(pow($1.0 - $1.1, 2))
    }
    let error = (squares / Double(rows.count)).squareRoot()
    #expect(error <= 0.02 * Double(largest), "\(error) of \(largest)")
  }

  @Test(
    "layers with a window keep no more than that and a piece, with the bits of an uncached pass",
    .enabled(if: Conformance.isAvailable, "\(Conformance.needed)"),
    arguments: ["gemma3", "mistral", "gpt_oss"], Precision.allCases)
  func windows(family: String, precision: Precision) throws {
    let folder = Conformance.path("models/\(family)")
    let source = try SafetensorsReader(folder + "/model.safetensors")
    let described = try #require(try FamilyModel(contentsOf: folder + "/config.json"))
    // Nothing of a rotary model depends on how many positions there are.
    var architecture = described.architecture
    architecture.contextLength = 4096
    let weights = try described.weights(in: source, path: nil)
    let model = try GPT(weights, architecture: architecture, precision: precision)
    architecture.layers = architecture.layers.map { .init(rotation: $0.rotation) }
    let unbounded = try KeyValueCache(
      try GPT(weights, architecture: architecture, precision: precision))
    let ids = (0..<1500).map { (index: Int) -> TokenID in
      let mixed: Int = index * 7919 + index / 3
      return TokenID(mixed % 317 + 3)
    }
    let pass = try ForwardPass(model, threadCount: 2)
    let whole = try pass.logits(of: ids, .all)
    let cache = try KeyValueCache(model)
    var start = 0
    for length in [1, 300, 2, 516, 90, 1, 1, 400, 189] {
      let rows = try pass.logits(of: Array(ids[start..<(start + length)]), .all, cache: cache)
      #expect(rows == whole.rows(start..<(start + length)), "positions from \(start)")
      start += length
    }
    #expect(start == ids.count)
    // Only some rows of a piece are wanted, of two sequences at once.
    let caches = [try KeyValueCache(model), try KeyValueCache(model)]
    let wanted = [0, 99, 130, 131, 500, 900]
    let some = try pass.logits(
      of: [.init(Array(ids[..<901]), caches[0]), .init(Array(ids[..<1200]), caches[1])],
      .chosen(wanted))
    for matrix in some {
      for (row, position) in wanted.enumerated() { #expect(matrix[row] == whole[position]) }
    }
    // What the model sees of layers with windows takes a fraction of what it would without.
    let layers = model.architecture.layers
    _ = try ForwardPass(
      try GPT(weights, architecture: architecture, precision: precision)
    ).logits(of: ids, cache: unbounded)
    let full = layers.count { $0.window == nil }
    #expect(
      cache.byteCount * layers.count < unbounded.byteCount * (full + (layers.count - full) / 4 + 1))
    // Back into what has been left behind there is no way, but to the beginning.
    #expect(!cache.canRewind(to: 700) && cache.canRewind(to: 0) && cache.canRewind(to: 1500))
    cache.rewind()
    #expect(try pass.logits(of: Array(ids[..<200]), .all, cache: cache) == whole.rows(0..<200))
    #expect(cache.canRewind(to: 150))
    cache.rewind(to: 150)
    #expect(
      try pass.logits(of: Array(ids[150..<777]), .all, cache: cache) == whole.rows(150..<777))
  }

  @Test(
    "attention of a layer with a window adds up to 1 for every position, and is zero outside of it",
    .enabled(if: Conformance.isAvailable, "\(Conformance.needed)"))
  func windowedAttention() throws {
    let model = try GPT(path: Conformance.path("models/mistral"))
    let window = try #require(model.architecture.layers[1].window)
    let ids = (0..<250).map { TokenID($0 % 300 + 3) }
    let weights = try ForwardPass(model).attentionWeights(of: ids, layer: 1)[2]
    for position in 0..<250 {
      let row = Array(weights[position])
      #expect(abs(row.reduce(0, +) - 1) < 1e-4)
      for (other, weight) in row.enumerated()
      where other > position || other <= position - window {
        #expect(weight == 0)
      }
    }
  }

  @Test(
    "the 24 likeliest tokens are those of transformers",
    .enabled(if: Conformance.isAvailable, "\(Conformance.needed)"), arguments: families)
  func greedy(family: String) throws {
    let model = try GPT(path: Conformance.path("models/\(family)"))
    let pass = try ForwardPass(model)
    for answer in try Self.answers(family) {
      let cache = try KeyValueCache(model)
      var next = answer.ids
      var found: [TokenID] = []
      for _ in 0..<24 {
        let row = Array(try pass.logits(of: next, cache: cache)[0])
        let best = try #require(row.indices.max { row[$0] < row[$1] })
        next = [TokenID(best)]
        found += next
      }
      #expect(found == answer.greedy)
    }
  }

  @Test(
    "by way of a Gobbet file a model runs by itself, and comes back with its config.json",
    .enabled(if: Conformance.isAvailable, "\(Conformance.needed)"), arguments: families)
  func conversion(family: String) throws {
    let folder = try TemporaryFolder()
    let original = Conformance.path("models/\(family)")
    let packed = folder.file("m.gobbet")
    let conversion = FileConversion()
    let result = try conversion.convert(
      original + "/model.safetensors", to: packed, format: .gobbet)
    #expect(result.notes.allSatisfy { !$0.contains("config.json") }, "\(result.notes)")
    let ids = try Self.answers(family)[1].ids
    let expected = try ForwardPass(try GPT(path: original)).logits(of: ids, .all)
    #expect(try ForwardPass(try GPT(path: packed)).logits(of: ids, .all) == expected)
    let back = folder.file("back.safetensors")
    _ = try conversion.convert(packed, to: back, format: .safetensors)
    #expect(try readFile(folder.file("config.json")) == readFile(original + "/config.json"))
    #expect(try ForwardPass(try GPT(path: back)).logits(of: ids, .all) == expected)
  }

  @Test(
    "a model whose names in GGUF are not known is refused by its family",
    .enabled(if: Conformance.isAvailable, "\(Conformance.needed)"),
    arguments: ["nanochat", "smollm3"])
  func noGGUF(family: String) throws {
    let folder = try TemporaryFolder()
    let error = #expect(throws: LoadingError.self) {
      try FileConversion().convert(
        Conformance.path("models/\(family)/model.safetensors"), to: folder.file("m.gguf"),
        format: .gguf)
    }
    #expect(error?.reason.contains("the family \(family)") == true)
  }

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

  @Test(
    "GGUF files laid out as llama.cpp's have the logits of transformers, too",
    .enabled(if: Conformance.isAvailable, "\(Conformance.needed)"),
    .enabled(if: peersPython != nil, "\(peersNeeded)"),
    arguments: [
      ("llama2", "llama"), ("llama3", "llama"), ("qwen2", "qwen2"), ("qwen3", "qwen3"),
      ("gemma2", "gemma2"), ("gemma3", "gemma3"),
    ])
  func gguf(family: String, architecture: String) throws {
    let folder = try TemporaryFolder()
    let path = folder.file("m.gguf")
    let result = try run(
      try #require(peersPython),
      ["-c", Self.ggufProgram, Conformance.path("models/\(family)"), architecture, path])
    try #require(result.status == 0, "\(result.errorText)")
    let pass = try ForwardPass(try GPT(path: path))
    for answer in try Self.answers(family) {
      let logits = try pass.logits(of: answer.ids, .all)
      let largest = answer.logits.reduce(0) { max($0, abs($1)) }
      let rows = (0..<logits.rowCount).flatMap { Array(logits[$0]) }
      let error = zip(rows, answer.logits).reduce(Float(0)) { max($0, abs($1.0 - $1.1)) }
      #expect(error <= 1e-4 * largest, "\(error) of \(largest)")
    }
  }
}
