internal import CGobbetScan

/// The two bytes that special tokens begin with, of which most text has nothing.
///
/// They are looked for 64 places at a time.
struct SpecialTokenBeginnings: Sendable {
  private struct Pair: Hashable {
    let first: UInt8
    /// Nil for a token of one byte.
    let second: UInt8?
  }

  /// Of more, a table is faster.
  private static let greatestCount = 4
  private static let windowByteCount = 64

  /// The pairs, if they are few.
  private let pairs: [Pair]
  /// Else 1 for each pair that is one, the second byte in the upper half of the index.
  private let table: [UInt8]

  init(_ tokens: [[UInt8]]) {
    let different = Set(
      tokens.map { Pair(first: $0[0], second: $0.count > 1 ? $0[1] : nil) })
    guard different.count > Self.greatestCount else {
      pairs = Array(different)
      table = []
      return
    }
    var table = [UInt8](repeating: 0, count: 1 << 16)
    for pair in different {
      for second in pair.second.map({ $0...$0 }) ?? UInt8.min...UInt8.max {
        table[Int(second) << 8 | Int(pair.first)] = 1
      }
    }
    pairs = []
    self.table = table
  }

  /// The first place from `start` on where a token may begin, or the end of the text.
  ///
  /// - Complexity: linear, some 20 GB/s for one way to begin.
  func firstPlace(in bytes: Span<UInt8>, from start: Int) -> Int {
    if !table.isEmpty { return firstPlaceByTable(in: bytes, from: start) }
    guard !pairs.isEmpty else { return bytes.count }
    var place = start
    // A window and the byte after it.
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

  private func firstPlaceByTable(in bytes: Span<UInt8>, from start: Int) -> Int {
    unsafe bytes.withUnsafeBufferPointer { buffer in
      // SAFETY: the text does not outlive the buffer, which ends with this closure.
      let text = unsafe ClassifiedText(buffer)
      var place = start
      while place + 1 < text.count {
        let mask = text.mask(at: place + 1, of: table.span)
        if mask != 0 { return place + mask.trailingZeroBitCount }
        place = min(place + Self.windowByteCount, text.count - 1)
      }
      // The last byte has none after it; whether a token begins there, the caller will see.
      return min(place, text.count)
    }
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
