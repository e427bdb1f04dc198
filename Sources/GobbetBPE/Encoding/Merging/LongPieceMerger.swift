/// Merges the bytes of a pretoken of any length.
///
/// - Complexity: O(n) for n bytes, O(n log n) where no border holds.
@safe struct LongPieceMerger: ~Copyable {
  private let tokens: TokenTable
  private var tree = TreeMerger()
  private var short = PieceMerger()
  /// The tokens of the window, and what it was.
  private(set) var window: [TokenID] = []
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
    windowRange = 0..<0
    border = nil
    unsafe mergeWindows(of: (bytes, tables), count, into: &ids)
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
}

extension LongPieceMerger: @unsafe WindowedMerger {
  func unitCount(ofWindowToken index: Int) -> Int { tokens.range(of: window[index]).count }

  mutating func mergeWindow(
    _ range: Range<Int>, of units: (bytes: UnsafePointer<UInt8>, tables: MergePointers)
  ) {
    // SAFETY: both ranges are inside the piece.
    let start = unsafe units.bytes + range.lowerBound
    if windowRange.count == range.count,
      unsafe ByteString.isEqual(start, units.bytes + windowRange.lowerBound, range.count)
    {
      return
    }
    windowRange = range
    window = unsafe merged(start, range.count, units.tables)
  }

  mutating func isBorder(
    _ left: TokenID, _ start: Int, of units: (bytes: UnsafePointer<UInt8>, tables: MergePointers)
  ) -> Bool {
    let right = window[0]
    if let border, border == (left, right) { return true }
    let leftByteCount = tokens.range(of: left).count
    let byteCount = leftByteCount + tokens.range(of: right).count
    // SAFETY: the bytes of both tokens are part of the piece, on both sides of `start`.
    let alone = unsafe merged(units.bytes + start - leftByteCount, byteCount, units.tables)
    guard alone == [left, right] else { return false }
    border = (left, right)
    return true
  }

  mutating func keep(_ count: Int) {}

  mutating func goBack(to count: Int) {}
}
