/// Merges the symbols of a pretoken of any length.
///
/// - Complexity: O(n) for n symbols, O(n log n) where no border holds.
@safe struct LongSymbolMerger: ~Copyable {
  /// A window of more symbols isn't a short one.
  private static let firstWindowCount = PieceMerger.maximumByteCount

  private var tree = TreeMerger()
  private var short = PieceMerger()
  /// Room for the symbols of a short window.
  private let room: UnsafeMutablePointer<TokenID>
  private var symbols: [TokenID] = []
  /// The tokens of the window, how many symbols each of them is, and where the window was.
  private(set) var window: [TokenID] = []
  private var counts: [Int] = []
  private var windowRange = 0..<0
  /// How many symbols each of the tokens is that were found so far.
  private var idCounts: [Int] = []
  /// The tokens of the symbols on both sides of a border.
  private var pair: [TokenID] = []
  private var pairCounts: [Int] = []
  /// The two tokens that were found to stay what they are side by side, and how many symbols they are.
  private var border: Border?

  private struct Border: Equatable {
    var left: TokenID
    var right: TokenID
    var leftCount: Int
    var rightCount: Int
  }

  init() {
    unsafe room = .allocate(capacity: Self.firstWindowCount)
    unsafe room.initialize(repeating: 0, count: Self.firstWindowCount)
  }

  deinit { unsafe room.deallocate() }

  /// Appends the tokens of `piece` to `ids`.
  mutating func merge(
    _ piece: Span<UInt8>, _ table: SymbolTable, _ tables: MergePointers, into ids: inout [TokenID]
  ) {
    symbols = unsafe [TokenID](unsafeUninitializedCapacity: piece.count) { buffer, written in
      // SAFETY: the buffer has room for one token a byte.
      if let target = buffer.baseAddress {
        written = unsafe table.readSymbols(of: piece, into: target)
      }
    }
    if symbols.isEmpty { return }
    windowRange = 0..<0
    border = nil
    idCounts.removeAll(keepingCapacity: true)
    unsafe mergeWindows(of: tables, symbols.count, into: &ids)
  }

  /// Puts the tokens of a range of the symbols by themselves, and how many symbols each of them is, in
  /// the place of what two arrays hold.
  private mutating func merge(
    _ range: Range<Int>, _ tables: MergePointers, into tokens: inout [TokenID],
    _ counts: inout [Int]
  ) {
    tokens.removeAll(keepingCapacity: true)
    counts.removeAll(keepingCapacity: true)
    guard range.count <= Self.firstWindowCount else {
      return unsafe tree.merge(symbols[range], tables, into: &tokens, counts: &counts)
    }
    // SAFETY: `room` has room for the symbols of a short window, and the bits of `alive` are below
    // their number.
    for (place, index) in range.enumerated() { unsafe room[place] = symbols[index] }
    var alive = unsafe short.mergedSymbols(room, range.count, tables)
    let written = unsafe short.write(alive, into: room)
    unsafe tokens.append(contentsOf: UnsafeBufferPointer(start: room, count: written))
    while alive != 0 {
      let place = alive.trailingZeroBitCount
      alive &= alive &- 1
      counts.append((alive == 0 ? range.count : alive.trailingZeroBitCount) - place)
    }
  }
}

extension LongSymbolMerger: @unsafe WindowedMerger {
  func unitCount(ofWindowToken index: Int) -> Int { counts[index] }

  mutating func mergeWindow(_ range: Range<Int>, of tables: MergePointers) {
    if windowRange.count == range.count, symbols[windowRange] == symbols[range] { return }
    windowRange = range
    var (tokens, counts): ([TokenID], [Int]) = ([], [])
    swap(&tokens, &window)
    swap(&counts, &self.counts)
    unsafe merge(range, tables, into: &tokens, &counts)
    swap(&tokens, &window)
    swap(&counts, &self.counts)
  }

  mutating func isBorder(_ left: TokenID, _ start: Int, of tables: MergePointers) -> Bool {
    let new = Border(
      left: left, right: window[0], leftCount: idCounts[idCounts.count - 1], rightCount: counts[0])
    if border == new { return true }
    var (tokens, counts): ([TokenID], [Int]) = ([], [])
    swap(&tokens, &pair)
    swap(&counts, &pairCounts)
    unsafe merge(
      (start - new.leftCount)..<(start + new.rightCount), tables, into: &tokens, &counts)
    swap(&tokens, &pair)
    swap(&counts, &pairCounts)
    guard pair == [left, new.right] else { return false }
    border = new
    return true
  }

  mutating func keep(_ count: Int) { idCounts.append(contentsOf: counts[..<count]) }

  mutating func goBack(to count: Int) { idCounts.removeSubrange(count...) }
}
