/// All pretokens as symbols in one array, where neighbours merge in place.
///
/// The array holds a boundary, then every pretoken followed by a boundary, in the order of falling
/// counts. A symbol starts at its *place*. Merged symbols keep the slots of their parts: the first
/// holds the symbol, the second and the last tell the width, the others are holes. So both
/// neighbours of a place are found at once, however long the pretoken is.
///
/// A slot of 16 bits is enough for the first 32,767 symbols, and takes half the memory.
struct SymbolArena<Slot: FixedWidthInteger & UnsignedInteger & Sendable> {
  /// What separates pretokens; all symbols are below.
  static var boundary: Symbol { Symbol(Slot.max >> 1) }
  /// The most slots that one symbol may take.
  static var maximumWidth: Int { Int(Slot.max >> 1) }
  /// Set in every slot in which no symbol starts; the other bits of some of them are a width.
  private static var hole: Slot { 1 << (Slot.bitWidth - 1) }

  private var slots: [Slot]
  private(set) var classes: CountClasses

  /// Lays out the pretokens of `source`, their bytes as the symbols that `tokens` has for them.
  ///
  /// Pretokens of a single byte have no pairs and are left out.
  ///
  /// - Precondition: no pretoken is longer than ``maximumWidth``, and all ids are below
  ///   ``boundary``.
  /// - Throws: what `source` throws.
  init(_ source: any PretokenSource, _ layout: ArenaLayout, _ tokens: TokenTable) throws {
    var symbols = [Slot](repeating: 0, count: 256)
    for symbol in 0..<Symbol(tokens.count) where tokens[symbol].count == 1 {
      for byte in tokens[symbol] { symbols[Int(byte)] = Slot(symbol) }
    }
    var starts = layout.classStarts()
    classes = starts.classes
    var slots = [Slot](repeating: Slot(Self.boundary), count: (classes.ends.last ?? 0) + 1)
    try source.forEachPretoken { bytes, count in
      guard bytes.count > 1, count > 0 else { return }
      let start = starts.take(bytes.count + 1, forCount: count)
      for offset in bytes.indices { slots[start + offset] = symbols[Int(bytes[offset])] }
    }
    self.slots = slots
    classes.index()
  }

  /// Lays out `words`; those of a single symbol have no pairs and are left out.
  ///
  /// - Precondition: no word is longer than ``maximumWidth``, and all symbols are below
  ///   ``boundary``.
  init(_ words: SymbolWords, _ layout: ArenaLayout) {
    var starts = layout.classStarts()
    classes = starts.classes
    var slots = [Slot](repeating: Slot(Self.boundary), count: (classes.ends.last ?? 0) + 1)
    for index in 0..<words.count {
      let range = words.range(of: index)
      let count = words.counts[index]
      guard range.count > 1, count > 0 else { continue }
      let start = starts.take(range.count + 1, forCount: count)
      for offset in range.indices {
        slots[start + offset - range.lowerBound] = Slot(words.symbols[offset])
      }
    }
    self.slots = slots
    classes.index()
  }

  /// The same symbols in slots of another size.
  ///
  /// - Precondition: `other` is compact.
  init<Other>(_ other: SymbolArena<Other>) {
    classes = other.classes
    slots = other.slots.map { slot in
      slot == Other(SymbolArena<Other>.boundary) ? Slot(Self.boundary) : Slot(slot)
    }
  }

  /// The number of slots; the last is a boundary.
  var count: Int { slots.count }

  /// The symbol that starts at `place`, or the boundary.
  subscript(place: Int) -> Symbol { Symbol(truncatingIfNeeded: slots[place]) }

  /// The symbol after the one at `place`; the boundary if that is the last of its pretoken.
  func symbol(after place: Int) -> Symbol { self[next(place)] }

  /// The symbol before the one at `place`; the boundary if that is the first of its pretoken.
  func symbol(before place: Int) -> Symbol { self[previous(place)] }

  /// The place after the symbol at `place`.
  func next(_ place: Int) -> Int {
    let slot = slots[place + 1]
    return slot & Self.hole == 0 ? place + 1 : place + Int(slot & ~Self.hole)
  }

  /// The place of the symbol before `place`.
  func previous(_ place: Int) -> Int {
    let slot = slots[place - 1]
    return slot & Self.hole == 0 ? place - 1 : place - Int(slot & ~Self.hole)
  }

  /// Makes `result` of the two symbols `pair` at `place`, if they are still there.
  ///
  /// A place where a symbol once started and no longer does is a hole, or the last slot of a wider
  /// symbol, which is marked as a hole too; so it never passes for a symbol.
  mutating func merge(_ pair: Pair, into result: Symbol, at place: Int) -> Bool {
    guard self[place] == pair.left else { return false }
    let second = next(place)
    guard self[second] == pair.right else { return false }
    let end = next(second)
    slots[place] = Slot(truncatingIfNeeded: result)
    slots[second] = Self.hole
    slots[place + 1] = Self.hole | Slot(truncatingIfNeeded: end - place)
    slots[end - 1] = Self.hole | Slot(truncatingIfNeeded: end - place)
    return true
  }

  /// Closes all holes and leaves out the pretokens that have become one symbol; places change.
  ///
  /// Calls `body` with every symbol that has a right neighbour.
  mutating func compact(_ body: (_ left: Symbol) -> Void) {
    var read = 1
    var write = 1
    for index in classes.ends.indices {
      let end = classes.ends[index]
      while read < end {
        let start = write
        while self[read] != Self.boundary {
          if write > start { body(self[write - 1]) }
          let following = next(read)
          slots[write] = slots[read]
          write += 1
          read = following
        }
        read += 1
        if write - start < 2 {
          write = start
        } else {
          slots[write] = Slot(Self.boundary)
          write += 1
        }
      }
      classes.setEnd(write, of: index)
    }
    slots.removeLast(slots.count - write)
    classes.index()
  }
}
