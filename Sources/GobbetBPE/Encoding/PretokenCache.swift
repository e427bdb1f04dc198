/// The tokens of short pretokens seen lately: at most 15 bytes and four tokens.
///
/// Two entries of 32 bytes share a cache line. Every pretoken has two lines: a new one takes the
/// first place of its first line and pushes the last there to that one's second line, which is
/// looked at only when the first line has no answer. The table starts small and grows with use up
/// to its budget.
@safe struct PretokenCache: ~Copyable {
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

  /// The first line of a pretoken: two entries.
  @inline(__always) func firstLine(_ hash: UInt64) -> UnsafeMutablePointer<Entry> {
    // SAFETY: the index of the line is below `lineCount`, and each has two entries.
    unsafe entries + 2 * (Int(truncatingIfNeeded: hash) & (lineCount &- 1))
  }

  /// The second line of a pretoken.
  private func secondLine(_ hash: UInt64) -> UnsafeMutablePointer<Entry> {
    unsafe entries + 2 * (Int(truncatingIfNeeded: hash &>> 32) & (lineCount &- 1))
  }

  /// The entry of a pretoken that is in its second line; it moves to the first.
  mutating func secondEntry(_ key: ShortPretokenKey, _ hash: UInt64) -> Entry? {
    let line = unsafe secondLine(hash)
    for place in 0..<2 where unsafe line[place].isOf(key) {
      // SAFETY: a line has two entries.
      let entry = unsafe line[place]
      unsafe line[place] = Entry()
      insert(entry, hash)
      return entry
    }
    return nil
  }

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
    let line = unsafe firstLine(hash)
    let pushed = unsafe line[1]
    unsafe line[1] = line[0]
    unsafe line[0] = entry
    guard pushed.high != 0 else { return }
    // One that sits in its second line already is given up.
    let pushedHash = pushed.key.hash
    guard unsafe firstLine(pushedHash) == line else { return }
    let second = unsafe secondLine(pushedHash)
    unsafe second[second[0].high == 0 ? 0 : 1] = pushed
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
