/// The tokens of the pretokens seen last that are short: at most 15 bytes and four tokens.
///
/// Two entries of 32 bytes share a cache line and the low bits of a hash; a new one takes the first
/// place and moves the other to the second. The table starts small and grows with use up to its
/// budget, which is small enough for it to stay near the processor.
@safe struct FrequentPretokens: ~Copyable {
  /// The most tokens an entry holds.
  static let maximumTokenCount = 4

  /// One pretoken: its key, with the number of tokens in the topmost four bits, and its tokens.
  ///
  /// An entry of no tokens is empty, for every pretoken has one.
  struct Entry: BitwiseCopyable {
    var low: UInt64 = 0
    var high: UInt64 = 0
    var tokens = SIMD4<TokenID>()

    /// How many of `tokens` count.
    @inline(__always) var tokenCount: Int { Int(truncatingIfNeeded: high &>> 60) }

    @inline(__always) func isOf(_ key: ShortPretokenKey) -> Bool {
      ((low ^ key.low) | ((high ^ key.high) &<< 4)) == 0
    }

    fileprivate var key: ShortPretokenKey { ShortPretokenKey(low: low, high: high & ~(0xF << 60)) }
  }

  private static let firstLineCount = 256
  private var entries: UnsafeMutablePointer<Entry>
  private var lineCount: Int
  private let maximumLineCount: Int
  /// Insertions until the table grows.
  private var insertionsLeft: Int

  /// A cache of at most `byteBudget` bytes, but at least one line.
  init(byteBudget: Int) {
    var maximum = 1
    while maximum * 128 <= byteBudget { maximum *= 2 }
    maximumLineCount = maximum
    lineCount = min(maximum, Self.firstLineCount)
    insertionsLeft = lineCount
    unsafe entries = Self.allocate(lineCount)
  }

  deinit { unsafe entries.deallocate() }

  /// The memory it occupies.
  var byteCount: Int { lineCount * 64 }

  /// Where the lines of pretokens are; good until the next insertion.
  @safe struct Lines {
    private let base: UnsafeMutableRawPointer
    private let mask: UInt64

    fileprivate init(_ entries: UnsafeMutablePointer<Entry>, _ lineCount: Int) {
      unsafe base = UnsafeMutableRawPointer(entries)
      mask = UInt64(truncatingIfNeeded: (lineCount - 1) * 64)
    }

    /// The line that a hash names: two entries.
    @inline(__always) subscript(hash: UInt64) -> UnsafeMutablePointer<Entry> {
      // SAFETY: the mask leaves multiples of 64, the size of a line, that are inside the table.
      unsafe (base + Int(truncatingIfNeeded: hash & mask)).assumingMemoryBound(to: Entry.self)
    }
  }

  /// The lines of pretokens, by hash.
  var lines: Lines { unsafe Lines(entries, lineCount) }

  /// Adds the tokens of a pretoken that is not there.
  ///
  /// - Precondition: `count` is between 1 and 4.
  mutating func insert(
    _ key: ShortPretokenKey, _ hash: UInt64, _ tokens: UnsafePointer<TokenID>, _ count: Int
  ) {
    insertionsLeft -= 1
    if insertionsLeft < 0, lineCount < maximumLineCount { grow() }
    var entry = Entry()
    entry.low = key.low
    entry.high = key.high | UInt64(truncatingIfNeeded: count) << 60
    // SAFETY: the caller has `count` tokens.
    for index in 0..<count { entry.tokens[index] = unsafe tokens[index] }
    insert(entry, hash)
  }

  private func insert(_ entry: Entry, _ hash: UInt64) {
    // SAFETY: a line has two entries.
    let line = unsafe lines[hash]
    unsafe line[1] = line[0]
    unsafe line[0] = entry
  }

  private mutating func grow() {
    let old = unsafe entries
    let oldCount = 2 * lineCount
    lineCount = min(lineCount * 4, maximumLineCount)
    insertionsLeft = lineCount
    unsafe entries = Self.allocate(lineCount)
    // SAFETY: `old` has `oldCount` entries until it is given back; the second of a line goes
    // first, so that it stays behind the first.
    for index in stride(from: oldCount - 1, through: 0, by: -1) where unsafe old[index].high != 0 {
      let entry = unsafe old[index]
      insert(entry, entry.key.hash)
    }
    unsafe old.deallocate()
  }

  private static func allocate(_ lineCount: Int) -> UnsafeMutablePointer<Entry> {
    let bytes = UnsafeMutableRawPointer.allocate(byteCount: lineCount * 64, alignment: 64)
    let entries = unsafe bytes.bindMemory(to: Entry.self, capacity: 2 * lineCount)
    unsafe entries.initialize(repeating: Entry(), count: 2 * lineCount)
    return unsafe entries
  }
}
