extension Architecture.Activation {
  /// The key of a GPT-2's `config.json` under which its name stands.
  package static let gpt2Key = "activation_function"

  /// The activation that a `config.json` of transformers calls so; nil for any other.
  package init?(configurationName name: String) {
    switch name {
    case "gelu_new", "gelu_pytorch_tanh": self = .geluTanh
    case "gelu": self = .geluErf
    case "quick_gelu": self = .geluSigmoid
    case "silu", "swish": self = .silu
    case "relu": self = .relu
    case "relu2": self = .reluSquared
    default: return nil
    }
  }

  /// The name in a `config.json`.
  package var configurationName: String {
    switch self {
    case .geluTanh: "gelu_new"
    case .geluErf: "gelu"
    case .geluSigmoid: "quick_gelu"
    case .silu: "silu"
    case .relu: "relu"
    case .reluSquared: "relu2"
    }
  }

  /// The member of a JSON object that says it; nil for GPT-2's own activation, which readers take where
  /// none is said.
  package var gpt2Member: String? {
    self == .geluTanh ? nil : "\"\(Self.gpt2Key)\":\"\(configurationName)\""
  }
}
