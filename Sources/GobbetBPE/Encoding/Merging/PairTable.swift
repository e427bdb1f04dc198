internal import CGobbetScan

/// A number for every pair of numbers that has one: an open hash table of 64-bit words.
///
/// For merges, the rank of two tokens. A word holds all three, 21 bits each; all ones stands for an empty slot, which
/// no pair looks like, because ids are below ``TokenTable/maximumCount``.
struct PairTable: Sendable {
  /// The rank of a pair that does not merge; larger than all others.
  static let none: UInt32 = 1 << 21

  private(set) var slots: AlignedWords
  let shift: UInt64

  /// A table with room for `count` pairs.
  init(capacity count: Int) {
    var bits: UInt64 = 4
    while 1 << bits < count + count / 2 { bits += 1 }
    slots = AlignedWords(repeating: .max, count: 1 << Int(bits))
    shift = 64 - bits
  }

  /// Adds a pair, unless it is there.
  mutating func insert(_ left: TokenID, _ right: TokenID, rank: UInt32) {
    let key = Self.key(left, right)
    let words = unsafe slots.mutableBase()
    var slot = Self.firstSlot(key, shift)
    // SAFETY: `firstSlot` is below the count, a power of two, as is what is masked with it less one;
    // at least a third of the slots are empty.
    while unsafe words[slot] != .max {
      if unsafe words[slot] >> 21 == key { return }
      slot = (slot + 1) & (slots.count - 1)
    }
    unsafe words[slot] = key << 21 | UInt64(rank)
  }

  /// Asks for the slot of a pair, which is to be found or filled soon.
  func prefetch(_ left: TokenID, _ right: TokenID) {
    // SAFETY: as above.
    unsafe gobbet_prefetch(slots.base + Self.firstSlot(Self.key(left, right), shift))
  }

  /// The rank of a pair; `none` if it does not merge.
  func rank(_ left: TokenID, _ right: TokenID) -> UInt32 {
    let key = Self.key(left, right)
    let words = unsafe slots.base
    var slot = Self.firstSlot(key, shift)
    // SAFETY: as above.
    while unsafe words[slot] != .max {
      if unsafe words[slot] >> 21 == key {
        return unsafe UInt32(truncatingIfNeeded: words[slot]) & 0x1F_FFFF
      }
      slot = (slot + 1) & (slots.count - 1)
    }
    return Self.none
  }

  /// Two ids in 42 bits.
  @inline(__always) static func key(_ left: TokenID, _ right: TokenID) -> UInt64 {
    UInt64(left) << 21 | UInt64(right)
  }

  /// Where the search for a key begins.
  @inline(__always) static func firstSlot(_ key: UInt64, _ shift: UInt64) -> Int {
    Int(truncatingIfNeeded: (key &* 0x9E37_79B9_7F4A_7C15) &>> shift)
  }
}
