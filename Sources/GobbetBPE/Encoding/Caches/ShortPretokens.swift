internal import CGobbetScan

/// The tokens of pretokens of at most 15 bytes.
///
/// An open hash table of lines of the processor's cache, two entries of 32 bytes each. A pretoken is
/// in the line that its hash names or, where that was full, in one of the next three; where all four
/// are full it takes the place of another. The table starts small and grows with use up to its
/// budget. What lies where a look-up begins can be asked for ahead of it.
@safe struct ShortPretokens: ~Copyable {
  /// The most tokens an entry holds.
  static let maximumTokenCount = 4

  /// One pretoken: its key, with the number of tokens in the topmost four bits, and its tokens.
  ///
  /// An entry without a key is empty. One of no tokens says that there are too many of them.
  struct Entry: BitwiseCopyable {
    var low: UInt64 = 0
    var high: UInt64 = 0
    var tokens = SIMD4<TokenID>()

    /// How many of `tokens` count.
    @inline(__always) var tokenCount: Int { Int(truncatingIfNeeded: high &>> 60) }

    @inline(__always) func isOf(_ key: ShortPretokenKey) -> Bool {
      ((low ^ key.low) | ((high ^ key.high) &<< 4)) == 0
    }

    fileprivate var isEmpty: Bool { high == 0 }
    fileprivate var key: ShortPretokenKey { ShortPretokenKey(low: low, high: high & ~(0xF << 60)) }
  }

  private static let firstLineCount = 256
  private static let lineByteCount = TableMemory.lineByteCount
  /// In how many lines a pretoken may be.
  private static let probedLineCount = 4
  private var entries: UnsafeMutablePointer<Entry>
  private var lineCount: Int
  private let maximumLineCount: Int
  /// Insertions until the table grows.
  private var insertionsLeft: Int

  /// A cache of at most `byteBudget` bytes, but at least one line.
  init(byteBudget: Int) {
    var maximum = 1
    while maximum * 2 * Self.lineByteCount <= byteBudget { maximum *= 2 }
    maximumLineCount = maximum
    lineCount = min(maximum, Self.firstLineCount)
    insertionsLeft = lineCount
    unsafe entries = Self.allocate(lineCount)
  }

  deinit { unsafe entries.deallocate() }

  /// The memory it occupies.
  var byteCount: Int { lineCount * Self.lineByteCount }

  /// Where the lines of pretokens are; good until the next insertion.
  @safe struct Lines {
    private let base: UnsafeMutableRawPointer
    private let mask: UInt64

    fileprivate init(_ entries: UnsafeMutablePointer<Entry>, _ lineCount: Int) {
      unsafe base = UnsafeMutableRawPointer(entries)
      mask = UInt64(truncatingIfNeeded: (lineCount - 1) * lineByteCount)
    }

    /// The first line for a hash: two entries.
    @inline(__always) subscript(hash: UInt64) -> UnsafeMutablePointer<Entry> {
      // SAFETY: the mask leaves multiples of 64, the size of a line, that are inside the table.
      unsafe (base + Int(truncatingIfNeeded: hash & mask)).assumingMemoryBound(to: Entry.self)
    }

    /// Asks for the first line for a hash.
    @inline(__always) func prefetch(_ hash: UInt64) { unsafe gobbet_prefetch(self[hash]) }
  }

  /// The lines of pretokens, by hash.
  var lines: Lines { unsafe Lines(entries, lineCount) }

  /// The entry of a pretoken; nil if it has none.
  func entry(_ key: ShortPretokenKey, _ hash: UInt64) -> Entry? {
    for probe in 0..<Self.probedLineCount {
      let line = unsafe lines[Self.hash(hash, probe)]
      for place in 0..<2 {
        // SAFETY: a line has two entries.
        let entry = unsafe line[place]
        if entry.isOf(key) { return entry }
        // Entries never go, they are only replaced: nothing is after an empty one.
        if entry.isEmpty { return nil }
      }
    }
    return nil
  }

  /// Adds the tokens of a pretoken that is not there; only that there are some, if they are more
  /// than four.
  ///
  /// - Precondition: `count` is at least 1.
  mutating func insert(
    _ key: ShortPretokenKey, _ hash: UInt64, _ tokens: UnsafePointer<TokenID>, _ count: Int
  ) {
    insertionsLeft -= 1
    if insertionsLeft < 0, lineCount < maximumLineCount { grow() }
    var entry = Entry()
    entry.low = key.low
    entry.high = key.high
    if count <= Self.maximumTokenCount {
      entry.high |= UInt64(truncatingIfNeeded: count) << 60
      // SAFETY: the caller has `count` tokens.
      for index in 0..<count { entry.tokens[index] = unsafe tokens[index] }
    }
    insert(entry, hash)
  }

  private func insert(_ entry: Entry, _ hash: UInt64) {
    for probe in 0..<Self.probedLineCount {
      let line = unsafe lines[Self.hash(hash, probe)]
      // SAFETY: a line has two entries.
      for place in 0..<2 where unsafe line[place].isEmpty {
        unsafe line[place] = entry
        return
      }
    }
    // The first entry of a line came first and is the more frequent one, most likely.
    unsafe lines[hash][1] = entry
  }

  /// The hash of the line that is `probe` lines after the first for `hash`.
  @inline(__always) private static func hash(_ hash: UInt64, _ probe: Int) -> UInt64 {
    hash &+ UInt64(truncatingIfNeeded: probe &* lineByteCount)
  }

  private mutating func grow() {
    let old = unsafe entries
    let oldCount = 2 * lineCount
    lineCount = min(lineCount * 4, maximumLineCount)
    insertionsLeft = lineCount
    unsafe entries = Self.allocate(lineCount)
    // SAFETY: `old` has `oldCount` entries until it is given back.
    for index in 0..<oldCount where unsafe !old[index].isEmpty {
      let entry = unsafe old[index]
      insert(entry, entry.key.hash)
    }
    unsafe old.deallocate()
  }

  private static func allocate(_ lineCount: Int) -> UnsafeMutablePointer<Entry> {
    let bytes = unsafe TableMemory.allocate(byteCount: lineCount * lineByteCount)
    let entries = unsafe bytes.bindMemory(to: Entry.self, capacity: 2 * lineCount)
    unsafe entries.initialize(repeating: Entry(), count: 2 * lineCount)
    return unsafe entries
  }
}
