/// The inner loop of an encoder: pretokens to tokens, by way of two caches.
///
/// Pretokens are looked up in batches. All keys of a batch are made first, and what they will be
/// compared with is asked for, so that the waits for memory pass together.
@safe struct EncoderCore: ~Copyable {
  /// Pretokens that are looked up in one go.
  private static let batchCount = 128
  /// Room for the tokens of one batch of pretokens that are not long, and one more entry of the
  /// cache.
  private static let outputCount = batchCount * PieceMerger.maximumByteCount + 4

  /// The longest pieces that are kept in a cache.
  private static let longestKept = 1024

  private let tables: MergeTables
  private var short: ShortPretokens
  /// The tokens of longer pretokens, and of short ones that have many.
  private var store: PretokenStore
  private var merger = PieceMerger()
  private var longMerger: LongPieceMerger
  private var longSymbolMerger = LongSymbolMerger()
  /// The first part of a text, with a space in front.
  private var prefixed: [UInt8] = []
  /// The tokens of a piece that is too long for `output`.
  private var longTokens: [TokenID] = []
  /// Where the pretokens of a batch end.
  private let ends: UnsafeMutablePointer<Int>
  /// What the pretokens of a batch are looked up by.
  private let lookups: UnsafeMutablePointer<Lookup>
  /// The tokens of a batch that wait to be handed on.
  private let output: UnsafeMutablePointer<TokenID>

  /// The key of a pretoken and its hash; without a length for a pretoken that is not short.
  private struct Lookup: BitwiseCopyable {
    var key = ShortPretokenKey(low: 0, high: 0)
    var hash: UInt64 = 0
  }

  init(_ tables: MergeTables, _ tokens: TokenTable, _ cacheByteBudget: Int) {
    self.tables = tables
    short = ShortPretokens(byteBudget: cacheByteBudget / 2)
    store = PretokenStore(byteBudget: cacheByteBudget - cacheByteBudget / 2)
    longMerger = LongPieceMerger(tokens)
    unsafe ends = .allocate(capacity: Self.batchCount)
    unsafe ends.initialize(repeating: 0, count: Self.batchCount)
    unsafe lookups = .allocate(capacity: Self.batchCount)
    unsafe lookups.initialize(repeating: Lookup(), count: Self.batchCount)
    unsafe output = .allocate(capacity: Self.outputCount)
    unsafe output.initialize(repeating: 0, count: Self.outputCount)
  }

  deinit {
    unsafe ends.deallocate()
    unsafe lookups.deallocate()
    unsafe output.deallocate()
  }

  /// The memory of both caches.
  var cacheByteCount: Int { short.byteCount + store.byteCount }

  /// Hands the tokens of a text to `body`, some at a time.
  @inline(__always)
  mutating func forEachRun<Failure: Error>(
    of bytes: Span<UInt8>, _ scanner: PretokenScanner,
    _ body: (UnsafeBufferPointer<TokenID>) throws(Failure) -> Void
  ) throws(Failure) {
    if let expression = scanner.pattern.expression, expression.leavesOut {
      return try unsafe forEachRun(of: bytes, expression, body)
    }
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

  /// The same for a text whose spaces stand for U+2581, perhaps with one more in front of it.
  mutating func forEachRun<Failure: Error>(
    of text: Span<UInt8>, hasPrefix: Bool, _ scanner: PretokenScanner,
    _ body: (UnsafeBufferPointer<TokenID>) throws(Failure) -> Void
  ) throws(Failure) {
    guard hasPrefix else { return try unsafe forEachRun(of: text, scanner, body) }
    let end = scanner.endOfFirstPart(of: text)
    var first: [UInt8] = []
    swap(&first, &prefixed)
    defer { swap(&first, &prefixed) }
    first.removeAll(keepingCapacity: true)
    first.append(UInt8(ascii: " "))
    for index in 0..<end { first.append(text[index]) }
    try unsafe forEachRun(of: first.span, scanner, body)
    if end < text.count {
      try unsafe forEachRun(of: text.extracting(end..<text.count), scanner, body)
    }
  }

  /// The same for an expression that may leave out a part of the text.
  private mutating func forEachRun<Failure: Error>(
    of bytes: Span<UInt8>, _ expression: SplitExpression,
    _ body: (UnsafeBufferPointer<TokenID>) throws(Failure) -> Void
  ) throws(Failure) {
    let tables = self.tables
    let ends = unsafe self.ends
    try unsafe tables.withPointers { pointers throws(Failure) in
      try unsafe bytes.withUnsafeBufferPointer { buffer throws(Failure) in
        var start = 0
        var end = 0
        var count = 0
        try expression.forEachPart(of: bytes) { range throws(Failure) in
          if count == Self.batchCount || range.lowerBound != end {
            try unsafe encodeBatch(buffer, start, count, pointers, body)
            start = range.lowerBound
            count = 0
          }
          end = range.upperBound
          // SAFETY: `count` is below `batchCount`, the room that `ends` has.
          unsafe ends[count] = end
          count += 1
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
    unsafe prepareLookups(base, bytes.count, start, count)
    let ends = unsafe self.ends
    let lookups = unsafe self.lookups
    let output = unsafe self.output
    var lines = short.lines
    var written = 0
    for index in 0..<count {
      // SAFETY: `ends` and `lookups` have `count` elements, and the ends rise from `start` to the
      // end of `bytes` at most; `output` has room for a token a byte of all pieces up to 64 bytes,
      // and the rest of one entry.
      let lookup = unsafe lookups[index]
      let line = unsafe lines[lookup.hash]
      let isFirst = unsafe line[0].isOf(lookup.key)
      let isSecond = unsafe line[1].isOf(lookup.key)
      let entry = unsafe line + (isFirst ? 0 : 1)
      let tokenCount = isFirst || isSecond ? unsafe entry.pointee.tokenCount : 0
      if tokenCount != 0 {
        let target = unsafe UnsafeMutableRawPointer(output + written)
        unsafe target.storeBytes(of: entry.pointee.tokens, as: SIMD4<TokenID>.self)
        written &+= tokenCount
        continue
      }
      let begin = index == 0 ? start : unsafe ends[index &- 1]
      let length = unsafe ends[index] &- begin
      let piece = unsafe base + begin
      if length <= ShortPretokenKey.maximumByteCount {
        written &+= unsafe encodeShort(piece, length, lookup, pointers, output + written)
        lines = short.lines
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
    }
    try unsafe body(UnsafeBufferPointer(start: output, count: written))
  }

  /// Makes the keys of a batch, and asks for the lines of the cache that they may be in.
  @inline(__always) private func prepareLookups(
    _ base: UnsafePointer<UInt8>, _ byteCount: Int, _ start: Int, _ count: Int
  ) {
    let lastPadded = byteCount - 16
    let ends = unsafe self.ends
    let lookups = unsafe self.lookups
    let lines = short.lines
    var start = start
    for index in 0..<count {
      // SAFETY: as for the caller.
      let end = unsafe ends[index]
      let length = end &- start
      if length <= ShortPretokenKey.maximumByteCount {
        let key = unsafe ShortPretokenKey(base + start, length, isPadded: start <= lastPadded)
        let hash = key.hash
        lines.prefetch(hash)
        unsafe lookups[index] = Lookup(key: key, hash: hash)
      } else {
        unsafe lookups[index] = Lookup()
      }
      start = end
    }
  }

  /// Writes the tokens of a piece of at most 15 bytes that is not where it is looked for first.
  @inline(never)
  private mutating func encodeShort(
    _ piece: UnsafePointer<UInt8>, _ count: Int, _ lookup: Lookup,
    _ pointers: MergePointers, _ ids: UnsafeMutablePointer<TokenID>
  ) -> Int {
    // SAFETY: the caller has room for one token a byte, and for four.
    let entry = short.entry(lookup.key, lookup.hash)
    if let entry, entry.tokenCount > 0 {
      unsafe UnsafeMutableRawPointer(ids).storeBytes(of: entry.tokens, as: SIMD4<TokenID>.self)
      return entry.tokenCount
    }
    if entry != nil, let known = unsafe store.tokens(of: piece, count, lookup.hash, into: ids) {
      return known
    }
    var tokenCount = 1
    if let whole = tables.wholeToken(lookup.key, lookup.hash) {
      unsafe ids[0] = whole
    } else {
      tokenCount = unsafe merge(piece, count, pointers, into: ids)
    }
    // A piece of nothing but what has no token is not kept: no entry says so.
    if tokenCount == 0 { return 0 }
    if tokenCount > ShortPretokens.maximumTokenCount {
      unsafe store.insert(
        piece, count, lookup.hash, UnsafeBufferPointer(start: ids, count: tokenCount))
    }
    if entry == nil { unsafe short.insert(lookup.key, lookup.hash, ids, tokenCount) }
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
    let tokenCount = unsafe merge(piece, count, pointers, into: ids)
    unsafe store.insert(piece, count, hash, UnsafeBufferPointer(start: ids, count: tokenCount))
    return tokenCount
  }

  /// Writes the tokens of a piece of at most 64 bytes that is in no cache, and is not taken whole.
  private mutating func merge(
    _ piece: UnsafePointer<UInt8>, _ count: Int, _ pointers: MergePointers,
    into ids: UnsafeMutablePointer<TokenID>
  ) -> Int {
    // SAFETY: the caller has room for one token a byte, and the span lives as long as the piece.
    guard let symbols = tables.symbols else {
      return unsafe merger.merge(piece, count, pointers, into: ids)
    }
    let bytes = unsafe Span(_unsafeStart: piece, count: count)
    if let merger = symbols.textMerger {
      var written = 0
      merger.forEachToken(of: bytes, symbols) { id, _ in
        unsafe ids[written] = id
        written += 1
      }
      return written
    }
    guard symbols.apply(to: bytes) else {
      return unsafe merger.merge(piece, count, pointers, into: ids)
    }
    let symbolCount = unsafe symbols.readSymbols(of: bytes, into: ids)
    if symbolCount < 2 { return symbolCount }
    return unsafe merger.merge(symbols: ids, symbolCount, pointers)
  }

  /// Appends the tokens of a longer piece to `longTokens`.
  private mutating func mergeLong(
    _ piece: UnsafePointer<UInt8>, _ count: Int, _ pointers: MergePointers
  ) {
    // SAFETY: the span does not outlive the piece.
    if let symbols = tables.symbols {
      let bytes = unsafe Span(_unsafeStart: piece, count: count)
      if let merger = symbols.textMerger {
        merger.forEachToken(of: bytes, symbols) { id, _ in longTokens.append(id) }
        return
      }
      if symbols.apply(to: bytes) {
        return unsafe longSymbolMerger.merge(bytes, symbols, pointers, into: &longTokens)
      }
    }
    unsafe longMerger.merge(piece, count, pointers, into: &longTokens)
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
      unsafe mergeLong(piece, count, pointers)
      return
    }
    // SAFETY: `output` has been handed on, and has room for one token a byte.
    let hash = unsafe ByteString.hash(piece, count)
    if let known = unsafe store.tokens(of: piece, count, hash, into: output) {
      unsafe longTokens.append(contentsOf: UnsafeBufferPointer(start: output, count: known))
      return
    }
    unsafe mergeLong(piece, count, pointers)
    unsafe longTokens.withUnsafeBufferPointer { unsafe store.insert(piece, count, hash, $0) }
  }
}
