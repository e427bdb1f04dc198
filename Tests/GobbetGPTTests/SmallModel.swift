import GobbetData
import GobbetGPT
import TestSupport

/// The small trained model, and PyTorch's answers.
struct SmallModel {
  static let configuration = """
    {"vocab_size":1024,"n_positions":256,"n_embd":128,"n_layer":4,"n_head":4,
     "layer_norm_epsilon":1e-05,"tie_word_embeddings":true}
    """
  let source: MemorySource
  let reference: MemorySource
  let model: GPT

  init(_ precision: Precision = .float32) throws {
    var source = try MemorySource(safetensors: "tinymodel/model.safetensors")
    source.metadata = [(GPTConfiguration.metadataKey, Self.configuration)]
    self.source = source
    reference = try MemorySource(safetensors: "tinymodel/reference.safetensors")
    model = try GPT(source, precision: precision)
  }
}

/// How far computed values are from reference values.
struct Distance {
  private(set) var largest: Double = 0
  private var squares: Double = 0
  private var count = 0

  init(_ values: [Float], _ reference: [Float]) {
    precondition(values.count == reference.count, "Distance: other counts")
    for (value, expected) in zip(values, reference) {
      let error = Double(value) - Double(expected)
      largest = max(largest, abs(error))
      squares += error * error
      count += 1
    }
  }

  /// Root mean square.
  var rootMeanSquare: Double { (squares / Double(max(count, 1))).squareRoot() }
}
