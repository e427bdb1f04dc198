/// Words of symbols with their counts, one after the other.
struct SymbolWords: ArenaWords {
  private(set) var symbols: [Symbol] = []
  private(set) var counts: [UInt64] = []
  private var ends: [Int] = []

  /// How many words there are.
  var count: Int { counts.count }

  /// Where the symbols of a word are.
  func range(of index: Int) -> Range<Int> { (index == 0 ? 0 : ends[index - 1])..<ends[index] }

  /// Makes room.
  mutating func reserve(symbolCount: Int, wordCount: Int) {
    symbols.reserveCapacity(symbolCount)
    counts.reserveCapacity(wordCount)
    ends.reserveCapacity(wordCount)
  }

  /// Adds a symbol to the word that ``endWord(count:)`` will end.
  mutating func append(_ symbol: Symbol) { symbols.append(symbol) }

  /// Ends a word; one without symbols is none.
  mutating func endWord(count: UInt64) {
    guard symbols.count > ends.last ?? 0 else { return }
    ends.append(symbols.count)
    counts.append(count)
  }

  func layout() throws -> ArenaLayout { try ArenaLayout(self) }

  func arena<Slot>(_ layout: ArenaLayout, _ tokens: TokenTable) throws -> SymbolArena<Slot> {
    SymbolArena(self, layout)
  }
}
