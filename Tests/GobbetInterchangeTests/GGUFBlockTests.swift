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

  // By `dequantize_row_q8_K` and so on of the library in PyPI's llama-cpp-python 0.3.36; gguf decodes none
  // of the three.
  @Test(
    "the types that only ggml decodes are the floats that it makes of them",
    arguments: [
      (15, ElementType.q8_K, "1d65c90705f247589c872009c5556d88dd552545da7e9cae41b80973c4ce67bb"),
      (41, .q1_0, "f292415a86d5ebd7af9194efdb56d208e6733c9e541d921cf36a371c21e81abe"),
      (42, .q2_0, "29cfb16e006aeeb74c4b5fb77292d1a1374a4d9942e30212588b7b87fc6d479b"),
    ])
  func ggmlBlocks(code: UInt8, type: ElementType, digest: String) throws {
    let layout = try #require(type.blockLayout)
    func word(_ value: Int) -> [UInt8] {
      (0..<8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
    var bytes =
      Array("GGUF".utf8) + [3, 0, 0, 0] + word(1) + word(0) + word(1) + [0x74, 1, 0, 0, 0]
    bytes += word(4 * layout.elementCount) + [code, 0, 0, 0] + word(0)
    bytes += [UInt8](repeating: 0, count: -bytes.count & 31)
    for index in 0..<(4 * layout.byteCount) {
      bytes.append(UInt8((7 * index * index + 3 * index + 5) % 251))
    }
    let reader = try GGUFReader(try folder.write("blocks.gguf", bytes))
    #expect(reader.tensors.map(\.elementType) == [type])
    let floats = Self.bytes(try reader.floats(of: reader.tensors[0]))
    #expect("\(ContentDigest(of: floats.span))".hasSuffix(digest))
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
