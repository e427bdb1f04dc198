internal import CGobbetScan

/// The two bytes that special tokens begin with, of which most text has nothing.
///
/// They are looked for 64 places at a time; where tokens begin in many ways, every place counts.
struct SpecialTokenBeginnings: Sendable {
  private struct Pair: Hashable {
    let first: UInt8
    /// Nil for a token of one byte.
    let second: UInt8?
  }

  /// Beyond so many the automaton is as fast.
  private static let greatestCount = 4
  private static let windowByteCount = 64

  /// Nil if there are too many.
  private let pairs: [Pair]?

  init(_ tokens: [SpecialToken]) {
    let different = Set(
      tokens.map { Pair(first: $0.bytes[0], second: $0.bytes.count > 1 ? $0.bytes[1] : nil) })
    pairs = different.count <= Self.greatestCount ? Array(different) : nil
  }

  /// The first place where a token may begin, or the end of the text.
  ///
  /// - Complexity: linear, some 20 GB/s for one way to begin.
  func firstPlace(in bytes: Span<UInt8>) -> Int {
    guard let pairs = pairs else { return 0 }
    guard !pairs.isEmpty else { return bytes.count }
    var place = 0
    // A window and the byte behind it.
    while place + Self.windowByteCount < bytes.count {
      var mask: UInt64 = 0
      for pair in pairs { mask |= Self.mask(of: pair, in: bytes, at: place) }
      if mask != 0 { return place + mask.trailingZeroBitCount }
      place += Self.windowByteCount
    }
    while place < bytes.count, !pairs.contains(where: { Self.begins($0, bytes, at: place) }) {
      place += 1
    }
    return place
  }

  private static func begins(_ pair: Pair, _ bytes: Span<UInt8>, at place: Int) -> Bool {
    guard bytes[place] == pair.first else { return false }
    guard let second = pair.second else { return true }
    return place + 1 < bytes.count && bytes[place + 1] == second
  }

  /// Which of the 64 places from `place` on begin with `pair`.
  private static func mask(of pair: Pair, in bytes: Span<UInt8>, at place: Int) -> UInt64 {
    precondition(place >= 0 && place + windowByteCount < bytes.count)
    return unsafe bytes.withUnsafeBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return 0 }
      // SAFETY: the window and one byte more lie in the text.
      let firsts = unsafe gobbet_byte_mask(base + place, pair.first)
      guard firsts != 0, let second = pair.second else { return firsts }
      return unsafe firsts & gobbet_byte_mask(base + place + 1, second)
    }
  }
}
