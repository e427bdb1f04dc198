/// Unique pretokens and how often each occurs: all that a ``Trainer`` has to know of a corpus.
///
/// Counting the parts of a corpus and merging the results gives what counting it whole gives.
public struct PretokenCounts: Sendable, PretokenSource {
  /// The longest pretoken; longer ones are cut into pieces of this many bytes and a rest.
  public let maximumPretokenLength: Int
  /// How many pretokens have been cut.
  public private(set) var cutPretokenCount: UInt64
  /// How many documents have been counted.
  public private(set) var documentCount: UInt64
  /// How many bytes they had.
  public private(set) var byteCount: UInt64
  private var table = PretokenTable()

  /// No pretokens.
  ///
  /// What was counted before, and comes back by ``add(_:count:)``, can be given the numbers that it
  /// had.
  /// - Precondition: `maximumPretokenLength` is positive.
  public init(
    maximumPretokenLength: Int = TokenTable.maximumTokenByteCount, documentCount: UInt64 = 0,
    byteCount: UInt64 = 0, cutPretokenCount: UInt64 = 0
  ) {
    precondition(maximumPretokenLength > 0, "PretokenCounts: pretokens need a byte")
    self.maximumPretokenLength = maximumPretokenLength
    self.documentCount = documentCount
    self.byteCount = byteCount
    self.cutPretokenCount = cutPretokenCount
  }

  /// The number of different pretokens.
  public var uniqueCount: Int { table.entries.count }

  /// Bytes of memory in use.
  public var memoryByteCount: Int { table.memoryByteCount }

  /// Counts the pretokens of one document.
  public mutating func count(_ document: Span<UInt8>, using scanner: PretokenScanner) {
    documentCount += 1
    byteCount += UInt64(document.count)
    let bytes = document.raw
    var batch = PretokenBatch()
    scanner.forEachPretoken(in: document) { range in
      if range.count <= maximumPretokenLength {
        batch.append(range, CountKey(bytes, range))
        if batch.isFull { table.addOnce(&batch, of: bytes) }
      } else {
        countPieces(of: range, of: bytes)
      }
    }
    table.addOnce(&batch, of: bytes)
  }

  /// Counts the pretokens of a text that are in `ranges`.
  mutating func count(_ ranges: [Range<Int>], of text: Span<UInt8>) {
    var batch = PretokenBatch()
    for range in ranges { add(range, of: text, to: &batch) }
    finish(&batch, of: text)
  }

  /// Counts a pretoken of a text, by way of a batch; one that is too long is cut between characters.
  @inline(__always) mutating func add(
    _ range: Range<Int>, of text: Span<UInt8>, to batch: inout PretokenBatch
  ) {
    if range.count <= maximumPretokenLength {
      batch.append(range, CountKey(text.raw, range))
      if batch.isFull { table.addOnce(&batch, of: text.raw) }
    } else {
      countParts(of: range, of: text)
    }
  }

  /// Counts a pretoken of a text by itself, which costs less where a text has few.
  @inline(__always) mutating func add(_ range: Range<Int>, of text: Span<UInt8>) {
    if range.count <= maximumPretokenLength {
      _ = table.add(1, to: range, of: text.raw)
    } else {
      countParts(of: range, of: text)
    }
  }

  /// Counts a space and what is in a range of a text as one pretoken.
  mutating func addBehindSpace(_ range: Range<Int>, of text: Span<UInt8>) {
    if let key = CountKey(text.raw, range).behindSpace() {
      _ = table.add(1, to: key, 0..<0, of: text.raw)
      return
    }
    var prefixed: [UInt8] = [0x20]
    for index in range { prefixed.append(text[index]) }
    add(0..<prefixed.count, of: prefixed.span)
  }

  /// Counts what is left in a batch.
  mutating func finish(_ batch: inout PretokenBatch, of text: Span<UInt8>) {
    table.addOnce(&batch, of: text.raw)
  }

  private mutating func countParts(of range: Range<Int>, of text: Span<UInt8>) {
    cutPretokenCount += 1
    var start = range.lowerBound
    while start < range.upperBound {
      let longest = min(start + maximumPretokenLength, range.upperBound)
      var end = longest
      while end < range.upperBound, end > start + 1, text[end] & 0xC0 == 0x80 { end -= 1 }
      if end == start + 1 { end = longest }
      _ = table.add(1, to: start..<end, of: text.raw)
      start = end
    }
  }

  /// Adds a document to the numbers of them.
  mutating func addDocument(byteCount: Int) {
    documentCount += 1
    self.byteCount += UInt64(byteCount)
  }

  /// Adds `count` occurrences of one pretoken, which is not cut.
  ///
  /// - Throws: ``TrainingError`` (`countsTooLarge`) if its count no longer fits 64 bits.
  public mutating func add(_ pretoken: Span<UInt8>, count: UInt64) throws(TrainingError) {
    guard count > 0, !pretoken.isEmpty else { return }
    guard table.add(count, to: 0..<pretoken.count, of: pretoken.raw) else { throw .countsTooLarge }
  }

  /// Adds what another has counted.
  ///
  /// - Throws: ``TrainingError`` (`countsTooLarge`) if a count no longer fits 64 bits.
  public mutating func merge(_ other: PretokenCounts) throws(TrainingError) {
    documentCount += other.documentCount
    byteCount += other.byteCount
    cutPretokenCount += other.cutPretokenCount
    guard table.merge(other.table) else { throw .countsTooLarge }
  }

  /// Forgets the pretokens that occur less often than `minimumCount`; returns how many they were.
  @discardableResult
  public mutating func prune(below minimumCount: UInt64) -> Int {
    let before = uniqueCount
    table = table.pruned(below: minimumCount)
    return before - uniqueCount
  }

  /// Forgets the pretokens, but not the numbers of documents, bytes and cuts.
  public mutating func removePretokens() { table = PretokenTable() }

  /// How often a pretoken occurred.
  public func count(of pretoken: Span<UInt8>) -> UInt64 {
    table.count(of: 0..<pretoken.count, of: pretoken.raw)
  }

  /// Calls `body` with every pretoken and its count, in the order of first occurrence.
  public func forEachPretoken<Failure>(
    _ body: (_ bytes: Span<UInt8>, _ count: UInt64) throws(Failure) -> Void
  ) throws(Failure) {
    var scratch: [UInt8] = []
    for number in table.entries.indices { try pass(number, to: body, scratch: &scratch) }
  }

  /// Calls `body` with every pretoken and its count, in the order of bytes; a pretoken comes before
  /// those that it begins.
  public func forEachSortedPretoken<Failure>(
    _ body: (_ bytes: Span<UInt8>, _ count: UInt64) throws(Failure) -> Void
  ) throws(Failure) {
    var scratch: [UInt8] = []
    for number in table.sortedNumbers() { try pass(Int(number), to: body, scratch: &scratch) }
  }

  private func pass<Failure>(
    _ number: Int, to body: (_ bytes: Span<UInt8>, _ count: UInt64) throws(Failure) -> Void,
    scratch: inout [UInt8]
  ) throws(Failure) {
    let entry = table.entries[number]
    try table.withBytes(of: entry, scratch: &scratch) { bytes throws(Failure) in
      try body(bytes, entry.count)
    }
  }

  private mutating func countPieces(of range: Range<Int>, of bytes: RawSpan) {
    cutPretokenCount += 1
    for start in stride(from: range.lowerBound, to: range.upperBound, by: maximumPretokenLength) {
      let piece = start..<min(start + maximumPretokenLength, range.upperBound)
      _ = table.add(1, to: piece, of: bytes)
    }
  }
}
