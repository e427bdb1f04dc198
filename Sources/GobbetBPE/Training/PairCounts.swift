/// A number of a token while training runs: its place in the byte order, or 256 + its merge.
typealias Symbol = UInt32

/// Two neighbouring symbols as one word; words are ordered as ties are decided.
struct Pair: Hashable, Comparable {
  let word: UInt64

  init(_ left: Symbol, _ right: Symbol) { word = UInt64(left) << 32 | UInt64(right) }
  init(word: UInt64) { self.word = word }

  var left: Symbol { Symbol(truncatingIfNeeded: word >> 32) }
  var right: Symbol { Symbol(truncatingIfNeeded: word) }

  static func < (first: Pair, second: Pair) -> Bool { first.word < second.word }
}

/// How often each candidate pair occurs, and where: an open-addressing table.
struct PairCounts {
  /// What is known of one pair.
  struct Entry {
    /// The pair's word; all ones in a free slot.
    var word: UInt64
    /// Its occurrences, weighted with the counts of their pretokens.
    var count: UInt64
    /// Where the list of its places starts.
    var firstPlace: UInt32
    /// The length of that list; some of the places may no longer hold the pair.
    var placeCount: UInt32

    static let free = Entry(word: .max, count: 0, firstPlace: 0, placeCount: 0)
  }

  private var slots = [Entry](repeating: .free, count: 1 << 12)
  private(set) var count = 0

  /// Forgets all pairs, but keeps the room.
  mutating func removeAll() {
    for slot in slots.indices { slots[slot] = .free }
    count = 0
  }

  /// Adds a pair that is not in the table.
  mutating func insert(_ pair: Pair, count: UInt64, firstPlace: UInt32, placeCount: UInt32) {
    if (self.count + 1) * 3 > slots.count * 2 { grow() }
    let slot = slot(of: pair.word)
    slots[slot] = Entry(
      word: pair.word, count: count, firstPlace: firstPlace, placeCount: placeCount)
    self.count += 1
  }

  /// What is known of a pair; nil if it is not in the table.
  subscript(pair: Pair) -> Entry? {
    let entry = slots[slot(of: pair.word)]
    return entry.word == pair.word ? entry : nil
  }

  /// Takes `weight` from the count of a pair, if it is in the table.
  mutating func subtract(_ weight: UInt64, from pair: Pair) {
    let slot = slot(of: pair.word)
    if slots[slot].word == pair.word { slots[slot].count -= weight }
  }

  /// Sets the count of a pair to zero, if it is in the table.
  mutating func clear(_ pair: Pair) {
    let slot = slot(of: pair.word)
    if slots[slot].word == pair.word { slots[slot].count = 0 }
  }

  /// The slot that holds a word, or the free one where it belongs.
  private func slot(of word: UInt64) -> Int {
    let mask = slots.count - 1
    var slot = Int(truncatingIfNeeded: (word &* 0x9E37_79B9_7F4A_7C15) >> 20) & mask
    while slots[slot].word != word, slots[slot].word != .max { slot = (slot + 1) & mask }
    return slot
  }

  private mutating func grow() {
    let old = slots
    slots = [Entry](repeating: .free, count: old.count * 2)
    for entry in old where entry.word != .max { slots[slot(of: entry.word)] = entry }
  }
}
