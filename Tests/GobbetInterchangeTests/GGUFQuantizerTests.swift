import Foundation
import GobbetData
import GobbetFile
import GobbetInterchange
import TestSupport
import Testing

@Suite("Quantisers of GGUF") struct GGUFQuantizerTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  static let types: [GGUFType] = [.q4_0, .q4_1, .q5_0, .q5_1, .q8_0, .mxfp4]

  /// The bytes of the tensor in a file of that type.
  private func quantized(_ floats: [Float], as type: GGUFType) throws -> [UInt8] {
    var source = MemorySource()
    try source.append("a", .float32, [2, floats.count / 2], GGUFBlockTests.bytes(floats))
    let path = folder.file("a.gguf")
    try GGUFWriter.write(source, to: path, values: [], as: type, replacing: true)
    let reader = try GGUFReader(path)
    #expect(reader.types == [type])
    let bytes = try readFile(path)
    // One tensor, whose data is padded to 32 bytes.
    let padded = (reader.storedByteCounts[0] + 31) & ~31
    return Array(bytes.suffix(padded).prefix(reader.storedByteCounts[0]))
  }

  @Test(
    "blocks have the bytes that the gguf package gives them",
    arguments: [
      (GGUFType.q4_0, "23c256a8dbcf95839669bfcffd4fad47a54e60b96d5b8e560a73c101b6215e4b"),
      (GGUFType.q4_1, "5eccd45dd0b73009a91e983fff6b8f216be50c6fe7fbbb35990892301826fa02"),
      (GGUFType.q5_0, "bf3c59eb8c56d06d128f004e256b7e2fb0ffd9b161f9e14a424a70785db3c8b4"),
      (GGUFType.q5_1, "51c4824d4c3e61ba7dac64de88dbb9342995fca4ecd1c9bfd1e7eeb5106c06ba"),
      (GGUFType.q8_0, "1f61af8e2ec6a07f7aa2bed203c7968e83b0c2299a895702638595ac7485b025"),
      (GGUFType.mxfp4, "9601520f24973346872b121e57f2c15bc9419fbe6e59cacc5f96bc9e65770c69"),
    ])
  func stored(type: GGUFType, sum: String) throws {
    let floats = (0..<4096).map { index in
      Float((index * 7919 + 13) % 2003 - 1001) / 317
        * Float(sign: .plus, exponent: index / 32 % 19 - 9, significand: 1)
    }
    let bytes = try quantized(floats, as: type)
    #expect("\(ContentDigest(of: bytes.span))" == sum)
  }

  /// Blocks of many kinds: spread over the range of floats, ties, equal magnitudes, constants, zeros,
  /// scales below those of 16-bit floats.
  static func awkward(seed: UInt64) -> [Float] {
    var generator = SeededGenerator(seed)
    var floats: [Float] = []
    for block in 0..<512 {
      let scale = Float(
        sign: .plus, exponent: Int.random(in: -40...12, using: &generator), significand: 1)
      for index in 0..<32 {
        let value: Float =
          switch block % 8 {
          case 0: Float(Int.random(in: -15...15, using: &generator)) / 2
          case 1: index % 2 == 0 ? 1 : -1
          case 2: 1
          case 3: 0
          case 4: Float.random(in: 1.9999...2, using: &generator)
          case 5: Float.random(in: 0...1, using: &generator)
          case 6: index == 7 ? Float(2).nextDown : 0.25
          default: Float.random(in: -1...1, using: &generator)
          }
        floats.append(value * scale)
      }
    }
    return floats
  }

  @Test(
    "awkward blocks have the bytes that the gguf package gives them",
    .enabled(if: peersPython != nil))
  func peers() throws {
    let program = """
      import sys, numpy as np
      from gguf import GGMLQuantizationType as Q, quants
      x = np.fromfile(sys.argv[1], dtype=np.float32).reshape(2, -1)
      for name in sys.argv[3:]:
          quants.quantize(x, Q[name]).tofile(sys.argv[2] + "/" + name)
      """
    for seed in 1...3 as ClosedRange<UInt64> {
      let floats = Self.awkward(seed: seed)
      try folder.write("floats", GGUFBlockTests.bytes(floats))
      _ = try runPeers(
        program, [folder.file("floats"), folder.path] + Self.types.map(\.name))
      for type in Self.types {
        let expected = try readFile(folder.file(type.name))
        let found = try quantized(floats, as: type)
        let difference = zip(expected, found).enumerated().first { $1.0 != $1.1 }?.offset
        #expect(difference == nil && expected.count == found.count, "\(type.name)")
      }
    }
  }

  @Test("what blocks have no place for is refused by the tensor's name", arguments: types)
  func refused(type: GGUFType) throws {
    for value in [Float.nan, .infinity, -.infinity] {
      var floats = [Float](repeating: 1, count: 64)
      floats[40] = value
      let error = #expect(throws: InterchangeError.self) { try quantized(floats, as: type) }
      #expect(error?.field == "a")
    }
    // A scale of 16 bits ends at 65,504.
    let large = [Float](repeating: 0, count: 63) + [1e9]
    if type == .mxfp4 {
      _ = try quantized(large, as: type)
    } else {
      #expect(throws: InterchangeError.self) { try quantized(large, as: type) }
    }
    #expect(try folder.names().filter { $0.hasSuffix(".gguf") }.count <= 1)
  }

  @Test("a type that is read only is refused before anything is written")
  func readOnly() throws {
    let error = #expect(throws: InterchangeError.self) {
      try quantized([Float](repeating: 0, count: 1024), as: GGUFType(rawValue: 10))
    }
    #expect(error?.code == .notRepresentable("blocks of type Q2_K, which are read only"))
    #expect(try folder.names().isEmpty)
  }
}
