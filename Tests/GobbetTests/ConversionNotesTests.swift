import Foundation
import Gobbet
import TestSupport
import Testing

@Suite("What conversion does not take over") struct ConversionNotesTests {
  private func folder(_ name: String, in parent: TemporaryFolder) throws -> String {
    try FileManager.default.createDirectory(
      atPath: parent.file(name), withIntermediateDirectories: false)
    return parent.file(name) + "/"
  }

  /// Tensors of a model that isn't a GPT-2.
  private func others(_ path: String, prefix: String = "model.layers.") throws {
    let tensors = (0..<3).map { index in
      (name: "\(prefix)\(index).q_proj.weight", shape: [1], bytes: [UInt8(index), 0, 0x80, 0x3F])
    }
    try writeFile(path, SmallWeights.safetensors(tensors))
  }

  @Test(
    "files of another model beside weights hinder nobody who does not want them",
    arguments: [FileFormat.gobbet, .npz, .gguf, .safetensors])
  func neighbours(format: FileFormat) throws {
    let temporary = try TemporaryFolder()
    let output = try folder("out", in: temporary)
    try others(temporary.file("model.safetensors"))
    for (configuration, tokenizer) in [
      (#"{"model_type":"llama"}"#, "{}"), ("no JSON", #"{"model":{"type":"Unigram"}}"#),
      (#"{"layer_norm_epsilon":null}"#, #"{"normalizer":{"type":"NFC"},"model":{}}"#),
    ] {
      try temporary.write("config.json", Array(configuration.utf8))
      try temporary.write("tokenizer.json", Array(tokenizer.utf8))
      let result = try FileConversion().convert(
        temporary.file("model.safetensors"), to: output + fileName(format), format: format,
        replacing: true)
      #expect(result.notes.contains { $0.contains("config.json is left out") })
      #expect(result.notes.contains { $0.contains("the vocabulary is left out: ") })
      // In their own folder they are beside the new file as well.
      let beside = try FileConversion().convert(
        temporary.file("model.safetensors"), to: temporary.file(fileName(format)), format: format,
        replacing: true)
      #expect(beside.notes.isEmpty == (format == .npz || format == .safetensors))
      #expect(
        try FileComparison(temporary.file("model.safetensors"), output + fileName(format)).isSame)
    }
  }

  @Test("a GPT-2 with exact GELU keeps it, and is named where llama.cpp and llm.c compute another")
  func exactGELU() throws {
    let small = try SmallWeights()
    let text = SmallWeights.configuration.dropLast() + #","activation_function":"gelu"}"#
    try small.folder.write("config.json", Array(text.utf8))
    let packed = small.folder.file("m.gobbet")
    _ = try FileConversion().convert(small.path, to: packed, format: .gobbet)
    let output = try folder("out", in: small.folder)
    _ = try FileConversion().convert(packed, to: output + "m.safetensors", format: .safetensors)
    #expect(
      String(decoding: try readFile(output + "config.json"), as: UTF8.self)
        .contains(#""activation_function": "gelu""#))
    let ids: [TokenID] = [97, 98, 99]
    func logits(_ path: String) throws -> [Float] {
      try Array(ForwardPass(GPT(path: path)).logits(of: ids).elements)
    }
    let exact = try logits(packed)
    #expect(try logits(output + "m.safetensors") == exact)
    for format in [FileFormat.gguf, .llmC] {
      let path = output + fileName(format)
      let result = try FileConversion().convert(packed, to: path, format: format)
      #expect(result.notes.contains { $0.contains("GELU with tanh") }, "\(format)")
      let other = try logits(path)
      #expect(other != exact)
      #expect(zip(other, exact).allSatisfy { abs($0 - $1) < 0.1 })
    }
    let silu = SmallWeights.configuration.dropLast() + #","activation_function":"silu"}"#
    try small.folder.write("config.json", Array(silu.utf8))
    for format in [FileFormat.gguf, .llmC] {
      let error = #expect(throws: InterchangeError.self) {
        _ = try FileConversion().convert(small.path, to: output + "x", format: format)
      }
      #expect(error?.description.contains("activation silu") == true)
    }
  }

  @Test("a GPT-2 that has the configuration of another model is refused where that is needed")
  func neededConfiguration() throws {
    let small = try SmallWeights()
    try small.folder.write("config.json", Array(#"{"model_type":"llama"}"#.utf8))
    for format in [FileFormat.gobbet, .gguf, .llmC] {
      #expect(throws: InterchangeError.self) {
        _ = try FileConversion().convert(
          small.path, to: small.folder.file("x"), format: format)
      }
    }
    let result = try FileConversion().convert(
      small.path, to: small.folder.file("m.npz"), format: .npz)
    #expect(result.notes.contains { $0.contains("tensors keep their names") })
    let found = try #require(try WeightsInput(recognizing: small.folder.file("m.npz")))
    #expect(found.source.tensors.contains { $0.name == "transformer.wte.weight" })
  }

  @Test(
    "names that transformers gave stay as they are, also by way of .gobbet and with an adapter merged",
    arguments: ["transformer.", ""])
  func namePrefix(prefix: String) throws {
    let small = try SmallWeights(prefix: prefix)
    func names(_ path: String) throws -> [String] {
      try SafetensorsReader(path).tensors.map(\.name).sorted()
    }
    let expected = try names(small.path)
    #expect(expected.contains(prefix + "h.0.attn.c_attn.weight"))
    let output = try folder("out", in: small.folder)
    let packed = small.folder.file("m.gobbet")
    _ = try FileConversion().convert(small.path, to: packed, format: .gobbet)
    #expect(try WeightsReader(path: packed).tensors.contains { $0.name == "wte.weight" })
    let matrices = [
      ("h.0.attn.c_attn.lora.A", [32, 1], [UInt8](repeating: 0, count: 128)),
      ("h.0.attn.c_attn.lora.B", [1, 96], [UInt8](repeating: 0, count: 384)),
    ]
    let adapter = try small.folder.write(
      "adapter.safetensors", SmallWeights.safetensors(matrices))
    for (number, input) in [small.path, packed].enumerated() {
      let (plain, merged) = (output + "\(number).safetensors", output + "m\(number).safetensors")
      let result = try FileConversion().convert(input, to: plain, format: .safetensors)
      if input == small.path { #expect(result.notes.isEmpty, "\(result.notes)") }
      _ = try FileConversion().mergeLoRA(
        adapter, into: input, alpha: 1, to: merged, format: .safetensors)
      #expect(try names(plain) == expected, "\(input)")
      #expect(try names(merged) == expected, "\(input)")
      let reader = try SafetensorsReader(plain)
      #expect(reader.metadata.allSatisfy { $0.0 != "gpt.name_prefix" })
    }
    // Where they have other names there is nothing to be said of these.
    let gguf = output + "m.gguf"
    _ = try FileConversion().convert(packed, to: gguf, format: .gguf)
    #expect(try GGUFReader(gguf).metadata.allSatisfy { !$0.0.hasSuffix("name_prefix") })
  }

  @Test("configuration and vocabulary are written beside, and only over what says the same")
  func besides() throws {
    let small = try SmallWeights()
    let packed = small.folder.file("m.gobbet")
    _ = try FileConversion().convert(small.path, to: packed, format: .gobbet)
    let output = try folder("out", in: small.folder)
    for format in [FileFormat.safetensors, .npz, .safetensorsIndex] {
      _ = try FileConversion().convert(packed, to: output + fileName(format), format: format)
    }
    let configuration = try GPT2Configuration(contentsOf: output + "config.json")
    #expect(configuration.headCount == 2 && configuration.endOfTextID == 256)
    #expect(
      try TokenizerJSON.vocabulary(contentsOf: output + "tokenizer.json")
        == SmallWeights.vocabulary())

    let text = try readFile(output + "config.json")
    for (name, bytes) in [
      ("config.json", Array(#"{"n_head":4}"#.utf8)), ("tokenizer.json", Array("{}".utf8)),
    ] {
      let before = try readFile(output + name)
      try writeFile(output + name, bytes)
      let error = #expect(throws: LoadingError.self) {
        _ = try FileConversion().convert(packed, to: output + "new.npz", format: .npz)
      }
      #expect(error?.path == output + name)
      #expect(try readFile(output + name) == bytes)
      #expect(!FileManager.default.fileExists(atPath: output + "new.npz"))
      _ = try FileConversion().convert(
        packed, to: output + "new.npz", format: .npz, replacing: true)
      #expect(try readFile(output + name) == before)
      try FileManager.default.removeItem(atPath: output + "new.npz")
    }
    #expect(try readFile(output + "config.json") == text)

    // What cannot be finished leaves nothing beside.
    let broken = try folder("broken", in: small.folder)
    #expect(throws: (any Error).self) {
      _ = try FileConversion().convert(packed, to: broken + "m.npz", format: .npz) { _, _ in
        throw CancellationError()
      }
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: broken).isEmpty)
  }

  @Test("weights that need no vocabulary are generated from with another, whatever lies beside")
  func generation() throws {
    let small = try SmallWeights()
    let expected = try TextGeneration(path: small.path).continuation(of: "ab").ids
    try small.folder.write("tokenizer.json", Array("{}".utf8))
    let found = try TextGeneration(path: small.path, vocabulary: SmallWeights.vocabulary())
    #expect(try found.continuation(of: "ab").ids == expected)
    #expect(throws: (any Error).self) { _ = try TextGeneration(path: small.path) }
  }

  @Test("a vocabulary with more ids than the embedding has rows is refused, or left out by name")
  func tooManyIDs() throws {
    let small = try SmallWeights()
    let large = try SmallWeights.vocabulary(specials: (0..<9).map { "<\($0)>" })
    var conversion = FileConversion()
    conversion.vocabulary = large
    #expect(throws: LoadingError.self) {
      _ = try conversion.convert(small.path, to: small.folder.file("m.gguf"), format: .gguf)
    }
    try TokenizerJSON.write(large, to: small.folder.file("tokenizer.json"), replacing: true)
    let result = try FileConversion().convert(
      small.path, to: small.folder.file("m.gguf"), format: .gguf)
    #expect(result.notes.contains { $0.contains("265 ids, the embedding 264 rows") })
  }

  @Test("a tokenizer of another kind goes through .gobbet and safetensors with all its types")
  func foreignVocabulary() throws {
    let temporary = try TemporaryFolder()
    try others(temporary.file("a.safetensors"), prefix: "blk.")
    let values: [(key: String, value: GGUFValue)] = [
      ("general.architecture", .string("llama")), ("general.alignment", .uint32(64)),
      ("llama.block_count", .uint32(3)), ("llama.rope.freq_base", .float32(1e6)),
      ("tokenizer.ggml.model", .string("t5")),
      ("tokenizer.ggml.tokens", .array(elementType: 8, [.string("<s>"), .string("\u{2581}a")])),
      ("tokenizer.ggml.scores", .array(elementType: 6, [.float32(0), .float32(-1.5)])),
      ("tokenizer.ggml.add_bos_token", .bool(true)),
    ]
    let first = temporary.file("a.gguf")
    try GGUFWriter.write(
      SafetensorsReader(temporary.file("a.safetensors")), to: first, values: values)
    let direct = temporary.file("direct.gguf")
    let result = try FileConversion().convert(first, to: direct, format: .gguf)
    #expect(result.notes.isEmpty, "\(result.notes)")
    #expect(try readFile(direct) == readFile(first))
    for name in ["m.gobbet", "m.safetensors"] {
      let format = try #require(FileFormat(ofFileNamed: name))
      _ = try FileConversion().convert(first, to: temporary.file(name), format: format)
      _ = try FileConversion().convert(
        temporary.file(name), to: direct, format: .gguf, replacing: true)
      #expect(try readFile(direct) == readFile(first), "\(name)")
    }
    let npz = try FileConversion().convert(first, to: temporary.file("m.npz"), format: .npz)
    #expect(npz.notes.contains { $0.contains("left out: general.architecture") })
  }

  @Test(
    "one of several GGUF or safetensors files stands for all, and is refused without the others")
  func sets() throws {
    let small = try SmallWeights()
    let folder = try TemporaryFolder()
    let whole = try SafetensorsReader(small.path)
    let parts = whole.shards(of: 20_000)
    let count = parts.count
    try #require(count > 2 && count < 10)
    for (index, part) in parts.enumerated() {
      let name = "m-0000\(index + 1)-of-0000\(count)"
      try SafetensorsWriter.write(part, to: folder.file("\(name).safetensors"))
      let first: [(key: String, value: GGUFValue)] =
        index == 0 ? [("general.architecture", .string("x"))] : []
      try GGUFWriter.write(
        part, to: folder.file("\(name).gguf"),
        values: first + [
          ("split.no", .uint16(UInt16(index))), ("split.count", .uint16(UInt16(count))),
          ("split.tensors.count", .int32(Int32(whole.tensors.count))),
        ])
    }
    for ending in ["safetensors", "gguf"] {
      let path = folder.file("m-00002-of-0000\(count).\(ending)")
      let all = try #require(try WeightsInput(recognizing: path))
      #expect(all.source.tensors.count == whole.tensors.count)
      #expect(!all.source.metadata.contains { $0.0.hasPrefix("split.") })
      let missing = "m-00003-of-0000\(count).\(ending)"
      let bytes = try readFile(folder.file(missing))
      try FileManager.default.removeItem(atPath: folder.file(missing))
      let error = #expect(throws: (any Error).self) { _ = try WeightsInput(recognizing: path) }
      #expect(error.map { "\($0)" }?.contains(missing) == true)
      try folder.write(missing, bytes)
    }
    let one = try WeightsInput(
      recognizing: folder.file("m-00002-of-0000\(count).safetensors"), alone: true)
    #expect(one?.source.tensors.count == parts[1].tensors.count)
    // What GGUF says of itself counts, whatever the file is called.
    let renamed = try folder.write(
      "other.gguf", readFile(folder.file("m-00001-of-0000\(count).gguf")))
    let error = #expect(throws: LoadingError.self) { _ = try WeightsInput(recognizing: renamed) }
    #expect(error?.reason.contains("part 1 of \(count)") == true)
    #expect(
      try WeightsInput(recognizing: renamed, alone: true)?.source.tensors.count
        == parts[0].tensors.count)
    let swapped = folder.file("m-00002-of-0000\(count).gguf")
    try writeFile(swapped, readFile(renamed))
    #expect(throws: (any Error).self) { _ = try WeightsInput(recognizing: swapped) }
  }
}
