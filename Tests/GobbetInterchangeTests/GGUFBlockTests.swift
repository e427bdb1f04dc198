import Foundation
import GobbetData
import GobbetFile
import GobbetInterchange
import TestSupport
import Testing

@Suite("Blocks of GGUF") struct GGUFBlockTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  static func bytes(_ floats: [Float]) -> [UInt8] {
    floats.flatMap { value in
      (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * UInt32($0))) }
    }
  }

  static func hex(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  @Test("every type's elements are the floats that the gguf package makes of them")
  func storedBlocks() throws {
    let reader = try GGUFReader(fixturesFolder + "/gguf/blocks.gguf")
    let sums = try JSONDecoder().decode(
      [String: String].self, from: Data(try fixture("gguf/blocks.json")))
    #expect(reader.tensors.count == sums.count && sums.count == 23)
    #expect(reader.unreadTensors.isEmpty)
    for (tensor, type) in zip(reader.tensors, reader.types) {
      #expect(type.name == tensor.name)
      let floats = Self.bytes(try reader.floats(of: tensor))
      let digest = ContentDigest(of: floats.span)
      #expect("\(digest)".hasSuffix(try #require(sums[tensor.name])), "\(tensor.name)")
    }
  }

  @Test(
    "random blocks of every type are read as the gguf package reads them",
    .enabled(if: peersPython != nil))
  func randomBlocks() throws {
    let script = String(
      decoding: try fixture("gguf/make_blocks.py"), as: UTF8.self)
    _ = try runPeers(script, ["\(UInt32.random(in: 0...UInt32.max))", "64", folder.path])
    let reader = try GGUFReader(folder.file("blocks.gguf"))
    for tensor in reader.tensors {
      let expected = try readFile(folder.file(tensor.name))
      #expect(try Self.bytes(reader.floats(of: tensor)) == expected, "\(tensor.name)")
    }
  }

  @Test("a part of a tensor in blocks is that part of the whole")
  func parts() throws {
    let reader = try GGUFReader(fixturesFolder + "/gguf/blocks.gguf")
    var generator = SeededGenerator(5)
    for tensor in reader.tensors {
      let whole = try reader.bytes(of: tensor)
      for _ in 0..<8 {
        let start = Int.random(in: 0...whole.count, using: &generator)
        let range = start..<Int.random(in: start...whole.count, using: &generator)
        #expect(try reader.bytes(of: tensor, in: range) == Array(whole[range]), "\(tensor.name)")
      }
    }
  }
}
