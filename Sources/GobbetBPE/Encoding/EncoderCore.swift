/// The inner loop of an encoder: pretokens to tokens, by way of two caches.
@safe struct EncoderCore: ~Copyable {
  /// Pretokens that are looked up in one go.
  private static let batchCount = 256
  /// Room for the tokens of one batch of pretokens that are not long, and one more entry of the
  /// cache.
  private static let outputCount = batchCount * PieceMerger.maximumByteCount + 4

  /// The longest pieces that are kept in a cache.
  private static let longestKept = 1024

  private let tables: MergeTables
  private var frequent: FrequentPretokens
  private var store: PretokenStore
  private var merger = PieceMerger()
  private var longMerger: LongPieceMerger
  /// The tokens of a piece that is too long for `output`.
  private var longTokens: [TokenID] = []
  /// Where the pretokens of a batch end.
  private let ends: UnsafeMutablePointer<Int>
  /// The tokens of a batch that wait to be handed on.
  private let output: UnsafeMutablePointer<TokenID>

  init(_ tables: MergeTables, _ tokens: TokenTable, _ cacheByteBudget: Int) {
    self.tables = tables
    frequent = FrequentPretokens(byteBudget: cacheByteBudget / 16)
    store = PretokenStore(byteBudget: cacheByteBudget - cacheByteBudget / 16)
    longMerger = LongPieceMerger(tokens)
    unsafe ends = .allocate(capacity: Self.batchCount)
    unsafe ends.initialize(repeating: 0, count: Self.batchCount)
    unsafe output = .allocate(capacity: Self.outputCount)
    unsafe output.initialize(repeating: 0, count: Self.outputCount)
  }

  deinit {
    unsafe ends.deallocate()
    unsafe output.deallocate()
  }

  /// The memory of both caches.
  var cacheByteCount: Int { frequent.byteCount + store.byteCount }

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
  @inline(never)
  private mutating func encodeBatch<Failure: Error>(
    _ bytes: UnsafeBufferPointer<UInt8>, _ start: Int, _ count: Int, _ pointers: MergePointers,
    _ body: (UnsafeBufferPointer<TokenID>) throws(Failure) -> Void
  ) throws(Failure) {
    guard count > 0, let base = bytes.baseAddress else { return }
    let lastPadded = bytes.count - 16
    let ends = unsafe self.ends
    let output = unsafe self.output
    var lines = frequent.lines
    var written = 0
    var start = start
    for index in 0..<count {
      // SAFETY: `ends` has `count` ends, which rise from `start` to the end of `bytes` at most;
      // `output` has room for a token a byte of all pieces up to `longByteCount`, and the rest of
      // one entry.
      let end = unsafe ends[index]
      let length = end &- start
      let piece = unsafe base + start
      if length <= ShortPretokenKey.maximumByteCount {
        let key = unsafe ShortPretokenKey(piece, length, isPadded: start <= lastPadded)
        let hash = key.hash
        let line = unsafe lines[hash]
        let isFirst = unsafe line[0].isOf(key)
        let isSecond = unsafe line[1].isOf(key)
        if isFirst != isSecond {
          let entry = unsafe line + (isFirst ? 0 : 1)
          let target = unsafe UnsafeMutableRawPointer(output + written)
          unsafe target.storeBytes(of: entry.pointee.tokens, as: SIMD4<TokenID>.self)
          written &+= unsafe entry.pointee.tokenCount
        } else {
          written &+= unsafe encodeShort(piece, length, key, hash, pointers, output + written)
          lines = frequent.lines
        }
      } else if length <= PieceMerger.maximumByteCount {
        written &+= unsafe encodeMiddle(piece, length, pointers, output + written)
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

  /// Writes the tokens of a piece of at most 15 bytes that is not among the frequent ones.
  @inline(never)
  private mutating func encodeShort(
    _ piece: UnsafePointer<UInt8>, _ count: Int, _ key: ShortPretokenKey, _ hash: UInt64,
    _ pointers: MergePointers, _ ids: UnsafeMutablePointer<TokenID>
  ) -> Int {
    // SAFETY: the caller has room for one token a byte.
    var tokenCount = 1
    if let known = unsafe store.tokens(of: piece, count, hash, into: ids) {
      tokenCount = known
    } else {
      if let whole = unsafe tables.wholeToken(piece, count) {
        unsafe ids[0] = whole
      } else {
        tokenCount = unsafe merger.merge(piece, count, pointers, into: ids)
      }
      unsafe store.insert(piece, count, hash, UnsafeBufferPointer(start: ids, count: tokenCount))
    }
    if tokenCount <= FrequentPretokens.maximumTokenCount {
      unsafe frequent.insert(key, hash, ids, tokenCount)
    }
    return tokenCount
  }

  /// Writes the tokens of a piece of 16 to 64 bytes.
  @inline(never)
  private mutating func encodeMiddle(
    _ piece: UnsafePointer<UInt8>, _ count: Int, _ pointers: MergePointers,
    _ ids: UnsafeMutablePointer<TokenID>
  ) -> Int {
    // SAFETY: the caller has room for one token a byte.
    let hash = unsafe ByteString.hash(piece, count)
    if let known = unsafe store.tokens(of: piece, count, hash, into: ids) { return known }
    if tables.wholeTokensMatter, let whole = unsafe tables.wholeToken(piece, count) {
      unsafe ids[0] = whole
      return 1
    }
    let tokenCount = unsafe merger.merge(piece, count, pointers, into: ids)
    unsafe store.insert(piece, count, hash, UnsafeBufferPointer(start: ids, count: tokenCount))
    return tokenCount
  }

  /// Leaves the tokens of a longer piece in `longTokens`.
  @inline(never)
  private mutating func encodeLong(
    _ piece: UnsafePointer<UInt8>, _ count: Int, _ pointers: MergePointers
  ) {
    longTokens.removeAll(keepingCapacity: true)
    if tables.wholeTokensMatter, let whole = unsafe tables.wholeToken(piece, count) {
      longTokens.append(whole)
      return
    }
    guard count <= Self.longestKept else {
      unsafe longMerger.merge(piece, count, pointers, into: &longTokens)
      return
    }
    // SAFETY: `output` has been handed on, and has room for one token a byte.
    let hash = unsafe ByteString.hash(piece, count)
    if let known = unsafe store.tokens(of: piece, count, hash, into: output) {
      unsafe longTokens.append(contentsOf: UnsafeBufferPointer(start: output, count: known))
      return
    }
    unsafe longMerger.merge(piece, count, pointers, into: &longTokens)
    unsafe longTokens.withUnsafeBufferPointer { unsafe store.insert(piece, count, hash, $0) }
  }
}
