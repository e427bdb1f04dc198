import Foundation
import Gobbet
import TestSupport
import Testing

/// Encoders beside transformers 5.24, whose states `Fixtures/models/make.py` stored.
@Suite("Encoders") struct EncoderTests {
  static let folder = fixturesFolder + "/models/bert"

  /// Prompts and the states of their last layer.
  static func answers(
    _ folder: String = folder, count: Int = 2
  ) throws -> [(ids: [TokenID], states: [Float])] {
    let reader = try SafetensorsReader(folder + "/reference.safetensors")
    return try (0..<count).map { number in
      let tensor = try #require(reader.tensor(named: "ids.\(number)"))
      let bytes = try reader.bytes(of: tensor)
      let ids = stride(from: 0, to: bytes.count, by: 4).map { start in
        bytes[start..<(start + 4)].reversed().reduce(0) { $0 << 8 | TokenID($1) }
      }
      return (ids, try reader.floats(named: "states.\(number)"))
    }
  }

  private static func elements(_ matrix: FloatMatrix) -> [Float] {
    (0..<matrix.rowCount).flatMap { Array(matrix[$0]) }
  }

  @Test("states are within 1e-4 of the largest, and near it in narrower precisions")
  func states() throws {
    var draws = [(Self.folder, try Self.answers())]
    if Conformance.isAvailable {
      let folder = Conformance.path("models/bert")
      draws.append((folder, try Self.answers(folder, count: 3)))
    }
    for (precision, bound) in [(Precision.float32, 1e-4), (.bfloat16, 0.03), (.int8, 0.03)] {
      for (folder, answers) in draws {
        let pass = try ForwardPass(try GPT(path: folder, precision: precision))
        for answer in answers {
          let states = Self.elements(try pass.embeddings(of: answer.ids, .all))
          let largest = answer.states.reduce(0) { max($0, abs($1)) }
          let error = zip(states, answer.states).reduce(Float(0)) { max($0, abs($1.0 - $1.1)) }
          #expect(Double(error) <= bound * Double(largest), "\(precision): \(error) of \(largest)")
        }
      }
    }
  }

  @Test(
    "a text has the same bits alone, among others and on three threads",
    arguments: Precision.allCases)
  func sameBits(precision: Precision) throws {
    let model = try GPT(path: Self.folder, precision: precision)
    let pass = try ForwardPass(model)
    let texts = try Self.answers().map(\.ids)
    // Together they are more than go through the model at once.
    let many = Array([[TokenID]](repeating: texts[0], count: 30).map { $0 + texts[1] } + texts)
    let together = try ForwardPass(model, threadCount: 3).pooledEmbeddings(of: many)
    for (row, ids) in many.enumerated() {
      #expect(together[row] == (try pass.pooledEmbeddings(of: [ids]))[0])
    }
    // And the states asked for one by one are those asked for together.
    let all = try pass.embeddings(of: texts[1], .all)
    #expect(
      try pass.embeddings(of: texts[1], .chosen([3, 17, 25])).elements
        == [3, 17, 25].flatMap { Array(all[$0]) })
    #expect(try pass.hiddenStates(of: texts[1]).last == all)
  }

  @Test("pooling is the mean of the states, the first or the last, of length 1 if asked for")
  func pooling() throws {
    let pass = try ForwardPass(try GPT(path: Self.folder))
    let ids = try Self.answers()[1].ids
    let states = try pass.embeddings(of: ids, .all)
    func pooled(_ pooling: Pooling, _ normalizes: Bool) throws -> [Float] {
      Array(try pass.pooledEmbeddings(of: [ids], pooling, normalizes: normalizes)[0])
    }
    #expect(try pooled(.first, false) == Array(states[0]))
    #expect(try pooled(.last, false) == Array(states[ids.count - 1]))
    let mean = (0..<states.width).map { column in
      (0..<ids.count).reduce(0.0) { $0 + Double(states[$1][states[$1].startIndex + column]) }
        / Double(ids.count)
    }
    for (found, expected) in zip(try pooled(.mean, false), mean) {
      #expect(abs(Double(found) - expected) < 1e-5)
    }
    let length = mean.reduce(0) { $0 + $1 * $1 }.squareRoot()
    for (found, expected) in zip(try pooled(.mean, true), mean) {
      #expect(abs(Double(found) - expected / length) < 1e-5)
    }
  }

  @Test("an encoder has no logits and writes no text, and says so")
  func noHead() throws {
    let pass = try ForwardPass(try GPT(path: Self.folder))
    #expect(throws: GPTError(.noHead)) { try pass.logits(of: [1, 2]) }
    let error = #expect(throws: LoadingError.self) { try TextGeneration(path: Self.folder) }
    #expect(error?.reason.contains("is an encoder") == true)
  }

  @Test("tokens of another type have its embedding; types that the model lacks are refused")
  func tokenTypes() throws {
    let source = try SafetensorsReader(Self.folder + "/model.safetensors")
    let family = try #require(try FamilyModel(contentsOf: Self.folder + "/config.json"))
    let weights = try family.weights(in: source, path: nil)
    let model = try GPT(weights, architecture: family.architecture)
    let swapped = try GPT(SwappedTypes(base: weights), architecture: family.architecture)
    let ids: [TokenID] = [5, 9, 40, 7]
    let second = try ForwardPass(model).embeddings(of: ids, tokenTypes: [1, 1, 1, 1], .all)
    #expect(try ForwardPass(swapped).embeddings(of: ids, .all) == second)
    #expect(try ForwardPass(model).embeddings(of: ids, .all) != second)
    #expect(throws: GPTError(.unknownTokenType(2, index: 1, bound: 2))) {
      try ForwardPass(model).embeddings(of: ids, tokenTypes: [0, 2, 0, 0])
    }
  }

  @Test("under TensorFlow's names, among a larger model's and in a Gobbet file it is the same")
  func names() throws {
    let folder = try TemporaryFolder()
    let packed = folder.file("m.gobbet")
    let conversion = FileConversion()
    _ = try conversion.convert(Self.folder + "/model.safetensors", to: packed, format: .gobbet)
    let ids = try Self.answers()[0].ids
    let expected = try ForwardPass(try GPT(path: Self.folder)).embeddings(of: ids, .all)
    #expect(try ForwardPass(try GPT(path: packed)).embeddings(of: ids, .all) == expected)
    let source = try SafetensorsReader(Self.folder + "/model.safetensors")
    let family = try #require(try FamilyModel(contentsOf: Self.folder + "/config.json"))
    let renamed = try OldNames(base: source)
    let model = try GPT(
      family.weights(in: renamed, path: nil), architecture: family.architecture)
    #expect(try ForwardPass(model).embeddings(of: ids, .all) == expected)
  }
}

/// Weights whose two rows of token types have changed places.
private struct SwappedTypes: TensorSource {
  let base: FamilyWeights
  var tensors: [TensorDescription] { base.tensors }
  var metadata: [(String, String)] { [] }

  func read(_ tensor: TensorDescription, into destination: UnsafeMutableRawBufferPointer) throws {
    unsafe try base.read(tensor, into: destination)
    guard tensor.name == "token_types.weight" else { return }
    let half = destination.count / 2
    for index in 0..<half { unsafe destination.swapAt(index, half + index) }
  }
}

/// Weights under the names that Google's files have, and a head of theirs.
private struct OldNames: TensorSource {
  let base: SafetensorsReader
  let tensors: [TensorDescription]
  private let originals: [String: TensorDescription]
  var metadata: [(String, String)] { [] }

  init(base: SafetensorsReader) throws {
    self.base = base
    var tensors: [TensorDescription] = []
    var originals: [String: TensorDescription] = [:]
    func add(_ name: String, _ tensor: TensorDescription) throws {
      tensors.append(
        try TensorDescription(name: name, elementType: tensor.elementType, shape: tensor.shape))
      originals[name] = tensor
    }
    for tensor in base.tensors {
      var name = "bert." + tensor.name
      name = name.replacingOccurrences(of: "LayerNorm.weight", with: "LayerNorm.gamma")
      name = name.replacingOccurrences(of: "LayerNorm.bias", with: "LayerNorm.beta")
      try add(name, tensor)
    }
    try add("cls.predictions.bias", base.tensors[0])
    try add("bert.pooler.dense.bias", base.tensors[0])
    self.tensors = tensors
    self.originals = originals
  }

  func read(_ tensor: TensorDescription, into destination: UnsafeMutableRawBufferPointer) throws {
    unsafe try base.read(try #require(originals[tensor.name]), into: destination)
  }
}
