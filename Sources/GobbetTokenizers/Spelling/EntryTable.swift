package import GobbetBPE

/// The entries of a vocabulary's file, found by their text and by their id.
///
/// All texts lie in one array, and an open hash table finds them there: a file has hundreds of
/// thousands, and its merges look up three of them each.
package struct EntryTable {
  /// What came of an insertion.
  enum Insertion {
    case done
    case textIsThere
    case idIsThere
  }

  /// The bits of a slot that hold the number of an entry plus one; the others hold bits of the hash.
  private static let numberMask: UInt32 = 0x1F_FFFF

  private var arena: [UInt8] = []
  /// Where each entry ends in the arena; it begins where the one before it ends.
  private var ends: [Int] = [0]
  private var ids: [TokenID] = []
  /// A power of two of them, of which half are empty: 0.
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
  mutating func insert(_ text: Span<UInt8>, id: TokenID) -> Insertion {
    if 2 * (count + 1) > slots.count { grow() }
    let (slot, mark, number) = find(text, text.indices)
    guard number == nil else { return .textIsThere }
    guard self.text(of: id) == nil else { return .idIsThere }
    arena.append(addingCapacity: text.count) { output in
      for index in text.indices { output.append(text[index]) }
    }
    ends.append(arena.count)
    ids.append(id)
    if Int(id) >= numbers.count {
      numbers += repeatElement(0, count: Int(id) + 1 - numbers.count)
    }
    numbers[Int(id)] = UInt32(truncatingIfNeeded: count)
    slots[slot] = mark | UInt32(truncatingIfNeeded: count)
    return .done
  }

  /// The id of the entry whose text is a range of `text`.
  func id(of text: Span<UInt8>, _ range: Range<Int>) -> TokenID? {
    find(text, range).number.map { ids[$0] }
  }

  /// The text of the entry with an id.
  package func text(of id: TokenID) -> ArraySlice<UInt8>? {
    guard Int(id) < numbers.count, numbers[Int(id)] > 0 else { return nil }
    return arena[range(Int(numbers[Int(id)]) - 1)]
  }

  /// Calls `body` with each entry, in the order they came in.
  func forEach(_ body: (ArraySlice<UInt8>, TokenID) -> Void) {
    for number in ids.indices { body(arena[range(number)], ids[number]) }
  }

  private func range(_ number: Int) -> Range<Int> { ends[number]..<ends[number + 1] }

  /// The number of the entry with a text; if there is none, the slot for it, and what to put there together
  /// with its number plus one.
  private func find(
    _ text: Span<UInt8>, _ range: Range<Int>
  ) -> (slot: Int, mark: UInt32, number: Int?) {
    let hash = ByteString.hash(text, range, seed: seed)
    let mark = UInt32(truncatingIfNeeded: hash >> 32) & ~Self.numberMask
    var slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
    while slots[slot] != 0 {
      if (slots[slot] ^ mark) & ~Self.numberMask == 0 {
        let number = Int(slots[slot] & Self.numberMask) - 1
        let found = self.range(number)
        if found.count == range.count,
          ByteString.isEqual(text, range, arena.span, from: found.lowerBound)
        {
          return (slot, mark, number)
        }
      }
      slot = (slot + 1) & (slots.count - 1)
    }
    return (slot, mark, nil)
  }

  private mutating func grow() {
    slots = [UInt32](repeating: 0, count: 4 * slots.count)
    for number in ids.indices {
      let (slot, mark, _) = find(arena.span, range(number))
      slots[slot] = mark | UInt32(truncatingIfNeeded: number + 1)
    }
  }
}
