/// All pretokens as symbols in one array, where neighbours merge in place.
///
/// The array holds a boundary, then every pretoken followed by a boundary, in the order of falling
/// counts. A symbol starts at its *place*. Merged symbols keep the slots of their parts: the first
/// holds the symbol, the second and the last tell the width, the others are holes. So both
/// neighbours of a place are found at once, however long the pretoken is.
struct SymbolArena {
  /// What separates pretokens; no symbol is this large.
  static let boundary: Symbol = .max >> 1
  /// Set in every slot in which no symbol starts; the other bits of some of them are a width.
  private static let hole: UInt32 = 1 << 31

  private(set) var slots: [UInt32] = [boundary]
  private(set) var classes = CountClasses()
  /// The counts of all symbols together, at the start.
  let totalWeight: UInt64

  /// Lays out the pretokens of `source`, their bytes as the symbols that `tokens` has for them.
  ///
  /// Pretokens of a single byte have no pairs and are left out.
  ///
  /// - Throws: ``TrainingError``, or what `source` throws.
  init(_ source: some PretokenSource, _ tokens: TokenTable) throws {
    var layout = ArenaLayout()
    try source.forEachPretoken { bytes, count throws(TrainingError) in
      try layout.add(byteCount: bytes.count, count: count)
    }
    totalWeight = layout.totalWeight
    var starts = try layout.classStarts(into: &classes)
    var symbols = [Symbol](repeating: 0, count: 256)
    for symbol in 0..<Symbol(tokens.count) where tokens[symbol].count == 1 {
      for byte in tokens[symbol] { symbols[Int(byte)] = symbol }
    }
    slots = [UInt32](repeating: Self.boundary, count: (classes.ends.last ?? 0) + 1)
    try source.forEachPretoken { bytes, count in
      guard bytes.count > 1, count > 0 else { return }
      let start = starts.take(bytes.count + 1, forCount: count)
      for offset in bytes.indices { slots[start + offset] = symbols[Int(bytes[offset])] }
    }
    classes.index()
  }

  /// The symbol after the one at `place`; the boundary if that is the last of its pretoken.
  func symbol(after place: Int) -> Symbol { slots[next(place)] }

  /// The symbol before the one at `place`; the boundary if that is the first of its pretoken.
  func symbol(before place: Int) -> Symbol { slots[previous(place)] }

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
    guard slots[place] == pair.left else { return false }
    let second = next(place)
    guard slots[second] == pair.right else { return false }
    let end = next(second)
    slots[place] = result
    slots[second] = Self.hole
    slots[place + 1] = Self.hole | UInt32(end - place)
    slots[end - 1] = Self.hole | UInt32(end - place)
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
        while slots[read] != Self.boundary {
          if write > start { body(slots[write - 1]) }
          let following = next(read)
          slots[write] = slots[read]
          write += 1
          read = following
        }
        read += 1
        if write - start < 2 {
          write = start
        } else {
          slots[write] = Self.boundary
          write += 1
        }
      }
      classes.setEnd(write, of: index)
    }
    slots.removeLast(slots.count - write)
    classes.index()
  }
}
