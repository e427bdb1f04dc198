extension GGUFReader {
  /// The configuration of the GPT-2 that the file holds; nil if it holds another model.
  public var gpt2Configuration: GPT2Configuration? {
    guard self["general.architecture"]?.string == "gpt2" else { return nil }
    var configuration = GPT2Configuration()
    configuration.contextLength = self["gpt2.context_length"]?.size
    configuration.width = self["gpt2.embedding_length"]?.size
    configuration.layerCount = self["gpt2.block_count"]?.size
    configuration.headCount = self["gpt2.attention.head_count"]?.size
    if case .float32(let epsilon) = self["gpt2.attention.layer_norm_epsilon"] {
      // The shortest decimal of the float, so that 1e-5 stays 1e-5.
      configuration.layerNormEpsilon = Double("\(epsilon)") ?? Double(epsilon)
    }
    configuration.beginningOfTextID = self["tokenizer.ggml.bos_token_id"]?.size
    configuration.endOfTextID = self["tokenizer.ggml.eos_token_id"]?.size
    return configuration
  }
}
