import Foundation
import GobbetData
import GobbetInterchange
import TestSupport
import Testing

@Suite("Configurations of families") struct FamilyModelTests {
  private static func architecture(_ json: String) throws -> Architecture {
    try #require(try FamilyModel(json: Array(json.utf8), path: nil)).architecture
  }

  private static func failure(_ json: String) -> String? {
    do {
      _ = try FamilyModel(json: Array(json.utf8), path: "config.json")
      return nil
    } catch {
      return error.description
    }
  }

  private static let sizes = """
    "vocab_size": 320, "hidden_size": 64, "num_hidden_layers": 6, "num_attention_heads": 4, \
    "num_key_value_heads": 2, "intermediate_size": 96, "max_position_embeddings": 256
    """

  @Test("rotary settings are the same in their old spelling and their new one")
  func spellings() throws {
    let old = """
      {"model_type": "llama", \(Self.sizes), "torch_dtype": "float32", "rope_theta": 500000.0, \
      "rope_scaling": {"type": "llama3", "factor": 8, "low_freq_factor": 1, "high_freq_factor": 4, \
      "original_max_position_embeddings": 64}}
      """
    let new = """
      {"model_type": "llama", \(Self.sizes), "dtype": "float32", "rope_parameters": \
      {"rope_type": "llama3", "rope_theta": 500000.0, "factor": 8, "low_freq_factor": 1, \
      "high_freq_factor": 4, "original_max_position_embeddings": 64}}
      """
    let architecture = try Self.architecture(old)
    #expect(architecture == (try Self.architecture(new)))
    let rotation = try #require(architecture.layers.first?.rotation)
    #expect(rotation.base == 500_000 && rotation.dimension == 16)
    #expect(
      rotation.scaling
        == .llama3(factor: 8, lowFactor: 1, highFactor: 4, originalContextLength: 64))
  }

  @Test("Gemma 3 is the same with two bases, with nested parameters and inside text_config")
  func gemma() throws {
    let old = """
      {"model_type": "gemma3_text", \(Self.sizes), "rope_theta": 1000000.0, \
      "rope_local_base_freq": 10000.0, "sliding_window": 16, "sliding_window_pattern": 6, \
      "query_pre_attn_scalar": 16, "head_dim": 16}
      """
    let new = """
      {"model_type": "gemma3_text", \(Self.sizes), "sliding_window": 16, "head_dim": 16, \
      "query_pre_attn_scalar": 16, "layer_types": ["sliding_attention", "sliding_attention", \
      "sliding_attention", "sliding_attention", "sliding_attention", "full_attention"], \
      "rope_parameters": {"full_attention": {"rope_type": "default", "rope_theta": 1000000.0}, \
      "sliding_attention": {"rope_type": "default", "rope_theta": 10000.0}}}
      """
    let nested = "{\"model_type\": \"gemma3\", \"vision_config\": {}, \"text_config\": \(new)}"
    let architecture = try Self.architecture(new)
    #expect(architecture == (try Self.architecture(old)))
    #expect(architecture == (try Self.architecture(nested)))
    #expect(architecture.layers.map(\.window) == [16, 16, 16, 16, 16, nil])
    #expect(
      architecture.layers.map { $0.rotation?.base ?? 0 } == [1e4, 1e4, 1e4, 1e4, 1e4, 1e6])
    #expect(architecture.hasTiedHead && architecture.embeddingMultiplier == 8)
  }

  @Test(
    "what is not understood is refused by name",
    arguments: [
      (#""attention_sinks": true"#, "attention_sinks: not supported: a setting that is not known"),
      (#""hidden_act": "relu6""#, "hidden_act: not supported: the activation relu6"),
      (#""num_key_value_heads": 3"#, "num_key_value_heads: the key is there twice"),
      (#""rope_scaling": {"type": "ntk", "factor": 2}"#, "rotary scaling of type ntk"),
      (#""rope_scaling": {"type": "linear", "factor": 0}"#, "factor is 0.0, not at least 1"),
      (#""rope_theta": 0"#, "rope_theta is 0.0, not above 1"),
      (#""partial_rotary_factor": 0.5"#, "partial_rotary_factor: not supported: a share of 0.5"),
      (#""rope_parameters": {"partial_rotary_factor": 0.5}"#, "partial_rotary_factor: not"),
      (#""rope_interleaved": true"#, "rope_interleaved: not supported: other than false"),
      (#""quantization_config": {"quant_method": "gptq"}"#, "weights quantised by gptq"),
      (#""head_dim": 15"#, "turns 15 of a head's 15 floats"),
      (#""rms_norm_eps": 0"#, "the norm's epsilon is 0.0"),
    ])
  func refusals(setting: String, message: String) throws {
    let failure = try #require(
      Self.failure("{\"model_type\": \"llama\", \(Self.sizes), \(setting)}"))
    #expect(failure.contains(message) && failure.hasPrefix("config.json"), "\(failure)")
  }

  @Test("experts are read under both names of their number, and what is not computed is refused")
  func experts() throws {
    func json(_ settings: String, _ type: String = "qwen3_moe") -> String {
      "{\"model_type\": \"\(type)\", \(Self.sizes), \"moe_intermediate_size\": 40, \(settings)}"
    }
    let old = try Self.architecture(
      json(#""num_experts": 4, "num_experts_per_tok": 2, "norm_topk_prob": true"#))
    let new = try Self.architecture(
      json(#""num_local_experts": 4, "num_experts_per_tok": 2, "norm_topk_prob": true"#))
    #expect(old == new && old.experts?.feedForwardSize == 40 && old.feedForwardSize == 96)
    #expect(old.experts?.count == 4 && old.experts?.chosenCount == 2)
    for (settings, message) in [
      (#""num_experts": 4, "num_experts_per_tok": 5"#, "5 of 4 experts are chosen"),
      (#""num_experts": 99999"#, "the number of experts is 99999"),
      (#""shared_expert_intermediate_size": 8"#, "a setting that is not known here"),
    ] {
      #expect(Self.failure(json(settings))?.contains(message) == true, "\(settings)")
    }
    let some = try Self.architecture(json(#""mlp_only_layers": [3], "decoder_sparse_step": 2"#))
    #expect(
      some.layers.indices.map { some.experts(inLayer: $0) != nil }
        == [false, true, false, false, false, true])
    let oss = try #require(
      try FamilyModel(
        json: Array(
          "{\"model_type\": \"gpt_oss\", \(Self.sizes), \"num_local_experts\": 4}".utf8), path: nil)
    ).architecture
    #expect(oss.hasAttentionSinks && oss.gateClamp == .init(limit: 7, slope: 1.702))
    #expect(oss.layers.map(\.window) == [128, nil, 128, nil, 128, nil])
  }

  @Test("LongRoPE and YaRN turn by the factors of their settings, dynamic scaling by none")
  func longContexts() throws {
    func rotation(
      _ type: String, _ scaling: String, _ more: String = ""
    ) throws -> Architecture.Rotation {
      let json =
        "{\"model_type\": \"\(type)\", \(Self.sizes), \(more)\"rope_scaling\": {\(scaling)}}"
      return try #require(try Self.architecture(json).layers[0].rotation)
    }
    let lists =
      #""short_factor": [1, 1, 1.5, 2, 2, 3, 3, 4], "long_factor": [1, 2, 3, 4, 5, 6, 7, 8]"#
    let long = try rotation(
      "phi3", #""type": "su", \#(lists)"#, #""original_max_position_embeddings": 64, "#)
    #expect(long.shortTextLength == 64)
    #expect(abs(long.magnitude - (1 + log(4.0) / log(64.0)).squareRoot()) < 1e-12)
    let plain = Architecture.Rotation(base: 10_000, dimension: 16).frequencies
    #expect(
      zip(plain, long.frequencies).map { ($0 / $1 * 2).rounded() / 2 } == [
        1, 1, 1.5, 2, 2, 3, 3, 4,
      ])
    #expect(
      zip(plain, long.inLongTexts.frequencies).map { ($0 / $1).rounded() } == [
        1, 2, 3, 4, 5, 6, 7, 8,
      ])
    // Beside the settings it is 4096 where nothing is said, as in transformers.
    let usual = try rotation("phi3", #""type": "longrope", "factor": 2, \#(lists)"#)
    #expect(usual.shortTextLength == 4096)
    let given = try rotation(
      "llama",
      #""rope_type": "longrope", "original_max_position_embeddings": 32, "attention_factor": 1.5, \#(lists)"#
    )
    #expect(given.shortTextLength == 32 && given.magnitude == 1.5)
    let yarn = #""type": "yarn", "factor": 4, "original_max_position_embeddings": 64"#
    #expect(abs(try rotation("llama", yarn).magnitude - (0.1 * log(4.0) + 1)) < 1e-12)
    let shares = try rotation("llama", yarn + #", "mscale": 0.7, "mscale_all_dim": 0.3"#)
    #expect(abs(shares.magnitude - (0.07 * log(4.0) + 1) / (0.03 * log(4.0) + 1)) < 1e-12)
    #expect(
      try rotation("llama", #""type": "dynamic", "factor": 4"#).scaling == .none)
    #expect(
      Self.failure(
        "{\"model_type\": \"phi3\", \(Self.sizes), \"rope_scaling\": {\"type\": \"longrope\", "
          + "\"short_factor\": [1], \"long_factor\": [1]}}")
        == "config.json: layer 0 has a rotation with short_factor of 1 for 8 pairs")
  }

  @Test(
    "what published files say besides is read, and what only some families know is refused elsewhere",
    arguments: [
      ("llama", #""is_llama_config": true, "rope_interleaved": false, "mlp_bias": false"#),
      ("llama", #""activation": "swiglu", "transformers.js_config": {"dtype": "q4"}"#),
      ("qwen2", #""use_mrope": false, "attention_bias": false"#),
      ("smollm3", #""max_window_layers": 28, "pretraining_tp": 2"#),
      ("gemma2", #""cache_implementation": "hybrid", "sliding_window_size": 4096"#),
      ("phi3", #""attention_bias": false, "lm_head_bias": false, "full_attn_mod": 1"#),
      ("phi3", #""interpolate_factor": 1, "embd_pdrop": 0.0, "partial_rotary_factor": 0.75"#),
      ("starcoder2", #""norm_type": "layer_norm", "mlp_type": "default", "attn_pdrop": 0.1"#),
      ("mistral", #""do_sample": false, "max_length": 20, "unsloth_version": "2025.1""#),
    ])
  func published(type: String, settings: String) throws {
    let json = "{\"model_type\": \"\(type)\", \(Self.sizes), \(settings)}"
    #expect(Self.failure(json) == nil)
    let other = settings.replacing("false", with: "true").replacing(
      "\"max_length\": 20, ", with: "")
    if other.contains("bias") || other.contains("mrope") || other.contains("interleaved") {
      #expect(
        Self.failure(json.replacing(settings, with: other))?.contains("not supported") == true)
    }
  }

  @Test(
    "a part of each head is turned in families that do so, and refused in the others",
    arguments: [
      "llama", "mistral", "qwen2", "qwen3", "qwen3_moe", "gpt_oss", "smollm3", "granite", "olmo2",
      "olmo3", "gemma2", "gemma3_text", "starcoder2", "nanochat", "phi3", "gpt_neox",
    ])
  func partialRotation(type: String) throws {
    let json =
      "{\"model_type\": \"\(type)\", \(Self.sizes), \"head_dim\": 16, \"rope_parameters\": "
      + "{\"rope_type\": \"default\", \"rope_theta\": 10000.0, \"partial_rotary_factor\": 0.5}}"
    if ["phi3", "gpt_neox"].contains(type) {
      #expect(try Self.architecture(json).layers[0].rotation?.dimension == 8)
    } else {
      #expect(Self.failure(json)?.contains("partial_rotary_factor: not supported") == true)
    }
  }

  @Test("a softcap that transformers does not apply is refused, and one that is null is not")
  func unusedSoftcap() {
    func json(_ value: String) -> String {
      "{\"model_type\": \"gemma3_text\", \(Self.sizes), \"attn_logit_softcapping\": \(value)}"
    }
    #expect(Self.failure(json("null")) == nil)
    #expect(Self.failure(json("50.0"))?.contains("attn_logit_softcapping: not supported") == true)
  }

  @Test(
    "a model with biases that llama.cpp has no place for, or without those it asks for, isn't written",
    arguments: [
      ("llama", #""attention_bias": true, "mlp_bias": true"#, nil),
      ("granite", #""attention_bias": true, "attention_multiplier": 0.25"#, nil),
      ("qwen3", #""attention_bias": true"#, "a bias of attention_output"),
      (
        "gemma2", #""attention_bias": true, "sliding_window": 8, "head_dim": 256"#,
        "a bias of attention_output"
      ),
      ("olmo2", #""attention_bias": true"#, "a bias of attention_output"),
      ("olmo3", #""attention_bias": true, "sliding_window": 8"#, "a bias of attention_output"),
      ("smollm3", #""attention_bias": true"#, "a bias of attention_output"),
      ("smollm3", #""mlp_bias": true"#, "a bias of down"),
      (
        "qwen3_moe", #""attention_bias": true, "norm_topk_prob": true"#,
        "a bias of attention_output"
      ),
      ("gpt_neox", #""attention_bias": false"#, "no bias of attention_output"),
      ("starcoder2", #""use_bias": false"#, "no bias of attention_output"),
      (
        "gpt_oss", #""attention_bias": false, "rope_parameters": {}"#,
        "no bias of attention_output"
      ),
      ("qwen2", #""use_sliding_window": false"#, nil), ("starcoder2", #""use_bias": true"#, nil),
      ("gpt_oss", #""attention_bias": true, "rope_parameters": {}"#, nil),
    ] as [(String, String, String?)])
  func ggufBiases(type: String, settings: String, reason: String?) throws {
    let json = "{\"model_type\": \"\(type)\", \(Self.sizes), \(settings)}"
    let model = try #require(try FamilyModel(json: Array(json.utf8), path: nil))
    let error = Result { try model.requireGGUF(path: "m.gguf") }
    guard let reason else {
      #expect(throws: Never.self) { try error.get() }
      return
    }
    guard case .failure(let failure) = error else {
      Issue.record("not refused")
      return
    }
    #expect("\(failure)".contains("cannot be written: \(reason): llama.cpp"), "\(failure)")
  }

  @Test("of BERT, what would change its states is refused, and what does not is not")
  func bert() throws {
    let sizes = """
      {"model_type": "bert", "vocab_size": 320, "hidden_size": 64, "num_hidden_layers": 6, \
      "num_attention_heads": 4, "intermediate_size": 96, "gradient_checkpointing": false, \
      "pooler_fc_size": 768, "attention_probs_dropout_prob": 0.1, "position_embedding_type":
      """
    let architecture = try Self.architecture(sizes + "\"absolute\"}")
    #expect(!architecture.isCausal && !architecture.hasHead && architecture.tokenTypeCount == 2)
    #expect(architecture.norm == .init(kind: .layer, epsilon: 1e-12))
    #expect(architecture.contextLength == 512 && architecture.normPlace == .afterAddition)
    #expect(
      Self.failure(sizes + "\"relative_key\"}")
        == "config.json, position_embedding_type: not supported: positions of type relative_key")
    #expect(
      Self.failure(sizes + "\"absolute\", \"is_decoder\": true}")
        == "config.json, is_decoder: not supported: other than false")
  }

  @Test("heads that do not divide, a window of nothing and a missing size are refused")
  func sizes() {
    let uneven = Self.sizes.replacing(
      "\"num_key_value_heads\": 2", with: "\"num_key_value_heads\": 3")
    #expect(
      Self.failure("{\"model_type\": \"llama\", \(uneven)}")
        == "config.json: 3 key-value heads do not divide 4 heads")
    #expect(
      Self.failure("{\"model_type\": \"mistral\", \(Self.sizes), \"sliding_window\": 0}")
        == "config.json: layer 0 has a window of 0")
    let missing = Self.sizes.replacing("\"vocab_size\": 320, ", with: "")
    #expect(
      Self.failure("{\"model_type\": \"llama\", \(missing)}")
        == "config.json, vocab_size: is missing")
  }

  @Test("a model of no known family is none, not an error")
  func otherFamilies() throws {
    #expect(try FamilyModel(json: Array("{\"model_type\": \"gpt2\"}".utf8), path: nil) == nil)
    #expect(try FamilyModel(json: Array("[]".utf8), path: nil) == nil)
  }

  @Test("no file outside the folder of families names one")
  func names() throws {
    let types = [
      "\"llama\"", "\"mistral\"", "\"qwen2\"", "\"qwen3\"", "\"gemma2\"", "\"gemma3_text\"",
      "\"olmo2\"", "\"olmo3\"", "\"smollm3\"", "\"granite\"", "\"phi3\"", "\"gpt_neox\"",
      "\"starcoder2\"", "\"nanochat\"", "\"bert\"", "\"qwen3_moe\"", "\"gpt_oss\"",
    ]
    let folder = URL(filePath: fixturesFolder).deletingLastPathComponent().appending(
      path: "Sources")
    let files = FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String }
    var found = 0
    for path in files ?? [] where path.hasSuffix(".swift") {
      let text = String(decoding: try readFile(folder.appending(path: path).path), as: UTF8.self)
      let named = types.filter { text.contains("modelType: \($0)") }
      found += named.count
      #expect(named.isEmpty || path.hasPrefix("GobbetInterchange/Families/"), "\(path)")
    }
    #expect(found == types.count)
  }
}
