/// Merges the bytes of a pretoken of any length in windows, exactly.
///
/// Tokens are what merging yields if and only if each two neighbours are: the first merge across a
/// border of the tokens would be the first across that border for the two alone as well. So a piece
/// is merged window by window; the last tokens of a window, which the bytes behind it may change,
/// are dropped, and the next window begins there. Where the tokens on both sides of that border
/// merge differently by themselves, it goes back and takes a longer window. A window that repeats
/// the one before it has the same tokens.
/// - Complexity: O(n) for n bytes, O(n log n) where no border holds.
@safe struct LongPieceMerger: ~Copyable {
  private static let firstWindowByteCount = PieceMerger.maximumByteCount

  private let tokens: TokenTable
  private var tree = TreeMerger()
  private var short = PieceMerger()
  /// The tokens of the window, and what it was.
  private var window: [TokenID] = []
  private var windowRange = 0..<0
  /// The two tokens that were found to stay what they are side by side.
  private var border: (left: TokenID, right: TokenID)?

  /// Merges into `tokens`.
  init(_ tokens: TokenTable) { self.tokens = tokens }

  /// Appends the tokens of `bytes[0..<count]` to `ids`.
  ///
  /// - Precondition: `count` is at least 1.
  mutating func merge(
    _ bytes: UnsafePointer<UInt8>, _ count: Int, _ tables: MergePointers, into ids: inout [TokenID]
  ) {
    let base = ids.count
    var windowByteCount = Self.firstWindowByteCount
    var start = 0
    // Where the window before began, and how many ids there were.
    var before = (start: 0, idCount: base)
    windowRange = 0..<0
    border = nil
    while true {
      let end = min(start + windowByteCount, count)
      unsafe mergeWindow(bytes, start..<end, tables)
      if start > 0, unsafe !isBorder(ids[ids.count - 1], bytes, start, tables) {
        ids.removeSubrange(before.idCount...)
        start = before.start
        before = (0, base)
        windowByteCount *= 4
        continue
      }
      if end == count {
        ids.append(contentsOf: window)
        return
      }
      let kept = certainTokens(in: end - start)
      if kept.count == 0 {
        windowByteCount *= 4
        continue
      }
      before = (start, ids.count)
      ids.append(contentsOf: window[..<kept.count])
      start += kept.byteCount
    }
  }

  /// Leaves the tokens of a window in `window`.
  private mutating func mergeWindow(
    _ bytes: UnsafePointer<UInt8>, _ range: Range<Int>, _ tables: MergePointers
  ) {
    // SAFETY: both ranges are inside the piece.
    let start = unsafe bytes + range.lowerBound
    if windowRange.count == range.count,
      unsafe ByteString.isEqual(start, bytes + windowRange.lowerBound, range.count)
    {
      return
    }
    windowRange = range
    window = unsafe merged(start, range.count, tables)
  }

  /// The tokens of bytes by themselves.
  private mutating func merged(
    _ bytes: UnsafePointer<UInt8>, _ count: Int, _ tables: MergePointers
  ) -> [TokenID] {
    unsafe [TokenID](unsafeUninitializedCapacity: count) { buffer, written in
      // SAFETY: the buffer has room for one token a byte.
      guard let ids = buffer.baseAddress else { return }
      written =
        count <= PieceMerger.maximumByteCount
        ? unsafe short.merge(bytes, count, tables, into: ids)
        : unsafe tree.merge(bytes, count, tables, into: ids)
    }
  }

  /// The tokens of the window that do not reach into its last eighth.
  private func certainTokens(in windowByteCount: Int) -> (count: Int, byteCount: Int) {
    var count = window.count
    var byteCount = windowByteCount
    while count > 0, byteCount > windowByteCount - windowByteCount / 8 {
      count -= 1
      byteCount -= tokens.range(of: window[count]).count
    }
    return (count, byteCount)
  }

  /// Whether `left`, which ends at `start`, and the first token of the window stay what they are
  /// when only their bytes are merged.
  private mutating func isBorder(
    _ left: TokenID, _ bytes: UnsafePointer<UInt8>, _ start: Int, _ tables: MergePointers
  ) -> Bool {
    let right = window[0]
    if let border, border == (left, right) { return true }
    let leftByteCount = tokens.range(of: left).count
    let byteCount = leftByteCount + tokens.range(of: right).count
    // SAFETY: the bytes of both tokens are part of the piece, on both sides of `start`.
    let alone = unsafe merged(bytes + start - leftByteCount, byteCount, tables)
    guard alone == [left, right] else { return false }
    border = (left, right)
    return true
  }
}
