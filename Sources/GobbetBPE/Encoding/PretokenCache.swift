/// The tokens of short pretokens seen lately: at most 15 bytes and four tokens.
///
/// Two entries of 32 bytes share a cache line and a hash; a new one takes the first place and moves
/// the other to the second. The table starts small and grows with use up to its budget.
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

    @inline(__always) func isOf(_ key: PretokenKey) -> Bool {
      ((low ^ key.low) | ((high ^ key.high) &<< 4)) == 0
    }
  }

  private static let firstSetCount = 256
  private var entries: UnsafeMutablePointer<Entry>
  private var setCount: Int
  private let maximumSetCount: Int
  /// Insertions until the table grows.
  private var insertionsLeft: Int

  /// A cache of at most `byteBudget` bytes, but at least one set.
  init(byteBudget: Int) {
    var maximum = 1
    while maximum * 128 <= byteBudget { maximum *= 2 }
    maximumSetCount = maximum
    setCount = min(maximum, Self.firstSetCount)
    insertionsLeft = setCount
    unsafe entries = Self.allocate(setCount)
  }

  deinit { unsafe entries.deallocate() }

  /// The memory it occupies.
  var byteCount: Int { setCount * 64 }

  /// The entry of `key`, if it is there.
  @inline(__always) func entry(_ key: PretokenKey, _ hash: UInt64) -> UnsafePointer<Entry>? {
    // SAFETY: `set` is below `setCount`, and each set has two entries.
    let set = unsafe entries + 2 * index(hash)
    if unsafe set[0].isOf(key) { return unsafe UnsafePointer(set) }
    if unsafe set[1].isOf(key) { return unsafe UnsafePointer(set + 1) }
    return nil
  }

  /// Adds the tokens of a pretoken that is not there.
  ///
  /// - Precondition: `count` is between 1 and 4.
  mutating func insert(
    _ key: PretokenKey, _ hash: UInt64, _ tokens: UnsafePointer<TokenID>, _ count: Int
  ) {
    insertionsLeft -= 1
    if insertionsLeft < 0, setCount < maximumSetCount { grow() }
    var entry = Entry()
    entry.low = key.low
    entry.high = key.high | UInt64(truncatingIfNeeded: count) << 60
    // SAFETY: the caller has `count` tokens.
    for index in 0..<count { entry.tokens[index] = unsafe tokens[index] }
    unsafe Self.push(entry, entries + 2 * index(hash))
  }

  @inline(__always) private func index(_ hash: UInt64) -> Int {
    Int(truncatingIfNeeded: hash) & (setCount &- 1)
  }

  private static func push(_ entry: Entry, _ set: UnsafeMutablePointer<Entry>) {
    // SAFETY: `set` is the first of two entries.
    unsafe set[1] = set[0]
    unsafe set[0] = entry
  }

  private mutating func grow() {
    let old = unsafe entries
    let oldCount = 2 * setCount
    setCount *= 4
    setCount = min(setCount, maximumSetCount)
    insertionsLeft = setCount
    unsafe entries = Self.allocate(setCount)
    // SAFETY: `old` has `oldCount` entries until it is given back; the second of a set goes first,
    // so that it stays behind the first.
    for index in stride(from: oldCount - 1, through: 0, by: -1) where unsafe old[index].high != 0 {
      let entry = unsafe old[index]
      let key = PretokenKey(low: entry.low, high: entry.high & ~(0xF << 60))
      unsafe Self.push(entry, entries + 2 * self.index(key.hash))
    }
    unsafe old.deallocate()
  }

  private static func allocate(_ setCount: Int) -> UnsafeMutablePointer<Entry> {
    let bytes = UnsafeMutableRawPointer.allocate(byteCount: setCount * 64, alignment: 64)
    let entries = unsafe bytes.bindMemory(to: Entry.self, capacity: 2 * setCount)
    unsafe entries.initialize(repeating: Entry(), count: 2 * setCount)
    return unsafe entries
  }
}
