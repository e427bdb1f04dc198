/// Merges the bytes of a pretoken of any length in windows, exactly.
///
/// Tokens are what merging yields if and only if each two neighbours are: the first merge across a
/// border of the tokens would be the first across that border for the two alone as well. So a piece
/// is merged window by window; the last tokens of a window, which the bytes behind it may change,
/// are dropped, and the next window begins there. Where the tokens on both sides of that border
/// merge differently by themselves, it goes back and takes a longer window.
/// - Complexity: O(n) for n bytes, O(n log n) where no border holds.
@safe struct LongPieceMerger {
  /// Memory that grows with the longest window so far.
  struct Scratch {
    fileprivate var tree = TreeMerger.Scratch()
    fileprivate var window: [TokenID] = []
    fileprivate var border: [TokenID] = []
  }

  private static let firstWindow = 256
  private let merger: TreeMerger
  private let tokens: TokenTable

  init(_ tables: MergePointers, _ tokens: TokenTable) {
    unsafe merger = TreeMerger(tables)
    self.tokens = tokens
  }

  /// Appends the tokens of `bytes[0..<count]` to `ids`.
  ///
  /// - Precondition: `count` is at least 1.
  func merge(
    _ bytes: UnsafePointer<UInt8>, _ count: Int, _ scratch: inout Scratch, into ids: inout [TokenID]
  ) {
    let base = ids.count
    var windowByteCount = Self.firstWindow
    var start = 0
    // Where the window before began, and how many ids there were.
    var before = (start: 0, idCount: base)
    while true {
      let length = min(windowByteCount, count - start)
      // SAFETY: `start + length` is at most `count`.
      unsafe merger.merge(bytes + start, length, &scratch.tree, into: &scratch.window)
      if start > 0, unsafe !isBorder(ids[ids.count - 1], bytes, start, &scratch) {
        ids.removeSubrange(before.idCount...)
        start = before.start
        before = (0, base)
        windowByteCount *= 4
        continue
      }
      if start + length == count {
        ids.append(contentsOf: scratch.window)
        return
      }
      var kept = scratch.window.count
      var keptByteCount = length
      while kept > 0, keptByteCount > length - length / 8 {
        kept -= 1
        keptByteCount -= tokens[scratch.window[kept]].count
      }
      if kept == 0 {
        windowByteCount *= 4
        continue
      }
      before = (start, ids.count)
      ids.append(contentsOf: scratch.window[..<kept])
      start += keptByteCount
    }
  }

  /// Whether `left`, which ends at `start`, and the first token of the window stay what they are
  /// when only their bytes are merged.
  private func isBorder(
    _ left: TokenID, _ bytes: UnsafePointer<UInt8>, _ start: Int, _ scratch: inout Scratch
  ) -> Bool {
    let right = scratch.window[0]
    let leftByteCount = tokens[left].count
    let byteCount = leftByteCount + tokens[right].count
    // SAFETY: the bytes of both tokens are part of the piece, on both sides of `start`.
    unsafe merger.merge(
      bytes + start - leftByteCount, byteCount, &scratch.tree, into: &scratch.border)
    return scratch.border.count == 2 && scratch.border[0] == left && scratch.border[1] == right
  }
}
