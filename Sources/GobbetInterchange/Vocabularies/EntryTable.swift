internal import GobbetBPE

/// The entries of a vocabulary's file, found by their text and by their id.
///
/// All texts lie in one array, and an open hash table finds them there: a file has hundreds of
/// thousands, and its merges look up three of them each.
struct EntryTable {
  /// What came of an insertion.
  enum Insertion {
    case done
    case textIsThere
    case idIsThere
  }

  private var arena: [UInt8] = []
  /// Where each entry ends in the arena; it begins where the one before it ends.
  private var ends: [Int] = [0]
  private var ids: [TokenID] = []
  /// The number of an entry plus one, or 0; a power of two of them, of which half are empty.
  private var slots = [UInt32](repeating: 0, count: 1024)
  /// The number of the entry of each id plus one, or 0.
  private var numbers: [UInt32] = []
  /// What hashes begin with, so that no file can be made whose texts all have one.
  private let seed = UInt64.random(in: 0 ... .max)

  /// How many entries there are.
  var count: Int { ids.count }

  /// One more than the largest id, and 0 without entries.
  var idBound: Int { numbers.count }

  /// Adds an entry, unless its text or its id is there.
  ///
  /// - Precondition: the id is below ``TokenTable/maximumCount``.
  mutating func insert(_ text: [UInt8], id: TokenID) -> Insertion {
    let hash = hash(text[...], [])
    guard number(text[...], [], hash) == nil else { return .textIsThere }
    guard self.text(of: id) == nil else { return .idIsThere }
    if 2 * (count + 1) > slots.count { grow() }
    arena += text
    ends.append(arena.count)
    ids.append(id)
    if Int(id) >= numbers.count {
      numbers += repeatElement(0, count: Int(id) + 1 - numbers.count)
    }
    numbers[Int(id)] = UInt32(truncatingIfNeeded: count)
    place(UInt32(truncatingIfNeeded: count), hash)
    return .done
  }

  /// The id of the entry with a text, which may be given in two parts.
  func id(of text: ArraySlice<UInt8>, _ rest: ArraySlice<UInt8> = []) -> TokenID? {
    number(text, rest, hash(text, rest)).map { ids[$0] }
  }

  /// The text of the entry with an id.
  func text(of id: TokenID) -> ArraySlice<UInt8>? {
    guard Int(id) < numbers.count, numbers[Int(id)] > 0 else { return nil }
    return text(Int(numbers[Int(id)]) - 1)
  }

  /// Calls `body` with each entry, in the order they came in.
  func forEach(_ body: (ArraySlice<UInt8>, TokenID) -> Void) {
    for number in ids.indices { body(text(number), ids[number]) }
  }

  private func text(_ number: Int) -> ArraySlice<UInt8> { arena[ends[number]..<ends[number + 1]] }

  /// The number of the entry with a text.
  private func number(
    _ text: ArraySlice<UInt8>, _ rest: ArraySlice<UInt8>, _ hash: UInt64
  ) -> Int? {
    let mask = slots.count - 1
    var slot = Int(truncatingIfNeeded: hash) & mask
    while slots[slot] != 0 {
      let number = Int(slots[slot]) - 1
      if isEqual(number, text, rest) { return number }
      slot = (slot + 1) & mask
    }
    return nil
  }

  private func isEqual(
    _ number: Int, _ text: ArraySlice<UInt8>, _ rest: ArraySlice<UInt8>
  ) -> Bool {
    let start = ends[number]
    guard ends[number + 1] - start == text.count + rest.count else { return false }
    var place = start
    for byte in text {
      guard arena[place] == byte else { return false }
      place += 1
    }
    for byte in rest {
      guard arena[place] == byte else { return false }
      place += 1
    }
    return true
  }

  private func hash(_ text: ArraySlice<UInt8>, _ rest: ArraySlice<UInt8>) -> UInt64 {
    var hash = seed
    for byte in text { hash = (hash ^ UInt64(byte)) &* 0x9E37_79B9_7F4A_7C15 }
    for byte in rest { hash = (hash ^ UInt64(byte)) &* 0x9E37_79B9_7F4A_7C15 }
    return hash ^ hash >> 32
  }

  /// Puts the number of an entry plus one into the first free slot.
  private mutating func place(_ number: UInt32, _ hash: UInt64) {
    let mask = slots.count - 1
    var slot = Int(truncatingIfNeeded: hash) & mask
    while slots[slot] != 0 { slot = (slot + 1) & mask }
    slots[slot] = number
  }

  private mutating func grow() {
    slots = [UInt32](repeating: 0, count: 4 * slots.count)
    for number in ids.indices {
      place(UInt32(truncatingIfNeeded: number + 1), hash(text(number), []))
    }
  }
}
