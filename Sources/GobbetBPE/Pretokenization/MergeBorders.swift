/// Where a text that no pattern cuts can be cut all the same, because no merge crosses the place.
///
/// A merge crosses a place where its left token ends with what stands in front of the place, and its
/// right token begins with what stands after it. One byte of each tells that well enough: places
/// inside of words are crossed, and most of those between words and punctuation marks are not. What
/// is between two places that no merge crosses merges as if it were alone.
struct MergeBorders: Sendable {
  /// For each byte, and in the lower half of the index the byte in front of it, 1 for a cut.
  private var cuts: [UInt8]
  /// Whether a space stands for U+2581.
  private let areSpacesEscaped: Bool

  /// U+2581.
  static let metaspace: [UInt8] = [0xE2, 0x96, 0x81]
  private static let space = UInt8(ascii: " ")

  /// The borders for symbols that are scalars or `whole`; nil if tokens of single bytes merge, whose own bytes
  /// do not stand in the text.
  ///
  /// A byte for which `isKnown` is false may begin a symbol without a token, and no cut is made in
  /// front of it: such symbols become one.
  init?(
    _ vocabulary: Vocabulary, whole: [[UInt8]], areSpacesEscaped: Bool, byteTokens: [TokenID],
    isKnown: (UInt8) -> Bool
  ) {
    self.areSpacesEscaped = areSpacesEscaped
    cuts = [UInt8](repeating: 0, count: 1 << 16)
    // Inside of a scalar, or among bytes that aren't part of one, nothing is cut.
    for byte in UInt8.min...UInt8.max where byte & 0xC0 != 0x80 && isKnown(byte) {
      for before in UInt8.min...UInt8.max { cuts[Self.index(before, byte)] = 1 }
    }
    let edges = Self.edges(of: vocabulary.tokens, byteTokens)
    for merge in vocabulary.merges {
      let (left, right) = (edges[Int(merge.left)], edges[Int(merge.right)])
      if left.isByteToken || right.isByteToken { return nil }
      noteCrossing(left, right)
    }
    for bytes in whole {
      for place in bytes.indices.dropFirst() {
        cuts[Self.index(bytes[place - 1], bytes[place])] = 0
      }
    }
  }

  @inline(__always) private static func index(_ before: UInt8, _ byte: UInt8) -> Int {
    Int(byte) << 8 | Int(before)
  }

  /// What matters of a token where others stand beside it.
  private struct Edges: BitwiseCopyable {
    var first: UInt8 = 0
    var last: UInt8 = 0
    var beginsWithSpace = false
    var endsWithSpace = false
    var isByteToken = false
  }

  private static func edges(of tokens: TokenTable, _ byteTokens: [TokenID]) -> [Edges] {
    var edges = [Edges](repeating: Edges(), count: tokens.count)
    let arena = tokens.arena.span
    for id in edges.indices {
      let range = tokens.range(of: TokenID(truncatingIfNeeded: id))
      guard let last = range.last else { continue }
      edges[id].first = arena[range.lowerBound]
      edges[id].last = arena[last]
      edges[id].beginsWithSpace = isMetaspace(arena, range.prefix(3))
      edges[id].endsWithSpace = isMetaspace(arena, range.suffix(3))
    }
    for id in byteTokens where Int(id) < edges.count { edges[Int(id)].isByteToken = true }
    return edges
  }

  /// Notes that one token may merge with the next.
  @inline(__always) private mutating func noteCrossing(_ left: Edges, _ right: Edges) {
    cuts[Self.index(left.last, right.first)] = 0
    guard areSpacesEscaped, left.endsWithSpace || right.beginsWithSpace else { return }
    if left.endsWithSpace { cuts[Self.index(Self.space, right.first)] = 0 }
    if right.beginsWithSpace { cuts[Self.index(left.last, Self.space)] = 0 }
    if left.endsWithSpace, right.beginsWithSpace { cuts[Self.index(Self.space, Self.space)] = 0 }
  }

  private static func isMetaspace(_ arena: Span<UInt8>, _ range: Range<Int>) -> Bool {
    range.count == 3 && range.indices.allSatisfy { arena[$0] == metaspace[$0 - range.lowerBound] }
  }

  /// Calls `body` with each part of a text in turn.
  @inline(__always) func forEachPart<Failure: Error>(
    of text: ClassifiedText, _ body: (Range<Int>) throws(Failure) -> Void
  ) throws(Failure) {
    var start = 0
    var window = 1
    while window < text.count {
      var mask = text.mask(at: window, of: cuts.span)
      while mask != 0 {
        let place = window &+ mask.trailingZeroBitCount
        mask &= mask &- 1
        try body(start..<place)
        start = place
      }
      window &+= ClassMasks.byteCount
    }
    if start < text.count { try body(start..<text.count) }
  }

  /// Where the first part of a text ends that has a space in front.
  func endOfFirstPart(of text: Span<UInt8>) -> Int {
    var before = Self.space
    for index in text.indices {
      if cuts[Self.index(before, text[index])] != 0 { return index }
      before = text[index]
    }
    return text.count
  }
}
