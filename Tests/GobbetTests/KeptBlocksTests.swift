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
    arguments: [ConversionFormat.safetensors, .npz])
  func widened(format: ConversionFormat) throws {
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
    conversion = FileConversion()
    conversion.ggufType = .q8_0
    _ = try conversion.convert(blocks, to: folder.file("m.gguf"), format: .gguf)
    let types = try GGUFReader(folder.file("m.gguf")).types
    #expect(types.allSatisfy { $0 == .q8_0 || $0 == .float16 })
  }
}
