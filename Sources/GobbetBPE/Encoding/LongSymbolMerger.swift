/// Merges the symbols of a pretoken of any length in windows, exactly: `LongPieceMerger` says why that
/// is right, for bytes.
///
/// - Complexity: O(n) for n symbols, O(n log n) where no border holds.
@safe struct LongSymbolMerger: ~Copyable {
  private static let firstWindowCount = PieceMerger.maximumByteCount

  private var tree = TreeMerger()
  private var short = PieceMerger()
  /// Room for the symbols of a short window.
  private let room: UnsafeMutablePointer<TokenID>
  private var symbols: [TokenID] = []
  /// The tokens of the window, how many symbols each of them is, and where the window was.
  private var window: [TokenID] = []
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
    unsafe mergeSymbols(tables, into: &ids)
  }

  private mutating func mergeSymbols(_ tables: MergePointers, into ids: inout [TokenID]) {
    let base = ids.count
    let count = symbols.count
    var windowCount = Self.firstWindowCount
    var start = 0
    // Where the window before began, and how many ids there were.
    var before = (start: 0, idCount: base)
    windowRange = 0..<0
    border = nil
    idCounts.removeAll(keepingCapacity: true)
    while true {
      let end = min(start + windowCount, count)
      unsafe mergeWindow(start..<end, tables)
      if start > 0, unsafe !isBorder(ids[ids.count - 1], start, tables) {
        ids.removeSubrange(before.idCount...)
        idCounts.removeSubrange((before.idCount - base)...)
        start = before.start
        before = (0, base)
        windowCount *= 4
        continue
      }
      if end == count {
        ids.append(contentsOf: window)
        return
      }
      let kept = certainTokens(in: end - start)
      if kept.count == 0 {
        windowCount *= 4
        continue
      }
      before = (start, ids.count)
      ids.append(contentsOf: window[..<kept.count])
      idCounts.append(contentsOf: counts[..<kept.count])
      start += kept.symbolCount
    }
  }

  /// Leaves the tokens of a window in `window`.
  private mutating func mergeWindow(_ range: Range<Int>, _ tables: MergePointers) {
    if windowRange.count == range.count, symbols[windowRange] == symbols[range] { return }
    windowRange = range
    var (tokens, counts): ([TokenID], [Int]) = ([], [])
    swap(&tokens, &window)
    swap(&counts, &self.counts)
    unsafe merge(range, tables, into: &tokens, &counts)
    swap(&tokens, &window)
    swap(&counts, &self.counts)
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

  /// The tokens of the window that do not reach into its last eighth.
  private func certainTokens(in windowCount: Int) -> (count: Int, symbolCount: Int) {
    var count = window.count
    var symbolCount = windowCount
    while count > 0, symbolCount > windowCount - windowCount / 8 {
      count -= 1
      symbolCount -= counts[count]
    }
    return (count, symbolCount)
  }

  /// Whether `left`, which ends at `start`, and the first token of the window stay what they are
  /// when only their symbols are merged.
  private mutating func isBorder(
    _ left: TokenID, _ start: Int, _ tables: MergePointers
  ) -> Bool {
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
}
