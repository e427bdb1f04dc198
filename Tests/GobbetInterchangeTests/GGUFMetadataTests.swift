import GobbetBPE
import GobbetData
import GobbetInterchange
import TestSupport
import Testing

@Suite("Metadata of GGUF in other formats") struct GGUFMetadataTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private static let values: [(key: String, value: GGUFValue)] =
    GGUFTests.values + [
      ("b.tiny", .float32(.leastNonzeroMagnitude)), ("b.third", .float32(1 / 3)),
      ("b.inf", .float32(-.infinity)), ("b.f64", .float64(1 / 3)), ("b.false", .bool(false)),
      ("b.floats", .array(elementType: 6, [.float32(.infinity), .float32(-0.1), .float32(1e-30)])),
      ("b.bools", .array(elementType: 7, [.bool(true), .bool(false)])),
      ("b.none", .array(elementType: 8, [])),
      (
        "b.tokens",
        .array(elementType: 8, ["a,b", "]", "[\"", "\\", "\u{0}\n", "é", ""].map { .string($0) })
      ),
      (
        "b.nested",
        .array(
          elementType: 9,
          [
            .array(elementType: 5, [.int32(1), .int32(-2)]), .array(elementType: 5, []),
            .array(elementType: 5, [.int32(3)]),
          ])
      ),
      ("b.no_arrays", .array(elementType: 9, [])),
      (
        "b.mixed",
        .array(
          elementType: 9,
          [
            .array(elementType: 4, [.uint32(1), .uint32(2)]),
            .array(elementType: 8, [.string("a,b]"), .string("[c")]),
            .array(elementType: 9, [.array(elementType: 7, [.bool(true)])]),
          ])
      ),
      (
        "b.words",
        .array(
          elementType: 9, [.array(elementType: 8, [.string("x],[y\\\""), .string("z")])])
      ),
    ]

  @Test("every value comes back from text with its type")
  func types() throws {
    let pairs = GGUFTypedText.pairs(Self.values)
    #expect(pairs.count == Self.values.count + 1)
    #expect(pairs.last?.0 == "gguf.types")
    let back = try GGUFTypedText.values(pairs, path: "x")
    #expect(back.map(\.key) == Self.values.map(\.key))
    for (found, expected) in zip(back, Self.values) {
      #expect(found.value == expected.value, "\(expected.key)")
    }
    // Strings alone need no types.
    #expect(GGUFTypedText.pairs([("a", .string("1"))]).map(\.0) == ["a"])
  }

  @Test(
    "a text that is not of the type that is said for it is an error",
    arguments: [
      ("300", "uint8"), ("-1", "uint32"), ("yes", "bool"), ("1", "[int32]"), ("[1,x]", "[int32]"),
      ("[1", "[int32]"), ("[\"a\",1]", "[string]"), ("1", "quaternion"), ("[]", "[quaternion]"),
      ("[[1],2]", "[[int32]]"),
    ])
  func otherTypes(text: String, type: String) {
    let pairs = [("k", text), ("gguf.types", "{\"k\":\"\(type)\"}")]
    let error = #expect(throws: InterchangeError.self) {
      _ = try GGUFTypedText.values(pairs, path: "x")
    }
    #expect(error?.field == "k")
    #expect(throws: InterchangeError.self) {
      _ = try GGUFTypedText.values([("gguf.types", "[]")], path: "x")
    }
  }

  @Test("tensors begin where the alignment that is declared wants them", arguments: [8, 32, 256])
  func alignment(size: UInt32) throws {
    let source = try GGUFTests.source()
    let path = folder.file("a.gguf")
    try GGUFWriter.write(source, to: path, values: [("general.alignment", .uint32(size))])
    let reader = try GGUFReader(path)
    #expect(reader["general.alignment"] == .uint32(size))
    for tensor in source.tensors {
      #expect(try reader.bytes(of: tensor) == source.bytes(of: tensor))
    }
    #expect((try readFile(path)).count.isMultiple(of: Int(size)))
  }

  @Test("an alignment that is none is refused", arguments: [0, 24, 1 << 21])
  func badAlignment(size: UInt32) throws {
    let source = try GGUFTests.source()
    let path = folder.file("a.gguf")
    let error = #expect(throws: InterchangeError.self) {
      try GGUFWriter.write(source, to: path, values: [("general.alignment", .uint32(size))])
    }
    #expect(error?.field == "general.alignment")
  }

  @Test("ids without a token are filled up to the rows of the embedding, and the ends are named")
  func padding() throws {
    var table = TokenTable()
    for byte in UInt8.min...UInt8.max { try table.append([byte]) }
    let vocabulary = try Vocabulary(
      tokens: table, merges: [], mergeRule: .learnedPairs, pattern: .gpt2,
      specialTokens: SpecialTokens([SpecialToken("<|endoftext|>", id: 258)]))
    let values = try GGUFVocabulary.values(of: vocabulary, rowCount: 300, path: "x")
    let texts = try #require(values[2].value.elements)
    let kinds = try #require(values[3].value.elements)
    #expect(texts.count == 300 && kinds.count == 300)
    #expect(texts[299] == .string("[PAD299]") && kinds[299] == .int32(5))
    #expect(texts[257] == .string("[PAD257]") && kinds[257] == .int32(5))
    #expect(texts[258] == .string("<|endoftext|>") && kinds[258] == .int32(3))
    #expect(kinds[65] == .int32(1))
    let path = folder.file("v.gguf")
    try GGUFWriter.write(MemorySource(), to: path, values: values)
    #expect(try GGUFReader(path).vocabulary() == vocabulary)
    #expect(throws: InterchangeError.self) {
      _ = try GGUFVocabulary.values(of: vocabulary, rowCount: 258, path: "x")
    }
    var configuration = GPT2Configuration()
    #expect(
      GGUFVocabulary.ends(configuration, vocabulary).map(\.value) == [.uint32(258), .uint32(258)])
    configuration.endOfTextID = 7
    #expect(
      GGUFVocabulary.ends(configuration, vocabulary).map(\.value) == [.uint32(258), .uint32(7)])
    #expect(GGUFVocabulary.ends(GPT2Configuration(), nil).isEmpty)
  }

  @Test("a checkpoint of llm.c refuses what it has no place for")
  func checkpoints() throws {
    let path = folder.file("m.bin")
    func weights(
      _ type: ElementType, epsilon: Double = 1e-5, only name: String? = nil
    ) throws -> GPT2Weights {
      let plain = try GPT2WeightsTests.foreign(.huggingFace)
      var source = MemorySource()
      for tensor in plain.tensors {
        let isOther = name.map { tensor.name.hasSuffix($0) } ?? true
        let floats = try plain.floats(of: tensor)
        let elementType = isOther ? type : .float32
        let bytes = try #require(FloatConversion(elementType)).bytes(floats.span)
        try source.append(tensor.name, elementType, tensor.shape, bytes)
      }
      var configuration = GPT2Configuration()
      configuration.headCount = 2
      configuration.layerNormEpsilon = epsilon
      return try #require(try GPT2Weights(source, configuration: configuration))
    }
    #expect(throws: InterchangeError.self) {
      try LLMCCheckpoint.write(weights(.float64), to: path)
    }
    let epsilon = #expect(throws: InterchangeError.self) {
      try LLMCCheckpoint.write(weights(.float32, epsilon: 1e-6), to: path)
    }
    #expect(epsilon?.field == "layer_norm_epsilon")
    #expect(throws: InterchangeError.self) {
      try LLMCCheckpoint.write(weights(.float32), to: path, as: .float16)
    }
    #expect(try folder.names().isEmpty)
    // The embedding alone does not decide for all.
    for (name, expected) in [("wte.weight", ElementType.float32), (nil, .bfloat16)] {
      let model = try weights(.bfloat16, only: name)
      try LLMCCheckpoint.write(model, to: path, replacing: true)
      let checkpoint = try LLMCCheckpoint(path)
      #expect(checkpoint.tensors[0].elementType == expected)
      #expect(
        try checkpoint.floats(named: "h.1.mlp.c_fc.bias")
          == model.floats(named: "h.1.mlp.c_fc.bias"))
    }
  }
}
