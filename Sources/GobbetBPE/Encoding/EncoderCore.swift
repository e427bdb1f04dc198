/// The inner loop of an encoder: pretokens to tokens, by way of two caches.
@safe struct EncoderCore: ~Copyable {
  /// Pretokens that are looked up in one go.
  private static let batchCount = 256
  /// Room for the tokens of one batch of short pretokens, and one more entry of the cache.
  private static let outputCount = batchCount * ShortPretokenKey.maximumByteCount + 4

  private let tables: MergeTables
  private let tokens: TokenTable
  private var short: PretokenCache
  private var long: LongPretokenCache
  private var longMerger = LongPieceMerger.Scratch()
  private var longTokens: [TokenID] = []
  /// Where the pretokens of a batch end.
  private let ends: UnsafeMutablePointer<Int>
  /// The tokens of a batch that wait to be handed on.
  private let output: UnsafeMutablePointer<TokenID>
  /// The memory of a ``PieceMerger``.
  private let scratch: UnsafeMutablePointer<UInt32>

  init(_ tables: MergeTables, _ tokens: TokenTable, _ cacheByteBudget: Int) {
    self.tables = tables
    self.tokens = tokens
    short = PretokenCache(byteBudget: cacheByteBudget / 2)
    long = LongPretokenCache(byteBudget: cacheByteBudget / 2)
    unsafe ends = .allocate(capacity: Self.batchCount)
    unsafe ends.initialize(repeating: 0, count: Self.batchCount)
    unsafe output = .allocate(capacity: Self.outputCount)
    unsafe output.initialize(repeating: 0, count: Self.outputCount)
    unsafe scratch = .allocate(capacity: PieceMerger.scratchCount)
    unsafe scratch.initialize(repeating: 0, count: PieceMerger.scratchCount)
  }

  deinit {
    unsafe ends.deallocate()
    unsafe output.deallocate()
    unsafe scratch.deallocate()
  }

  /// Hands the tokens of a text to `body`, some at a time.
  @inline(__always)
  mutating func forEachRun<Failure: Error>(
    of bytes: Span<UInt8>, _ scanner: PretokenScanner,
    _ body: (UnsafeBufferPointer<TokenID>) throws(Failure) -> Void
  ) throws(Failure) {
    let tables = self.tables
    let ends = unsafe self.ends
    try unsafe tables.withPointers { pointers throws(Failure) in
      try unsafe bytes.withUnsafeBufferPointer { buffer throws(Failure) in
        var start = 0
        var count = 0
        try scanner.forEachPretoken(in: bytes) { range throws(Failure) in
          // SAFETY: `count` is below `batchCount`, the room that `ends` has.
          unsafe ends[count] = range.upperBound
          count += 1
          if count == Self.batchCount {
            try unsafe encodeBatch(buffer, start, count, pointers, body)
            start = range.upperBound
            count = 0
          }
        }
        try unsafe encodeBatch(buffer, start, count, pointers, body)
      }
    }
  }

  /// Encodes the pretokens that `ends` lists, the first of which begins at `start`.
  @inline(__always)
  private mutating func encodeBatch<Failure: Error>(
    _ bytes: UnsafeBufferPointer<UInt8>, _ start: Int, _ count: Int, _ pointers: MergePointers,
    _ body: (UnsafeBufferPointer<TokenID>) throws(Failure) -> Void
  ) throws(Failure) {
    guard count > 0, let base = bytes.baseAddress else { return }
    let lastPadded = bytes.count - 16
    var written = 0
    var start = start
    for index in 0..<count {
      // SAFETY: `ends` has `count` ends, which rise from `start` to the end of `bytes` at most;
      // `output` has room for all tokens of a batch and the rest of one entry.
      let end = unsafe ends[index]
      let length = end &- start
      let piece = unsafe base + start
      if length <= ShortPretokenKey.maximumByteCount {
        let key = unsafe ShortPretokenKey(piece, length, isPadded: start <= lastPadded)
        let hash = key.hash
        let line = unsafe short.firstLine(hash)
        let isFirst = unsafe line[0].isOf(key)
        let isSecond = unsafe line[1].isOf(key)
        if isFirst != isSecond {
          let entry = unsafe line + (isFirst ? 0 : 1)
          let target = unsafe UnsafeMutableRawPointer(output + written)
          unsafe target.storeBytes(of: entry.pointee.tokens, as: SIMD4<TokenID>.self)
          written &+= unsafe entry.pointee.tokenCount
        } else {
          written &+= unsafe encodeShort(piece, length, key, hash, pointers, output + written)
        }
      } else {
        try unsafe body(UnsafeBufferPointer(start: output, count: written))
        written = 0
        unsafe encodeLong(piece, length, pointers)
        try unsafe longTokens.withUnsafeBufferPointer { tokens throws(Failure) in
          try unsafe body(tokens)
        }
      }
      start = end
    }
    try unsafe body(UnsafeBufferPointer(start: output, count: written))
  }

  /// Writes the tokens of a piece of at most 15 bytes that its first line does not hold.
  @inline(never)
  private mutating func encodeShort(
    _ piece: UnsafePointer<UInt8>, _ count: Int, _ key: ShortPretokenKey, _ hash: UInt64,
    _ pointers: MergePointers, _ ids: UnsafeMutablePointer<TokenID>
  ) -> Int {
    // SAFETY: the caller has room for one token a byte, and for a whole entry.
    if let entry = short.secondEntry(key, hash) {
      unsafe UnsafeMutableRawPointer(ids).storeBytes(of: entry.tokens, as: SIMD4<TokenID>.self)
      return entry.tokenCount
    }
    if let whole = unsafe wholeToken(piece, count) {
      unsafe ids[0] = whole
      unsafe short.insert(key, hash, ids, 1)
      return 1
    }
    let merger = unsafe PieceMerger(pointers, scratch)
    let tokenCount = unsafe merger.merge(piece, count, into: ids)
    if tokenCount <= PretokenCache.maximumTokenCount {
      unsafe short.insert(key, hash, ids, tokenCount)
    }
    return tokenCount
  }

  /// Leaves the tokens of a piece of at least 16 bytes in `longTokens`.
  @inline(never)
  private mutating func encodeLong(
    _ piece: UnsafePointer<UInt8>, _ count: Int, _ pointers: MergePointers
  ) {
    longTokens.removeAll(keepingCapacity: true)
    let hash = unsafe ByteString.hash(piece, count)
    if let known = unsafe long.tokens(piece, count, hash) {
      unsafe longTokens.append(contentsOf: known)
      return
    }
    if let whole = unsafe wholeToken(piece, count) {
      longTokens.append(whole)
    } else if count <= PieceMerger.maximumByteCount {
      let merger = unsafe PieceMerger(pointers, scratch)
      let tokenCount = unsafe merger.merge(piece, count, into: output)
      unsafe longTokens.append(contentsOf: UnsafeBufferPointer(start: output, count: tokenCount))
    } else {
      let merger = unsafe LongPieceMerger(pointers, tokens)
      unsafe merger.merge(piece, count, &longMerger, into: &longTokens)
    }
    unsafe longTokens.withUnsafeBufferPointer { unsafe long.insert(piece, count, hash, $0) }
  }

  /// The token that a piece is, if such pieces are taken whole.
  private func wholeToken(_ piece: UnsafePointer<UInt8>, _ count: Int) -> TokenID? {
    guard let whole = tables.wholeTokens else { return nil }
    let bytes = unsafe Span(_unsafeStart: piece, count: count)
    return whole.index.id(of: bytes, 0..<count, in: whole.table)
  }
}
