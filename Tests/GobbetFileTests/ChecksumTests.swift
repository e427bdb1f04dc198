import CGobbetKernels
import GobbetFile
import TestSupport
import Testing

@Suite("CRC-32C") struct ChecksumTests {
  @Test(
    "the vectors of RFC 3720 come out",
    arguments: [
      ([UInt8](repeating: 0, count: 32), 0x8A91_36AA),
      ([UInt8](repeating: 0xFF, count: 32), 0x62A8_AB43),
      (Array(0..<32), 0x46DD_794E), (Array((0..<32).reversed()), 0x113F_DB5C),
      (Array("123456789".utf8), 0xE306_9283), ([], 0),
    ] as [([UInt8], UInt32)])
  func vectors(bytes: [UInt8], checksum: UInt32) {
    #expect(crc32c(bytes.span) == checksum)
  }

  @Test("every way that this processor has agrees with the plain one, at any length and offset")
  func ways() {
    var generator = SeededGenerator(1)
    let bytes = (0..<2000).map { _ in UInt8.random(in: 0...255, using: &generator) }
    var ways = unsafe [gobbet_crc32c_way](repeating: gobbet_crc32c_way(), count: 4)
    let count = unsafe Int(gobbet_crc32c_ways(&ways))
    #expect(count >= 1)
    for index in 0..<count {
      let way = unsafe ways[index]
      for length in Array(0...700) + [1023, 1024, 1025, 1900] {
        let start = Int.random(in: 0...64, using: &generator)
        let checksum = UInt32.random(in: 0 ... .max, using: &generator)
        let pair = unsafe bytes[start..<(start + length)].withUnsafeBytes { part in
          unsafe (
            way.function(checksum, part.baseAddress, length),
            gobbet_crc32c_plain(checksum, part.baseAddress, length)
          )
        }
        #expect(pair.0 == pair.1, "\(unsafe String(cString: way.name)), \(length) bytes")
      }
    }
  }

  @Test("a checksum continues where another ended")
  func continuing() {
    let bytes = (0..<5000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    for cut in stride(from: 0, through: 5000, by: 313) {
      let first = crc32c(bytes.span.extracting(0..<cut))
      let both = crc32c(bytes.span.extracting(cut..<5000), continuing: first)
      #expect(both == crc32c(bytes.span))
    }
  }
}
