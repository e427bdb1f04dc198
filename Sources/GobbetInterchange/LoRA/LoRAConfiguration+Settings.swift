extension LoRAConfiguration {
  /// Settings of PEFT that change nothing about what a merged layer computes, or are read elsewhere.
  ///
  /// - Source: `LoraConfig` of peft 0.21.2 and the fields that older versions wrote.
  private static let harmless: Set<String> = [
    "peft_type", "task_type", "auto_mapping", "peft_version", "base_model_name_or_path", "revision",
    "inference_mode", "r", "lora_alpha", "target_modules", "exclude_modules", "lora_dropout",
    "fan_in_fan_out", "use_rslora", "layers_to_transform", "layers_pattern", "rank_pattern",
    "alpha_pattern", "use_dora", "modules_to_save", "trainable_token_indices", "megatron_core",
    "qalora_group_size", "ensure_weight_tying", "lora_bias", "target_parameters", "merge_weights",
    "runtime_config", "loftq_config", "eva_config", "corda_config", "lora_ga_config",
  ]

  /// Initial values that leave the base model as it is.
  private static let plainInitializations: Set<String> = [
    "gaussian", "orthogonal", "true", "false",
  ]

  /// What a setting does that is neither off nor harmless; others are not known here.
  private static let reasons: [String: String] = [
    "use_qalora": "QA-LoRA, whose matrices pool their inputs",
    "alora_invocation_tokens": "aLoRA, which acts on some tokens only and cannot be merged",
    "layer_replication": "replicated layers, which the base model does not have",
    "use_bdlora": "block-diagonal matrices", "arrow_config": "routing between adapters",
    "kasa_config": "KaSA, which wants another base model",
    "monteclora_config": "sampled matrices", "velora_config": "VeLoRA",
    "megatron_config": "parallel layers of Megatron",
    "enable_lora": "matrices for parts of a layer",
  ]

  /// Refuses every setting that is on and may change the mathematics.
  ///
  /// - Throws: `InterchangeError` (`unsupported`) with the setting's name.
  static func checkSettings(of root: JSONValue) throws(InterchangeError) {
    try root.forEach { (key, value) throws(InterchangeError) in
      let name = String(decoding: key, as: UTF8.self)
      guard !harmless.contains(name), !value.isOff else { return }
      switch name {
      case "bias":
        guard let kind = value.string, ["none", "all", "lora_only"].contains(kind) else {
          throw root.error(.unsupported("biases trained in another way"), key: key)
        }
      case "init_lora_weights":
        guard value.bool != true else { return }
        let kind = value.string ?? "this kind"
        guard plainInitializations.contains(kind.lowercased()) else {
          throw root.error(
            .unsupported(
              "an adapter initialised by \(kind), which may be for a changed base model; convert it "
                + "with PEFT's save_pretrained(path_initial_model_for_weight_conversion=…)"
            ), key: key)
        }
      default:
        let reason = reasons[name] ?? "a setting that is not known and may change the result"
        throw root.error(.unsupported("\(reason); merge with PEFT's merge_and_unload()"), key: key)
      }
    }
  }
}

extension JSONValue {
  /// Whether it is null, false, or an empty string, array or object.
  fileprivate var isOff: Bool {
    if isNull || bool == false { return true }
    if let bytes { return bytes.isEmpty }
    guard isArray || isObject else { return false }
    var count = 0
    forEach { _, _ in count += 1 }
    return count == 0
  }
}
