import Foundation
import GobbetData
import GobbetGPT
import TestSupport

/// GPT-2 in double precision, in the most obvious way.
struct OracleModel {
  let configuration: GPTConfiguration
  let source: MemorySource

  private func values(_ name: String) throws -> [Double]? {
    guard source.tensor(named: name) != nil else { return nil }
    return try source.floats(named: name).map { Double($0) }
  }

  private func norm(_ row: [Double], _ name: String) throws -> [Double] {
    let gain = try values("\(name).weight") ?? []
    let shift = try values("\(name).bias")
    let mean = row.reduce(0, +) / Double(row.count)
    let variance = row.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(row.count)
    let scale = 1 / (variance + Double(configuration.layerNormEpsilon)).squareRoot()
    return row.indices.map { (row[$0] - mean) * scale * gain[$0] + (shift?[$0] ?? 0) }
  }

  private func linear(_ row: [Double], _ name: String, byOutput: Bool = false) throws -> [Double] {
    let weights = try values("\(name).weight") ?? []
    let count = weights.count / row.count
    let bias = name == "wte" ? nil : try values("\(name).bias")
    var results: [Double] = []
    for output in 0..<count {
      var sum: Double = bias?[output] ?? 0
      for input in row.indices {
        let index = byOutput ? output * row.count + input : input * count + output
        sum += row[input] * weights[index]
      }
      results.append(sum)
    }
    return results
  }

  /// The logits of every position.
  func logits(_ ids: [UInt32]) throws -> [[Double]] {
    let width = configuration.width
    let headWidth = configuration.headWidth
    let tokens = try values("wte.weight") ?? []
    let positions = try values("wpe.weight") ?? []
    var stream = ids.enumerated().map { position, id in
      (0..<width).map { tokens[Int(id) * width + $0] + positions[position * width + $0] }
    }
    for layer in 0..<configuration.layerCount {
      let projected = try stream.map {
        try linear(norm($0, "h.\(layer).ln_1"), "h.\(layer).attn.c_attn")
      }
      for row in stream.indices {
        var attended: [Double] = []
        for head in 0..<configuration.headCount {
          func part(_ row: Int, _ which: Int) -> [Double] {
            Array(projected[row][(which * width + head * headWidth)...].prefix(headWidth))
          }
          let query = part(row, 0)
          let scores = (0...row).map { other -> Double in
            let products = zip(query, part(other, 1)).map { $0 * $1 }
            return products.reduce(0, +) / Double(headWidth).squareRoot()
          }
          let top = scores.max() ?? 0
          let shares = scores.map { exp($0 - top) }
          let sum = shares.reduce(0, +)
          for column in 0..<headWidth {
            let terms = (0...row).map { shares[$0] / sum * part($0, 2)[column] }
            attended.append(terms.reduce(0, +))
          }
        }
        let combined = try linear(attended, "h.\(layer).attn.c_proj")
        for column in 0..<width { stream[row][column] += combined[column] }
        let inner = try linear(norm(stream[row], "h.\(layer).ln_2"), "h.\(layer).mlp.c_fc").map {
          (x: Double) -> Double in
          if configuration.activation == .geluErf {
            return 0.5 * x * (1 + erf(x / 2.0.squareRoot()))
          }
          let cube: Double = x * x * x
          return 0.5 * x * (1 + tanh((2 / Double.pi).squareRoot() * (x + 0.044715 * cube)))
        }
        let down = try linear(inner, "h.\(layer).mlp.c_proj")
        for column in 0..<width { stream[row][column] += down[column] }
      }
    }
    let head = configuration.hasTiedHead ? "wte" : "lm_head"
    return try stream.map { try linear(norm($0, "ln_f"), head, byOutput: true) }
  }
}

/// A random model of any shape.
struct RandomModel: Sendable, CustomStringConvertible {
  let description: String
  let configuration: GPTConfiguration
  var hasBias = true
  var headWidth: Int?
  var hasHeadBias = false

  func source(seed: UInt64 = 1) throws -> MemorySource {
    var random = SeededGenerator(seed)
    var source = MemorySource()
    source.metadata = [(GPTConfiguration.metadataKey, configuration.json)]
    func add(_ name: String, _ shape: [Int], around center: Float = 0) throws {
      let count = shape.reduce(1, *)
      let values = (0..<count).map { _ in center + Float.random(in: -0.3...0.3, using: &random) }
      try source.set(name, shape, values)
    }
    let width = configuration.width
    try add("wte.weight", [configuration.vocabularySize, width])
    try add("wpe.weight", [configuration.contextLength, width])
    func norm(_ name: String) throws {
      try add("\(name).weight", [width], around: 1)
      if hasBias { try add("\(name).bias", [width]) }
    }
    func linear(_ name: String, _ inputs: Int, _ outputs: Int) throws {
      try add("\(name).weight", [inputs, outputs])
      if hasBias { try add("\(name).bias", [outputs]) }
    }
    for layer in 0..<configuration.layerCount {
      try norm("h.\(layer).ln_1")
      try linear("h.\(layer).attn.c_attn", width, 3 * width)
      try linear("h.\(layer).attn.c_proj", width, width)
      try norm("h.\(layer).ln_2")
      try linear("h.\(layer).mlp.c_fc", width, 4 * width)
      try linear("h.\(layer).mlp.c_proj", 4 * width, width)
    }
    try norm("ln_f")
    if let headWidth { try add("lm_head.weight", [headWidth, width]) }
    if let headWidth, hasHeadBias { try add("lm_head.bias", [headWidth]) }
    return source
  }

  private init(
    _ name: String, vocabulary: Int = 50, context: Int = 20, width: Int, layers: Int = 2,
    heads: Int, isTied: Bool = true, activation: Architecture.Activation = .geluTanh
  ) {
    description = name
    configuration = Self.checked {
      try GPTConfiguration(
        vocabularySize: vocabulary, contextLength: context, width: width, layerCount: layers,
        headCount: heads, activation: activation, hasTiedHead: isTied)
    }
  }

  private static func checked(_ make: () throws -> GPTConfiguration) -> GPTConfiguration {
    do { return try make() } catch { preconditionFailure("\(error)") }
  }

  static let all: [RandomModel] = {
    var noBias = RandomModel("no bias", width: 48, heads: 3)
    noBias.hasBias = false
    var untied = RandomModel("untied head", width: 32, heads: 2, isTied: false)
    untied.headWidth = 50
    var classes = RandomModel("two classes with a bias", width: 32, heads: 2, isTied: false)
    classes.headWidth = 2
    classes.hasHeadBias = true
    return [
      RandomModel("head width 16", width: 64, heads: 4),
      RandomModel("head width 64, one head", width: 64, heads: 1),
      RandomModel("head width 5, width 35", width: 35, heads: 7),
      RandomModel("head width 1", width: 3, heads: 3),
      RandomModel("width 1", width: 1, heads: 1),
      RandomModel("context 1", context: 1, width: 16, heads: 2),
      RandomModel(
        "context 33, a vocabulary of 33", vocabulary: 33, context: 33, width: 33, heads: 3),
      RandomModel("one token", vocabulary: 1, width: 16, heads: 2),
      RandomModel("GELU by the error function", width: 48, heads: 3, activation: .geluErf),
      noBias, untied, classes,
    ]
  }()
}
