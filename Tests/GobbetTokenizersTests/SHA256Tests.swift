import Crypto
import GobbetTokenizers
import TestSupport
import Testing

@Suite("Digests of ranks") struct SHA256Tests {
  @Test("a digest is that of swift-crypto for every length up to four blocks, and of a megabyte")
  func lengths() {
    var generator = SeededGenerator(5)
    for count in Array(0...256) + [1 << 20] {
      let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
      let wanted = Crypto.SHA256.hash(data: bytes).map { byte in
        (byte < 16 ? "0" : "") + String(byte, radix: 16)
      }.joined()
      #expect(GobbetTokenizers.SHA256.hexadecimal(of: bytes.span) == wanted, "\(count) bytes")
    }
  }
}
