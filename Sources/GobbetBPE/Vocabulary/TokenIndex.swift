internal import CGobbetScan

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
    var start: TokenID = 0
    let end = TokenID(truncatingIfNeeded: table.count)
    while start < end {
      // Where the next tokens will go is asked for first, so that the waits pass together.
      let ids = start..<min(start + 64, end)
      for id in ids { prefetch(id, in: table) }
      for id in ids where table.contains(id) {
        if let other = insert(id, in: table) {
          throw VocabularyError(.duplicateOf(other), token: id)
        }
      }
      start = ids.upperBound
    }
  }

  /// Asks for the slot of a token of at most 15 bytes.
  private func prefetch(_ id: TokenID, in table: TokenTable) {
    let range = table.range(of: id)
    guard range.count <= ShortPretokenKey.maximumByteCount else { return }
    let slot = Int(truncatingIfNeeded: table.shortKey(range).hash) & (slots.count - 1)
    unsafe slots.withUnsafeBufferPointer { slots in
      // SAFETY: `slot` is below the count, of which there is at least one.
      unsafe gobbet_prefetch(slots.baseAddress.unsafelyUnwrapped + slot)
    }
  }

  /// Adds the token `id`, unless one with the same bytes is there: then its id comes back.
  mutating func insert(_ id: TokenID, in table: TokenTable) -> TokenID? {
    let range = table.range(of: id)
    if range.count <= ShortPretokenKey.maximumByteCount {
      return insert(id, table.shortKey(range), in: table)
    }
    let (slot, entry, other) = find(table.arena.span, range, in: table)
    if other == nil { slots[slot] = entry | (id + 1) }
    return other
  }

  /// The same for a token of at most 15 bytes with this key.
  mutating func insert(
    _ id: TokenID, _ key: ShortPretokenKey, in table: TokenTable
  ) -> TokenID? {
    let (slot, entry, other) = find(key, key.hash, in: table)
    if other == nil { slots[slot] = entry | (id + 1) }
    return other
  }

  /// The token whose bytes are `bytes[range]`, if there is one.
  func id(of bytes: Span<UInt8>, _ range: Range<Int>, in table: TokenTable) -> TokenID? {
    precondition(range.lowerBound >= 0 && range.upperBound <= bytes.count, "bytes out of range")
    guard range.count <= ShortPretokenKey.maximumByteCount else {
      return find(bytes, range, in: table).id
    }
    let key = unsafe bytes.withUnsafeBufferPointer { bytes -> ShortPretokenKey? in
      guard let base = bytes.baseAddress else { return nil }
      // SAFETY: the precondition holds `range` inside `bytes`.
      return unsafe ShortPretokenKey(
        base + range.lowerBound, range.count, isPadded: range.lowerBound + 16 <= bytes.count)
    }
    return key.flatMap { find($0, $0.hash, in: table).id }
  }

  /// The token of at most 15 bytes that has this key, whose hash is `hash`, if there is one.
  func id(of key: ShortPretokenKey, _ hash: UInt64, in table: TokenTable) -> TokenID? {
    find(key, hash, in: table).id
  }

  /// The token with a key; if there is none, the slot for it, and what to put there together with
  /// its id.
  @inline(__always) private func find(
    _ key: ShortPretokenKey, _ hash: UInt64, in table: TokenTable
  ) -> (slot: Int, entry: UInt32, id: TokenID?) {
    let byteCount = key.byteCount
    return search(hash) { id in
      let token = table.range(of: id)
      return token.count == byteCount && table.shortKey(token) == key
    }
  }

  /// The token with these bytes, which are more than 15; if there is none, the slot for it, and
  /// what to put there together with its id.
  private func find(
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
        return search(unsafe ByteString.hash(start, range.count)) { id in
          let token = table.range(of: id)
          return token.count == range.count
            && (unsafe ByteString.isEqual(arena + token.lowerBound, start, range.count))
        }
      }
    }
  }

  /// The first token from the slot of `hash` on that has bits of the hash and passes the test.
  @inline(__always) private func search(
    _ hash: UInt64, _ isIt: (TokenID) -> Bool
  ) -> (slot: Int, entry: UInt32, id: TokenID?) {
    let entry = UInt32(truncatingIfNeeded: hash >> 32) & ~Self.idMask
    var slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
    while slots[slot] != 0 {
      if (slots[slot] ^ entry) & ~Self.idMask == 0 {
        let id = (slots[slot] & Self.idMask) - 1
        if isIt(id) { return (slot, entry, id) }
      }
      slot = (slot + 1) & (slots.count - 1)
    }
    return (slot, entry, nil)
  }
}
