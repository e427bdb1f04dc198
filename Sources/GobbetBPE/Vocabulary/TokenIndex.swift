/// Finds tokens by their bytes: an open hash table of ids whose strings lie in a ``TokenTable``.
struct TokenIndex: Sendable {
  /// The bits of a slot that hold the id plus one; the others hold bits of the hash.
  private static let idMask: UInt32 = 0x1F_FFFF

  /// Zero for an empty slot.
  private var slots: [UInt32]

  /// An index with room for `count` tokens.
  init(capacity count: Int) {
    var size = 512
    while size < 2 * count { size *= 2 }
    slots = Array(repeating: 0, count: size)
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
    let (slot, entry, other) = find(table.arena.span, table.range(of: id), in: table)
    if other == nil { slots[slot] = entry | (id + 1) }
    return other
  }

  /// The token whose bytes are `bytes[range]`, if there is one.
  func id(of bytes: Span<UInt8>, _ range: Range<Int>, in table: TokenTable) -> TokenID? {
    find(bytes, range, in: table).id
  }

  /// The token with these bytes; if there is none, the slot for it, and what to put there
  /// together with its id.
  @inline(__always) private func find(
    _ bytes: Span<UInt8>, _ range: Range<Int>, in table: TokenTable
  ) -> (slot: Int, entry: UInt32, id: TokenID?) {
    precondition(range.lowerBound >= 0 && range.upperBound <= bytes.count, "bytes out of range")
    return unsafe bytes.withUnsafeBufferPointer { bytes in
      unsafe table.arena.withUnsafeBufferPointer { arena in
        guard let base = bytes.baseAddress, let arena = arena.baseAddress else {
          return (0, 0, nil)
        }
        let start = unsafe base + range.lowerBound
        // SAFETY: the precondition holds `range` inside `bytes`, and a table's own ranges are
        // inside its arena.
        let hash = unsafe ByteString.hash(start, range.count)
        let entry = UInt32(truncatingIfNeeded: hash >> 32) & ~Self.idMask
        var slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
        while slots[slot] != 0 {
          if (slots[slot] ^ entry) & ~Self.idMask == 0 {
            let id = (slots[slot] & Self.idMask) - 1
            let token = table.range(of: id)
            if token.count == range.count,
              unsafe ByteString.isEqual(arena + token.lowerBound, start, range.count)
            {
              return (slot, entry, id)
            }
          }
          slot = (slot + 1) & (slots.count - 1)
        }
        return (slot, entry, nil)
      }
    }
  }
}
