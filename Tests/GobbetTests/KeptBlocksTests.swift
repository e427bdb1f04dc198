import Foundation
import Gobbet
import TestSupport
import Testing

@Suite("Blocks of GGUF in other files") struct KeptBlocksTests {
  private let folder: TemporaryFolder
  private let blocks = fixturesFolder + "/gguf/blocks.gguf"

  init() throws { folder = try TemporaryFolder() }

  @Test("a GGUF file's blocks are kept in .gobbet, and come back into GGUF with the same bytes")
  func roundTrip() throws {
    let (packed, back) = (folder.file("m.gobbet"), folder.file("m.gguf"))
    _ = try FileConversion().convert(blocks, to: packed, format: .gobbet)
    _ = try FileConversion().convert(packed, to: back, format: .gguf)
    let (first, kept, last) = try (
      GGUFReader(blocks), WeightsReader(path: packed), GGUFReader(back)
    )
    #expect(first.tensors.contains { $0.elementType == .q4_K })
    #expect(kept.tensors == first.tensors)
    #expect(last.tensors == first.tensors)
    #expect(last.types == first.types)
    for tensor in first.tensors {
      let bytes = try first.bytes(of: tensor)
      #expect(try kept.bytes(of: tensor) == bytes, "\(tensor.name)")
      #expect(try last.bytes(of: tensor) == bytes, "\(tensor.name)")
      #expect(
        try kept.floats(of: tensor).map(\.bitPattern) == first.floats(of: tensor).map(\.bitPattern))
    }
    let direct = folder.file("direct.gguf")
    _ = try FileConversion().convert(blocks, to: direct, format: .gguf)
    #expect(try readFile(direct) == readFile(back))
  }

  @Test(
    "formats without blocks get floats, directly and by way of .gobbet",
    arguments: [FileFormat.safetensors, .npz])
  func widened(format: FileFormat) throws {
    let packed = folder.file("m.gobbet")
    _ = try FileConversion().convert(blocks, to: packed, format: .gobbet)
    let (direct, indirect) = (folder.file("a.\(format)"), folder.file("b.\(format)"))
    _ = try FileConversion().convert(blocks, to: direct, format: format)
    _ = try FileConversion().convert(packed, to: indirect, format: format)
    #expect(try readFile(direct) == readFile(indirect))
    let reader = try GGUFReader(blocks)
    let source = try #require(try WeightsInput(recognizing: direct)).source
    for tensor in reader.tensors {
      let found = try #require(source.tensor(named: tensor.name))
      #expect(found.elementType == .float32)
      #expect(
        try source.floats(of: found).map(\.bitPattern)
          == reader.floats(of: tensor).map(\.bitPattern))
    }
    // Compared by their elements, they are the same.
    #expect(try FileComparison(blocks, direct).isSame)
    #expect(try FileComparison(packed, direct).isSame)
    #expect(try FileComparison(packed, blocks).isSame)
  }

  @Test("a type that is asked for is what blocks become")
  func types() throws {
    let packed = folder.file("m.gobbet")
    var conversion = FileConversion()
    conversion.elementType = .bfloat16
    _ = try conversion.convert(blocks, to: packed, format: .gobbet)
    let reader = try WeightsReader(path: packed)
    #expect(reader.tensors.allSatisfy { $0.elementType == .bfloat16 })
  }

  /// A model of two matrices and a vector.
  private func small() throws -> String {
    let path = folder.file("small.gobbet")
    var writer = try WeightsWriter(path: path)
    var generator = SeededGenerator(3)
    for (name, shape) in [
      ("token_embd.weight", [40, 256]), ("blk.0.ffn_down.weight", [256, 96]),
      ("output_norm.weight", [256]),
    ] {
      let tensor = try TensorDescription(name: name, elementType: .float32, shape: shape)
      let floats = (0..<tensor.elementCount).map { _ in
        Float.random(in: -1...1, using: &generator)
      }
      let bytes = try #require(FloatConversion(.float32)).bytes(floats.span)
      try writer.append(tensor, bytes.span)
    }
    try writer.finish()
    return path
  }

  @Test("a GGUF file that becomes another says what it said, in its order")
  func keptValues() throws {
    let first = folder.file("first.gguf")
    // Scores that no list of merges gives, and a token that llama.cpp takes for another kind.
    try GGUFWriter.write(
      WeightsReader(path: small()), to: first,
      values: [
        ("tokenizer.ggml.scores", .array(elementType: 6, [.float32(-1000), .float32(-0.5)])),
        ("tokenizer.ggml.token_type", .array(elementType: 5, [.int32(3), .int32(1)])),
        ("general.file_type", .uint32(15)), ("general.quantization_version", .uint32(2)),
        ("tokenizer.ggml.tokens", .array(elementType: 8, [.string("<unk>"), .string("a")])),
        ("tokenizer.ggml.model", .string("llama")), ("a.number", .uint64(1 << 60)),
        ("general.architecture", .string("llama")),
      ])
    let again = folder.file("again.gguf")
    let result = try FileConversion().convert(first, to: again, format: .gguf)
    #expect(try readFile(again) == readFile(first))
    #expect(result.notes.isEmpty, "\(result.notes)")
    // What says how elements are stored is said of the new ones, in its place.
    var conversion = FileConversion()
    conversion.quantization = .q8_0
    _ = try conversion.convert(first, to: again, format: .gguf, replacing: true)
    let reader = try GGUFReader(again)
    #expect(try reader.keys == GGUFReader(first).keys)
    #expect(reader["general.file_type"] == .uint32(7))
    conversion.quantization = nil
    conversion.ggufType = .q8_0
    _ = try conversion.convert(first, to: again, format: .gguf, replacing: true)
    #expect(try GGUFReader(again)["general.file_type"] == nil)
    #expect(try GGUFReader(again).keys.count == 6)
  }

  @Test("a GGUF file of a vocabulary alone becomes what holds one, and isn't taken for weights")
  func vocabularyAlone() throws {
    let first = folder.file("v.gguf")
    let vocabulary = try SmallWeights.vocabulary()
    try vocabulary.write(to: first, format: .gguf)
    let packed = folder.file("v.gobbet")
    for format in [FileFormat.gobbet, .gguf, .tokenizerJSON] {
      let path = folder.file("w.\(format)")
      _ = try FileConversion().convert(first, to: path, format: format)
      _ = try FileConversion().convert(path, to: packed, format: .gobbet, replacing: true)
      #expect(try Vocabulary(contentsOf: packed).idBound == vocabulary.idBound)
    }
    for input in [first, packed] {
      for format in [FileFormat.safetensors, .npz, .npy, .llmC] {
        let error = #expect(throws: LoadingError.self) {
          _ = try FileConversion().convert(input, to: folder.file("x"), format: format)
        }
        #expect(error?.reason == "holds no weights, as \(format) does")
      }
    }
  }

  @Test("a GGUF file of weights of no known family has an architecture of no model's name")
  func unknownArchitecture() throws {
    let path = folder.file("plain.gguf")
    let plain = try folder.write(
      "plain.safetensors", SmallWeights.safetensors([("a", [1], [0, 0, 0x80, 0x3F])]))
    _ = try FileConversion().convert(plain, to: path, format: .gguf)
    #expect(try GGUFReader(path).values.first?.value == .string("unknown"))
    #expect(try GGUFReader(path).keys == ["general.architecture"])
    // What a GGUF file does not say, its copy does not say either.
    let (silent, copy) = (folder.file("silent.gguf"), folder.file("copy.gguf"))
    try GGUFWriter.write(GGUFReader(path), to: silent, values: [])
    _ = try FileConversion().convert(silent, to: copy, format: .gguf)
    #expect(try readFile(copy) == readFile(silent))
  }

  @Test("matrices that get another type than was asked for are named")
  func otherTypes() throws {
    var conversion = FileConversion()
    conversion.quantization = .q6_K
    // Rows of 96, in Q8_0.
    let source = try small()
    for format in [FileFormat.gguf, .gobbet] {
      let result = try conversion.convert(
        source, to: folder.file("a.\(format)"), format: format)
      #expect(result.notes.contains { $0.hasSuffix("blocks: blk.0.ffn_down.weight (q8_0)") })
    }
    // Names that llama.cpp doesn't quantise.
    conversion.quantization = .q8_0
    let kept = try conversion.convert(blocks, to: folder.file("b.gguf"), format: .gguf)
    #expect(kept.notes.contains { $0.contains("llama.cpp leaves such names as they are") })
    conversion.quantization = nil
    conversion.ggufType = .q8_0
    let all = try conversion.convert(source, to: folder.file("c.gguf"), format: .gguf)
    #expect(all.notes.allSatisfy { !$0.contains("another type") }, "\(all.notes)")
  }

  @Test(
    "a mix of llama.cpp's gives GGUF and .gobbet the same blocks",
    arguments: QuantizationPreset.allCases)
  func presets(preset: QuantizationPreset) throws {
    let source = try small()
    let (packed, gguf, back) = (
      folder.file("p.gobbet"), folder.file("p.gguf"), folder.file("b.gguf")
    )
    var conversion = FileConversion()
    conversion.quantization = preset
    _ = try conversion.convert(source, to: packed, format: .gobbet)
    _ = try conversion.convert(source, to: gguf, format: .gguf)
    _ = try FileConversion().convert(packed, to: back, format: .gguf)
    let (first, second) = try (WeightsReader(path: packed), GGUFReader(gguf))
    #expect(first.tensors == second.tensors)
    let head: ElementType = preset == .q8_0 ? .q8_0 : .q6_K
    // Rows of 96 aren't blocks of 256; the one layer is one of those with more bits.
    #expect(first.tensors.map(\.elementType) == [head, .q8_0, .float32])
    for tensor in first.tensors {
      #expect(try first.bytes(of: tensor) == second.bytes(of: tensor))
    }
    #expect(second["general.quantization_version"] == .uint32(2))
    #expect(second["general.file_type"] != nil)
    #expect(try GGUFReader(back).tensors == second.tensors)
    // What is kept keeps the name of its mix.
    let again = folder.file("again.gguf")
    _ = try FileConversion().convert(gguf, to: again, format: .gguf)
    #expect(try readFile(again) == readFile(gguf))
    for format in [FileFormat.safetensors, .npz] {
      #expect(throws: ConversionOptionError.self) {
        _ = try conversion.convert(source, to: folder.file("x"), format: format)
      }
    }
  }
}
