/// Finds tokens by their bytes: an open hash table of ids whose strings lie in a ``TokenTable``.
struct TokenIndex: Sendable {
  /// Zero for an empty slot, else the id plus one in the low 21 bits and bits of the hash above.
  private var slots: [UInt32]
  private let mask: Int

  /// An index with room for the ids below `count`.
  init(capacity count: Int) {
    var size = 512
    while size < 2 * count { size *= 2 }
    slots = Array(repeating: 0, count: size)
    mask = size - 1
  }

  /// The index of all tokens of `table`.
  ///
  /// - Throws: ``VocabularyError`` (`duplicateOf`).
  init(_ table: TokenTable) throws(VocabularyError) {
    self.init(capacity: table.count)
    for id in 0..<TokenID(truncatingIfNeeded: table.count) where table.contains(id) {
      if let other = insert(id, in: table) {
        throw VocabularyError(.duplicateOf(other), token: id)
      }
    }
  }

  /// Adds the token `id`, unless one with the same bytes is there: then its id comes back.
  mutating func insert(_ id: TokenID, in table: TokenTable) -> TokenID? {
    let arena = table.arena.span
    let offsets = table.offsets.span
    let range = table.range(of: id)
    let hash = Self.hash(arena, range)
    let tag = Self.tag(hash)
    var slot = Int(truncatingIfNeeded: hash) & mask
    while slots[slot] != 0 {
      let entry = slots[slot]
      if (entry ^ tag) >> 21 == 0 {
        let other = (entry & 0x1F_FFFF) - 1
        if Self.isToken(other, in: arena, offsets, equalTo: arena, range) { return other }
      }
      slot = (slot + 1) & mask
    }
    slots[slot] = tag | (id + 1)
    return nil
  }

  /// The token whose bytes are `bytes[range]`, if there is one.
  func id(of bytes: Span<UInt8>, _ range: Range<Int>, in table: TokenTable) -> TokenID? {
    let arena = table.arena.span
    let offsets = table.offsets.span
    let hash = Self.hash(bytes, range)
    let tag = Self.tag(hash)
    var slot = Int(truncatingIfNeeded: hash) & mask
    while slots[slot] != 0 {
      let entry = slots[slot]
      if (entry ^ tag) >> 21 == 0 {
        let id = (entry & 0x1F_FFFF) - 1
        if Self.isToken(id, in: arena, offsets, equalTo: bytes, range) { return id }
      }
      slot = (slot + 1) & mask
    }
    return nil
  }

  /// The bits of a hash that a slot keeps, where it keeps them.
  private static func tag(_ hash: UInt64) -> UInt32 {
    UInt32(truncatingIfNeeded: hash >> 32) & ~0x1F_FFFF
  }

  private static func isToken(
    _ id: TokenID, in arena: Span<UInt8>, _ offsets: Span<UInt32>,
    equalTo bytes: Span<UInt8>, _ range: Range<Int>
  ) -> Bool {
    let start = Int(offsets[Int(id)])
    guard Int(offsets[Int(id) + 1]) - start == range.count else { return false }
    for index in 0..<range.count where arena[start + index] != bytes[range.lowerBound + index] {
      return false
    }
    return true
  }

  private static func hash(_ bytes: Span<UInt8>, _ range: Range<Int>) -> UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for index in range { hash = (hash ^ UInt64(bytes[index])) &* 0x0000_0100_0000_01B3 }
    hash = (hash ^ (hash >> 32)) &* 0x9E37_79B9_7F4A_7C15
    return hash ^ (hash >> 29)
  }
}
