/// The inner loop of an encoder: pretokens to tokens, by way of two caches.
@safe struct EncoderCore: ~Copyable {
  /// Ids that wait in `output` before they are appended to an array.
  private static let outputCount = 4096

  private let tables: MergeTables
  private let tokens: TokenTable
  private var short: PretokenCache
  private var long: LongPretokenCache
  private var longMerger = LongPieceMerger.Scratch()
  private var longTokens: [TokenID] = []
  /// Room for `outputCount` ids, those of one short piece, and the 128 words of a `PieceMerger`.
  private let output: UnsafeMutablePointer<UInt32>

  init(_ tables: MergeTables, _ tokens: TokenTable, _ cacheByteBudget: Int) {
    self.tables = tables
    self.tokens = tokens
    short = PretokenCache(byteBudget: cacheByteBudget / 2)
    long = LongPretokenCache(byteBudget: cacheByteBudget / 2)
    let size = Self.outputCount + PieceMerger.maximumByteCount + 128
    unsafe output = .allocate(capacity: size)
    unsafe output.initialize(repeating: 0, count: size)
  }

  deinit { unsafe output.deallocate() }

  mutating func encode(
    _ bytes: Span<UInt8>, _ scanner: PretokenScanner, into ids: inout [TokenID]
  ) {
    let tables = self.tables
    unsafe tables.withPointers { pointers in
      unsafe bytes.withUnsafeBufferPointer { buffer in
        guard let start = buffer.baseAddress else { return }
        let paddedEnd = buffer.count - 16
        var written = 0
        scanner.forEachPretoken(in: bytes) { range in
          if written >= Self.outputCount {
            unsafe ids.append(contentsOf: UnsafeBufferPointer(start: output, count: written))
            written = 0
          }
          let piece = unsafe start + range.lowerBound
          if range.count <= PretokenKey.maximumByteCount {
            let key = unsafe PretokenKey(
              piece, range.count, isPadded: range.lowerBound <= paddedEnd)
            let hash = key.hash
            if let entry = unsafe short.entry(key, hash) {
              let target = unsafe UnsafeMutableRawPointer(output + written)
              unsafe target.storeBytes(of: entry.pointee.tokens, as: SIMD4<TokenID>.self)
              written += unsafe entry.pointee.tokenCount
              return
            }
            written += unsafe encodeShort(piece, range.count, key, hash, pointers, output + written)
          } else {
            unsafe ids.append(contentsOf: UnsafeBufferPointer(start: output, count: written))
            written = 0
            unsafe encodeLong(piece, range.count, pointers, into: &ids)
          }
        }
        unsafe ids.append(contentsOf: UnsafeBufferPointer(start: output, count: written))
      }
    }
  }

  /// Writes the tokens of a piece of at most 15 bytes that the first cache does not hold.
  private mutating func encodeShort(
    _ piece: UnsafePointer<UInt8>, _ count: Int, _ key: PretokenKey, _ hash: UInt64,
    _ pointers: MergePointers, _ ids: UnsafeMutablePointer<TokenID>
  ) -> Int {
    if let whole = unsafe wholeToken(piece, count) {
      unsafe ids[0] = whole
      unsafe short.insert(key, hash, ids, 1)
      return 1
    }
    let scratch = unsafe output + (Self.outputCount + PieceMerger.maximumByteCount)
    let merger = unsafe PieceMerger(pointers, scratch)
    let tokenCount = unsafe merger.merge(piece, count, into: ids)
    if tokenCount <= PretokenCache.maximumTokenCount {
      unsafe short.insert(key, hash, ids, tokenCount)
    }
    return tokenCount
  }

  /// Appends the tokens of a piece of at least 16 bytes.
  private mutating func encodeLong(
    _ piece: UnsafePointer<UInt8>, _ count: Int, _ pointers: MergePointers,
    into ids: inout [TokenID]
  ) {
    let hash = unsafe LongPretokenCache.hash(piece, count)
    if let known = unsafe long.tokens(piece, count, hash) {
      unsafe ids.append(contentsOf: known)
      return
    }
    longTokens.removeAll(keepingCapacity: true)
    if let whole = unsafe wholeToken(piece, count) {
      longTokens.append(whole)
    } else if count <= PieceMerger.maximumByteCount {
      let scratch = unsafe output + (Self.outputCount + PieceMerger.maximumByteCount)
      let merger = unsafe PieceMerger(pointers, scratch)
      let tokenCount = unsafe merger.merge(piece, count, into: output)
      unsafe longTokens.append(contentsOf: UnsafeBufferPointer(start: output, count: tokenCount))
    } else {
      let merger = unsafe LongPieceMerger(pointers, tokens)
      unsafe merger.merge(piece, count, &longMerger, into: &longTokens)
    }
    unsafe longTokens.withUnsafeBufferPointer { unsafe long.insert(piece, count, hash, $0) }
    ids.append(contentsOf: longTokens)
  }

  /// The token that a piece is, if such pieces are taken whole.
  private func wholeToken(_ piece: UnsafePointer<UInt8>, _ count: Int) -> TokenID? {
    guard let whole = tables.wholeTokens else { return nil }
    let bytes = unsafe Span(_unsafeStart: piece, count: count)
    return whole.index.id(of: bytes, 0..<count, in: whole.table)
  }
}
