/// The digest of SHA-256, in Swift alone: what tells published ranks apart, which needs no library of
/// the system for it.
///
/// - Source: FIPS 180-4, section 6.2.
package enum SHA256 {
  /// The digest of `message`, as 64 hexadecimal digits.
  ///
  /// - Complexity: linear, about 5 ns a byte.
  package static func hexadecimal(of message: Span<UInt8>) -> String {
    var state = initial
    // The bytes of whole blocks, and after the others a bit that is set, zeros, and the length in bits.
    let wholeCount = message.count / 64 * 64
    var rest: [UInt8] = []
    for index in wholeCount..<message.count { rest.append(message[index]) }
    rest.append(0x80)
    rest += repeatElement(0, count: (120 - rest.count) % 64)
    let bitCount = UInt64(message.count) * 8
    for shift in stride(from: UInt64(56), through: 0, by: -8) {
      rest.append(UInt8(truncatingIfNeeded: bitCount >> shift))
    }
    compress(message.extracting(0..<wholeCount), into: &state)
    compress(rest.span, into: &state)
    return state.map { word in
      let digits = String(word, radix: 16)
      return String(repeating: "0", count: 8 - digits.count) + digits
    }.joined()
  }

  /// Takes in blocks of 64 bytes.
  private static func compress(_ blocks: Span<UInt8>, into state: inout [UInt32]) {
    let constants = constants
    var words = [UInt32](repeating: 0, count: 64)
    for start in stride(from: 0, to: blocks.count, by: 64) {
      for index in 0..<16 {
        let place = start + 4 * index
        words[index] =
          UInt32(blocks[place]) << 24 | UInt32(blocks[place + 1]) << 16
          | UInt32(blocks[place + 2]) << 8 | UInt32(blocks[place + 3])
      }
      for index in 16..<64 {
        let (far, near) = (words[index - 15], words[index - 2])
        let small = far.rotated(7) ^ far.rotated(18) ^ far >> 3
        let large = near.rotated(17) ^ near.rotated(19) ^ near >> 10
        words[index] = words[index - 16] &+ small &+ words[index - 7] &+ large
      }
      var (a, b, c, d) = (state[0], state[1], state[2], state[3])
      var (e, f, g, h) = (state[4], state[5], state[6], state[7])
      for index in 0..<64 {
        let mixed = e.rotated(6) ^ e.rotated(11) ^ e.rotated(25)
        let first = h &+ mixed &+ (e & f ^ ~e & g) &+ constants[index] &+ words[index]
        let second = (a.rotated(2) ^ a.rotated(13) ^ a.rotated(22)) &+ (a & b ^ a & c ^ b & c)
        (h, g, f, e) = (g, f, e, d &+ first)
        (d, c, b, a) = (c, b, a, first &+ second)
      }
      state[0] &+= a
      state[1] &+= b
      state[2] &+= c
      state[3] &+= d
      state[4] &+= e
      state[5] &+= f
      state[6] &+= g
      state[7] &+= h
    }
  }

  /// Of the square roots of the first eight primes, the first 32 bits after the point.
  private static let initial: [UInt32] = [
    0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
  ]

  /// The same of the cube roots of the first 64 primes.
  private static let constants: [UInt32] = [
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
  ]
}

extension UInt32 {
  /// The word with its bits rotated to the right.
  fileprivate func rotated(_ count: UInt32) -> UInt32 { self &>> count | self &<< (32 &- count) }
}
