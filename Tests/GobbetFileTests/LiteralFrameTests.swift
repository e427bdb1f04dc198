import CGobbetKernels
import GobbetFile
import TestSupport
import Testing

@Suite("Frames of literals") struct LiteralFrameTests {
  private static func ways() -> [gobbet_literals_way] {
    var ways = unsafe [gobbet_literals_way](repeating: gobbet_literals_way(), count: 1)
    let count = unsafe gobbet_literals_ways(&ways)
    return unsafe Array(ways.prefix(Int(count)))
  }

  /// Bytes like exponents, of a few kinds or many, with runs, and noise.
  private static func content(
    _ kind: Int, atMost limit: Int, _ generator: inout SeededGenerator
  ) -> [UInt8] {
    let count = Int.random(in: 1...limit, using: &generator)
    let kinds = UInt8.random(in: 1...255, using: &generator)
    return (0..<count).map { index in
      switch kind % 4 {
      case 0: return exponent(&generator)
      case 1: return UInt8.random(in: 0...kinds, using: &generator)
      case 2: return index % 50 < 40 ? 7 : UInt8.random(in: 0...255, using: &generator)
      default:
        return UInt8(
          (0..<6).reduce(0) { sum, _ in sum + Int.random(in: 0...20, using: &generator) })
      }
    }
  }

  /// 120 for a half of them, 119 for a quarter, and so on.
  private static func exponent(_ generator: inout SeededGenerator) -> UInt8 {
    120 - UInt8(UInt64.random(in: 1...(.max), using: &generator).trailingZeroBitCount)
  }

  /// The content by the own decoder, with as much memory as it may touch; nil if it gives up.
  private static func literals(
    _ frame: [UInt8], count: Int, _ way: gobbet_literals_way
  ) -> [UInt8]? {
    var output = [UInt8](repeating: 0xEE, count: count + 64)
    var table = [UInt64](repeating: .max, count: gobbet_literals_memory / 8)
    let isDecoded = unsafe way.decode?(frame, frame.count, 0, &output, count, &table) == 1
    #expect(output.suffix(64).allSatisfy { $0 == 0xEE }, "nothing is written after the content")
    return isDecoded ? Array(output.prefix(count)) : nil
  }

  /// What libzstd says of a frame; nil if it refuses it.
  private static func library(_ frame: [UInt8], count: Int) -> [UInt8]? {
    var output: [UInt8] = []
    try? Decompressor().decompress(frame.span, byteCount: count, into: &output, field: "")
    return output.isEmpty ? nil : output
  }

  @Test("a frame without matches gives what went in, by every way that the processor has")
  func whole() {
    var generator = SeededGenerator(8)
    let compressor = Compressor(literalsOnly: (), checksum: true)
    let ways = unsafe Self.ways()
    var decodedCount = 0
    for kind in 0..<400 {
      let limit = kind % 5 == 0 ? 300_000 : 5000
      let content = Self.content(kind, atMost: limit, &generator)
      var frame: [UInt8] = []
      compressor.compress(content.span, into: &frame)
      #expect(Self.library(frame, count: content.count) == content)
      for index in unsafe ways.indices {
        guard let found = unsafe Self.literals(frame, count: content.count, ways[index]) else {
          continue
        }
        #expect(found == content)
        decodedCount += 1
      }
    }
    #expect(decodedCount > 200)
  }

  @Test("exponents of a block are decoded without libzstd")
  func exponents() {
    var generator = SeededGenerator(3)
    let ways = unsafe Self.ways()
    let content = (0..<262_144).map { _ in Self.exponent(&generator) }
    var frame: [UInt8] = []
    Compressor(literalsOnly: (), checksum: true).compress(content.span, into: &frame)
    for index in unsafe ways.indices {
      #expect(unsafe Self.literals(frame, count: content.count, ways[index]) == content)
    }
  }

  /// Two blocks of bytes that are distributed alike, and where in the frame the second begins.
  private static func twoBlocks(_ generator: inout SeededGenerator) -> (
    content: [UInt8], frame: [UInt8], second: Int
  ) {
    let content = (0..<262_144).map { _ in
      UInt8((0..<6).reduce(0) { sum, _ in sum + Int.random(in: 0...3, using: &generator) })
    }
    var frame: [UInt8] = []
    Compressor(literalsOnly: ()).compress(content.span, into: &frame)
    // The head of the frame has 9 bytes, that of a block 3, its length from the fourth bit on.
    let head = (0..<3).reduce(0) { $0 | Int(frame[9 + $1]) << (8 * $1) }
    return (content, frame, 12 + head >> 3)
  }

  @Test("a block whose literals are coded as those before it is decoded without libzstd")
  func oldCodes() {
    var generator = SeededGenerator(4)
    let ways = unsafe Self.ways()
    let (content, frame, second) = Self.twoBlocks(&generator)
    #expect(frame[9] >> 1 & 3 == 2 && frame[second + 3] & 3 == 3, "not what zstd makes of them")
    // The same after a block without codes: libzstd knows of none then.
    let raw = 131_072 << 3
    let plain = [0, 8, 16].map { UInt8(raw >> $0 & 0xFF) } + content[..<131_072]
    let without = Array(frame[..<9]) + plain + frame[second...]
    #expect(Self.library(without, count: content.count) == nil)
    for index in unsafe ways.indices {
      #expect(unsafe Self.literals(frame, count: content.count, ways[index]) == content)
      #expect(unsafe Self.literals(without, count: content.count, ways[index]) == nil)
    }
    // Changed in the second head, and the first.
    for _ in 0..<200 {
      var changed = frame
      let start = Bool.random(using: &generator) ? 9 : second
      let place = start + Int.random(in: 0..<16, using: &generator)
      changed[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
      for index in unsafe ways.indices {
        guard let found = unsafe Self.literals(changed, count: content.count, ways[index]) else {
          continue
        }
        #expect(found == Self.library(changed, count: content.count))
      }
    }
  }

  @Test("of a damaged frame nothing is taken that libzstd refuses or decodes to something else")
  func damaged() {
    var generator = SeededGenerator(9)
    let compressor = Compressor(literalsOnly: ())
    let ways = unsafe Self.ways()
    var takenCount = 0
    for kind in 0..<300 {
      let content = Self.content(kind, atMost: 4000, &generator)
      var whole: [UInt8] = []
      compressor.compress(content.span, into: &whole)
      for _ in 0..<10 {
        var frame = whole
        for _ in 0..<Int.random(in: 1...3, using: &generator) {
          // Half of the changes to the heads and the codes.
          let end = Bool.random(using: &generator) ? frame.count : min(frame.count, 40)
          frame[Int.random(in: 0..<end, using: &generator)] = .random(
            in: 0...255, using: &generator)
        }
        if Int.random(in: 0..<10, using: &generator) == 0 { frame.removeLast() }
        for index in unsafe ways.indices {
          guard let found = unsafe Self.literals(frame, count: content.count, ways[index]) else {
            continue
          }
          takenCount += 1
          #expect(found == Self.library(frame, count: content.count))
        }
      }
    }
    #expect(takenCount > 100)
  }
}
