import Foundation
import Gobbet
import TestSupport
import Testing

/// The families of models beside transformers 5.24, whose answers `Fixtures/models/make.py` stored, and
/// for larger draws the `models/make.py` of the conformance data.
@Suite("Families of models") struct FamilyTests {
  static let families = [
    "gemma2", "gemma3", "gpt_neox", "gpt_oss", "granite", "llama2", "llama3", "mistral", "nanochat",
    "olmo2", "olmo3", "phi3", "qwen2", "qwen3", "qwen3_moe", "smollm3", "starcoder2",
  ]

  /// A folder with a model of a family and its answers.
  struct Draw: CustomTestStringConvertible, Sendable {
    let family: String
    let isLarge: Bool

    var folder: String {
      isLarge ? Conformance.path("models/\(family)") : fixturesFolder + "/models/\(family)"
    }
    var testDescription: String { isLarge ? "\(family), large" : family }

    /// The draws there are of some families.
    static func all(_ families: [String] = FamilyTests.families) -> [Draw] {
      families.flatMap { family in
        (Conformance.isAvailable ? [false, true] : [false]).map {
          Draw(family: family, isLarge: $0)
        }
      }
    }
  }

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

  static func answers(_ draw: Draw) throws -> [Answer] {
    let reader = try SafetensorsReader(draw.folder + "/reference.safetensors")
    return try (0..<(draw.isLarge ? 3 : 2)).map { try Answer(reader, $0) }
  }

  /// The largest difference between logits and those of transformers, over the largest of these.
  static func error(_ logits: FloatMatrix, _ answer: Answer) -> Float {
    let largest = answer.logits.reduce(0) { max($0, abs($1)) }
    let rows = (0..<logits.rowCount).flatMap { Array(logits[$0]) }
    guard rows.count == answer.logits.count else { return .infinity }
    return zip(rows, answer.logits).reduce(Float(0)) { max($0, abs($1.0 - $1.1)) } / largest
  }

  @Test(
    "logits are within 1e-4 of the largest, in one pass and token by token",
    arguments: Draw.all())
  func logits(draw: Draw) throws {
    let model = try GPT(path: draw.folder)
    let pass = try ForwardPass(model, threadCount: 2)
    for answer in try Self.answers(draw) {
      let logits = try pass.logits(of: answer.ids, .all)
      #expect(Self.error(logits, answer) <= 1e-4)
      let cache = try KeyValueCache(model)
      for (position, id) in answer.ids.enumerated() {
        let row = try pass.logits(of: [id], cache: cache)
        #expect(Array(row[0]) == Array(logits[position]), "position \(position)")
      }
    }
  }

  @Test(
    "a position has the same bits cached, in a batch and on three threads, in every precision",
    arguments: Draw.all(),
    [Precision.bfloat16, .int8])
  func sameBits(draw: Draw, precision: Precision) throws {
    let model = try GPT(path: draw.folder, precision: precision)
    let pass = try ForwardPass(model)
    let three = try ForwardPass(model, threadCount: 3)
    let answers = try Self.answers(draw)
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
    // Of experts whose scores are nearly the same another may be chosen.
    let bound = model.architecture.experts == nil ? 0.02 : 0.06
    #expect(error <= bound * Double(largest), "\(error) of \(largest)")
  }

  @Test(
    "layers with a window keep no more than that and a piece, with the bits of an uncached pass",
    arguments: ["gemma3", "mistral", "gpt_oss"], Precision.allCases)
  func windows(family: String, precision: Precision) throws {
    let folder = Draw(family: family, isLarge: false).folder
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
      return TokenID(mixed % 45 + 3)
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
    "attention of a layer with a window adds up to 1 for every position, and is zero outside of it")
  func windowedAttention() throws {
    let folder = Draw(family: "mistral", isLarge: false).folder
    let described = try #require(try FamilyModel(contentsOf: folder + "/config.json"))
    var architecture = described.architecture
    architecture.contextLength = 1024
    let weights = try described.weights(
      in: try SafetensorsReader(folder + "/model.safetensors"), path: nil)
    let model = try GPT(weights, architecture: architecture)
    let window = try #require(architecture.layers[1].window)
    let ids = (0..<300).map { TokenID($0 % 45 + 3) }
    let seen = try ForwardPass(model).attentionWeights(of: ids, layer: 1)[2]
    for position in 0..<300 {
      let row = Array(seen[position])
      #expect(abs(row.reduce(0, +) - 1) < 1e-4)
      for (other, weight) in row.enumerated()
      where other > position || other <= position - window {
        #expect(weight == 0)
      }
    }
  }

  @Test("a model of a family that cannot be run is refused by the family's name")
  func otherFamily() throws {
    let original = Draw(family: "llama3", isLarge: false).folder
    let folder = try TemporaryFolder()
    let weights = folder.file("model.safetensors")
    try FileManager.default.copyItem(atPath: original + "/model.safetensors", toPath: weights)
    for config in [#"{"model_type": "mamba"}"#, #"{"text_config": {"model_type": "mamba"}}"#] {
      try Data(config.utf8).write(to: URL(filePath: folder.file("config.json")))
      let error = #expect(throws: LoadingError.self) { try GPT(path: weights) }
      #expect(error?.reason == "no model of the family mamba can be run")
    }
  }

  @Test(
    "the likeliest tokens are those of transformers",
    arguments: Draw.all())
  func greedy(draw: Draw) throws {
    let model = try GPT(path: draw.folder)
    let pass = try ForwardPass(model)
    for answer in try Self.answers(draw) {
      let cache = try KeyValueCache(model)
      var next = answer.ids
      var found: [TokenID] = []
      for _ in answer.greedy {
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
    arguments: Draw.all())
  func conversion(draw: Draw) throws {
    let folder = try TemporaryFolder()
    let original = draw.folder
    let packed = folder.file("m.gobbet")
    let conversion = FileConversion()
    let result = try conversion.convert(
      original + "/model.safetensors", to: packed, format: .gobbet)
    #expect(result.notes.allSatisfy { !$0.contains("config.json") }, "\(result.notes)")
    let ids = try Self.answers(draw)[1].ids
    let expected = try ForwardPass(try GPT(path: original)).logits(of: ids, .all)
    #expect(try ForwardPass(try GPT(path: packed)).logits(of: ids, .all) == expected)
    let back = folder.file("back.safetensors")
    _ = try conversion.convert(packed, to: back, format: .safetensors)
    #expect(try readFile(folder.file("config.json")) == readFile(original + "/config.json"))
    #expect(try ForwardPass(try GPT(path: back)).logits(of: ids, .all) == expected)
  }

  /// A vocabulary of bytes, `<s>` and `<|endoftext|>`, with these tokens before every text.
  private static func bytes(before: [TokenID]) throws -> Vocabulary {
    var tokens = TokenTable()
    for byte in UInt8.min...UInt8.max { try tokens.append([byte]) }
    return try Vocabulary(
      tokens: tokens, merges: [], mergeRule: .ranks, pattern: .gpt2,
      specialTokens: try SpecialTokens([
        SpecialToken("<s>", id: 256), SpecialToken("<|endoftext|>", id: 257),
      ]), pipeline: TextPipeline(template: .init(before: before, after: [])))
  }

  @Test(
    "a Gobbet file keeps the end tokens of generation_config.json, and gives the file back")
  func generationConfiguration() throws {
    let folder = try TemporaryFolder()
    let draw = Draw(family: "llama2", isLarge: false)
    for name in ["model.safetensors", "config.json"] {
      try writeFile(folder.file(name), try readFile(draw.folder + "/" + name))
    }
    let text = Array(#"{"bos_token_id": 1, "eos_token_id": [7, 9]}"#.utf8)
    try writeFile(folder.file("generation_config.json"), text)
    let conversion = FileConversion()
    let packed = folder.file("m.gobbet")
    _ = try conversion.convert(folder.file("model.safetensors"), to: packed, format: .gobbet)
    let vocabulary = try Self.bytes(before: [256])
    for path in [folder.path, packed] {
      let generation = try TextGeneration(path: path, vocabulary: vocabulary)
      #expect(generation.endTokens == [2, 7, 9, 257])
      // What the post-processor puts in front stands before a prompt, unless that isn't wanted.
      #expect(generation.tokens(of: "ab") == [256, 97, 98])
      var options = TextGeneration.Options()
      options.settings.maximumTokenCount = 1
      let pass = try ForwardPass(generation.model)
      for (addsBeginning, ids) in [(true, [256, 97, 98]), (false, [97, 98] as [TokenID])] {
        options.addsBeginning = addsBeginning
        let result = try generation.continuations(of: ["ab"], options)
        #expect(result.promptTokenCount == ids.count)
        var logits = Array(try pass.logits(of: ids)[0])
        for id in 258..<260 { logits[id] = -.infinity }
        let likeliest = try #require(logits.indices.max { logits[$0] < logits[$1] })
        let end = generation.endTokens.contains(TokenID(likeliest))
        #expect(result.continuations[0].ids == (end ? [] : [TokenID(likeliest)]))
      }
    }
    try FileManager.default.createDirectory(
      atPath: folder.file("back"), withIntermediateDirectories: false)
    _ = try conversion.convert(packed, to: folder.file("back/m.safetensors"), format: .safetensors)
    #expect(try readFile(folder.file("back/generation_config.json")) == text)
  }
}
