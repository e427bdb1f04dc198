/// Merges a pretoken of any length in windows, exactly.
///
/// Tokens are what merging yields if and only if each two neighbours are: the first merge across a
/// border of the tokens would be the first across that border for the two alone as well. So a pretoken
/// is merged window by window; the last tokens of a window, which what is after it may change,
/// are dropped, and the next window begins there. Where the tokens on both sides of that border
/// merge differently by themselves, it goes back and takes a longer window. A window that repeats
/// the one before it has the same tokens.
///
/// What is merged are units: bytes, or symbols.
/// - Complexity: O(n) for n units, O(n log n) where no border holds.
protocol WindowedMerger: ~Copyable {
  /// What the windows are cut from, and the tables of the merges.
  associatedtype Units

  /// The tokens of the window.
  var window: [TokenID] { get }

  /// How many units a token of the window is.
  func unitCount(ofWindowToken index: Int) -> Int

  /// Leaves the tokens of a range of the units in `window`.
  mutating func mergeWindow(_ range: Range<Int>, of units: Units)

  /// Whether `left`, which ends at `start`, and the first token of the window stay what they are
  /// when only their units are merged.
  mutating func isBorder(_ left: TokenID, _ start: Int, of units: Units) -> Bool

  /// The first tokens of the window follow those that were found before.
  mutating func keep(_ count: Int)

  /// Of the tokens that were found only that many stay.
  mutating func goBack(to count: Int)
}

extension WindowedMerger where Self: ~Copyable {
  /// Appends the tokens of all `count` units to `ids`.
  ///
  /// - Precondition: `count` is at least 1.
  mutating func mergeWindows(of units: Units, _ count: Int, into ids: inout [TokenID]) {
    let base = ids.count
    var windowCount = PieceMerger.maximumByteCount
    var start = 0
    // Where the window before began, and how many ids there were.
    var before = (start: 0, idCount: base)
    while true {
      let end = min(start + windowCount, count)
      mergeWindow(start..<end, of: units)
      if start > 0, !isBorder(ids[ids.count - 1], start, of: units) {
        ids.removeSubrange(before.idCount...)
        goBack(to: before.idCount - base)
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
      keep(kept.count)
      start += kept.unitCount
    }
  }

  /// The tokens of the window that do not reach into its last eighth.
  private func certainTokens(in windowCount: Int) -> (count: Int, unitCount: Int) {
    var (count, unitCount) = (window.count, windowCount)
    while count > 0, unitCount > windowCount - windowCount / 8 {
      count -= 1
      unitCount -= self.unitCount(ofWindowToken: count)
    }
    return (count, unitCount)
  }
}
