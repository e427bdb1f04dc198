/// Where a whole text can be cut in front of U+2581, since no token of the vocabulary crosses the place.
///
/// A token crosses a place where it has U+2581 behind the byte that stands in front of the place. What
/// merges never does so without a token that does.
struct MetaspaceCuts: Sendable {
  /// Whether spaces count as U+2581.
  private let spacesToo: Bool
  /// The bytes behind which no cut is made.
  private let isCrossed: [Bool]

  /// The cuts of a vocabulary that has the token U+2581.
  init(_ tokens: TokenTable, spacesToo: Bool) {
    self.spacesToo = spacesToo
    var isCrossed = [Bool](repeating: false, count: 256)
    for id in 0..<TokenID(truncatingIfNeeded: tokens.count) {
      let bytes = tokens[id]
      guard bytes.count > 3 else { continue }
      var place = bytes.startIndex
      while let lead = bytes[place...].firstIndex(of: 0xE2) {
        place = lead + 1
        guard bytes[lead...].starts(with: Self.metaspace), lead > bytes.startIndex else { continue }
        // Behind another of them, a run goes on.
        let isRun =
          lead >= bytes.startIndex + 3 && bytes[(lead - 3)...].starts(with: Self.metaspace)
        if !isRun { isCrossed[Int(bytes[lead - 1])] = true }
      }
    }
    self.isCrossed = isCrossed
  }

  /// U+2581.
  static let metaspace: [UInt8] = [0xE2, 0x96, 0x81]

  /// Calls `body` with each part of a text in turn: a run of U+2581, and what follows it.
  @inline(__always) func forEachPart<Failure: Error>(
    of text: ClassifiedText, _ body: (Range<Int>) throws(Failure) -> Void
  ) throws(Failure) {
    var start = 0
    // Where the last run of U+2581 ends.
    var runEnd = 0
    var window = 0
    while window < text.count {
      var mask = candidates(in: text, from: window)
      while mask != 0 {
        let place = window &+ mask.trailingZeroBitCount
        mask &= mask &- 1
        let length: Int
        if text[place] == UInt8(ascii: " ") {
          length = 1
        } else if text.hasMetaspace(at: place) {
          length = 3
        } else {
          continue
        }
        if place > runEnd, place > start, !isCrossed[Int(text[place &- 1])] {
          try body(start..<place)
          start = place
        }
        runEnd = place &+ length
      }
      window &+= ClassMasks.byteCount
    }
    if start < text.count { try body(start..<text.count) }
  }

  /// Where the first part of a text ends.
  func endOfFirstPart(of text: ClassifiedText) -> Int {
    var place = 0
    while place < text.count, let length = length(at: place, in: text) { place += length }
    while place < text.count {
      if let length = length(at: place, in: text) {
        if !isCrossed[Int(text[place - 1])] { return place }
        place += length
        while place < text.count, let length = self.length(at: place, in: text) { place += length }
      } else {
        place += 1
      }
    }
    return text.count
  }

  /// The bytes of the U+2581, or the space that counts as one, at a place.
  private func length(at place: Int, in text: ClassifiedText) -> Int? {
    if spacesToo, text[place] == UInt8(ascii: " ") { return 1 }
    return text.hasMetaspace(at: place) ? 3 : nil
  }

  /// A bit for each of the 64 bytes from `start` on, as far as there are some, that may begin what
  /// counts as U+2581.
  @inline(__always) private func candidates(in text: ClassifiedText, from start: Int) -> UInt64 {
    if start &+ ClassMasks.byteCount <= text.count {
      let leads = text.mask(at: start, first: 0xE2, count: 1)
      return spacesToo ? leads | text.mask(at: start, first: UInt8(ascii: " "), count: 1) : leads
    }
    var mask: UInt64 = 0
    for index in start..<text.count {
      let byte = text[index]
      if byte == 0xE2 || spacesToo && byte == UInt8(ascii: " ") {
        mask |= 1 &<< UInt64(truncatingIfNeeded: index &- start)
      }
    }
    return mask
  }
}
