internal import GobbetData

/// The settings of a `config.json`, of which each must be understood.
///
/// It remembers what was asked for, so that a setting that nobody asked for is refused by name.
final class FamilySettings {
  private let object: JSONValue
  private var read: Set<String> = []

  init(_ object: JSONValue) { self.object = object }

  /// The value of a setting; nil if it is not there or `null`.
  func value(_ key: String) throws(InterchangeError) -> JSONValue? {
    read.insert(key)
    guard let value = try object.member(key), !value.isNull else { return nil }
    return value
  }

  /// Whether the setting is there and `null`.
  func isNull(_ key: String) throws(InterchangeError) -> Bool {
    read.insert(key)
    return try object.member(key)?.isNull ?? false
  }

  /// A positive integer.
  func size(_ key: String, default fallback: Int? = nil) throws(InterchangeError) -> Int {
    guard let value = try value(key) else {
      guard let fallback else { throw object.error(.damaged("is missing"), key: key.utf8) }
      return fallback
    }
    guard let size = value.size, size > 0 else { throw value.error(.damaged("not a size")) }
    return size
  }

  /// A number.
  func number(_ key: String, default fallback: Double) throws(InterchangeError) -> Double {
    try optionalNumber(key) ?? fallback
  }

  /// A number; nil if the setting is not there or `null`.
  func optionalNumber(_ key: String) throws(InterchangeError) -> Double? {
    guard let value = try value(key) else { return nil }
    guard let number = value.double else { throw value.error(.damaged("not a number")) }
    return number
  }

  /// A truth value.
  func flag(_ key: String, default fallback: Bool) throws(InterchangeError) -> Bool {
    guard let value = try value(key) else { return fallback }
    guard let flag = value.bool else { throw value.error(.damaged("not a boolean")) }
    return flag
  }

  /// The elements of a list; nil if the setting is not there or `null`.
  func list(_ key: String) throws(InterchangeError) -> [JSONValue]? {
    guard let value = try value(key) else { return nil }
    guard value.isArray else { throw value.error(.damaged("not a list")) }
    var elements: [JSONValue] = []
    value.forEach { _, element in elements.append(element) }
    return elements
  }

  /// Refuses a setting that is there and not what the family computes.
  func require(_ key: String, _ expected: Bool) throws(InterchangeError) {
    guard let value = try value(key), value.bool != expected else { return }
    throw value.error(.unsupported("other than \(expected)"))
  }

  /// Refuses a setting that is there and another word than that for what the family computes.
  func require(_ key: String, _ expected: String) throws(InterchangeError) {
    guard let value = try value(key), value.string != expected else { return }
    throw value.error(.unsupported("other than \(expected)"))
  }

  /// Refuses a setting that is there and another number than that for what the family computes.
  func require(_ key: String, _ expected: Int) throws(InterchangeError) {
    guard let value = try value(key), value.size != expected else { return }
    throw value.error(.unsupported("other than \(expected)"))
  }

  /// The activation of that setting.
  func activation(
    _ key: String, default fallback: Architecture.Activation
  ) throws(InterchangeError) -> Architecture.Activation {
    guard let value = try value(key) else { return fallback }
    guard let activation = value.string.flatMap({ Architecture.Activation(configurationName: $0) })
    else { throw value.error(.unsupported("the activation \(value.string ?? "of no name")")) }
    return activation
  }

  /// Takes note of settings of the family that have no part in the forward pass.
  func ignore(_ keys: Set<String>) { read.formUnion(keys) }

  /// Refuses the first setting that nobody asked for, unless it has no part in the forward pass.
  func requireAllRead() throws(InterchangeError) {
    try object.forEach { (key, value) throws(InterchangeError) in
      let name = String(decoding: key, as: UTF8.self)
      if value.isNull || read.contains(name) || Self.harmless.contains(name)
        || name.hasPrefix("_") || name.hasPrefix("unsloth_")
      {
        return
      }
      if Self.switches.contains(name) { return try require(name, false) }
      throw object.error(.unsupported("a setting that is not known here"), key: key)
    }
  }

  /// Settings that published files have, that no family reads, and that change nothing where they are
  /// false.
  private static let switches: Set = [
    "add_cross_attention", "attention_bias", "is_encoder_decoder", "lm_head_bias", "mlp_bias",
    "rope_interleaved", "tie_encoder_decoder", "use_mrope",
  ]

  /// Settings of training, of files, of texts and of generation, which change no logit.
  private static let harmless: Set = [
    "architectures", "attention_dropout", "auto_map", "bos_token_id", "cache_implementation",
    "classifier_dropout", "dtype", "embd_pdrop", "embedding_dropout", "eos_token_id",
    "finetuning_task", "gradient_checkpointing", "hidden_dropout", "id2label",
    "initializer_range", "is_decoder", "is_llama_config", "label2id", "mask_token_id",
    "model_type", "name_or_path", "neftune_noise_alpha", "output_attentions",
    "output_hidden_states", "pad_token_id", "prefix", "pretraining_tp", "problem_type",
    "pruned_heads", "resid_pdrop", "residual_dropout", "return_dict", "sep_token_id",
    "task_specific_params", "tf_legacy_loss", "tokenizer_class", "torch_dtype", "torchscript",
    "transformers.js_config", "transformers_version", "unk_token_id", "use_bfloat16", "use_cache",
    // What transformers 4 wrote of how to generate.
    "bad_words_ids", "begin_suppress_tokens", "chunk_size_feed_forward",
    "cross_attention_hidden_size", "decoder_start_token_id", "diversity_penalty", "do_sample",
    "early_stopping", "encoder_no_repeat_ngram_size", "exponential_decay_length_penalty",
    "forced_bos_token_id", "forced_eos_token_id", "length_penalty", "max_length", "min_length",
    "no_repeat_ngram_size", "num_beam_groups", "num_beams", "num_return_sequences",
    "output_scores", "remove_invalid_values", "repetition_penalty", "return_dict_in_generate",
    "suppress_tokens", "temperature", "top_k", "top_p", "typical_p",
  ]
}
