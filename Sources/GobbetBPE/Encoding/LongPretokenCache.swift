/// The tokens of pretokens that ``PretokenCache`` has no room for: any length, any number of tokens.
///
/// An open hash table points into an arena of 32-bit words, where a record is its number of bytes,
/// its number of tokens, the tokens, and the bytes. Both grow with use up to the budget; when the
/// arena is full, everything is forgotten.
@safe struct LongPretokenCache: ~Copyable {
  private static let firstSlotCount = 512
  private static let firstWordCount = 8192

  /// The upper half of a hash, and below it the place of a record plus one; 0 for an empty slot.
  private var slots: UnsafeMutablePointer<UInt64>
  private var slotCount: Int
  private var arena: UnsafeMutablePointer<UInt32>
  private var wordCount: Int
  private var usedWordCount = 0
  private var recordCount = 0
  private let byteBudget: Int

  /// A cache of about `byteBudget` bytes; it keeps nothing if that is very little.
  init(byteBudget: Int) {
    self.byteBudget = byteBudget
    let isTiny = byteBudget < 8 * Self.firstSlotCount + 4 * Self.firstWordCount
    slotCount = isTiny ? 2 : Self.firstSlotCount
    wordCount = isTiny ? 0 : Self.firstWordCount
    unsafe slots = .allocate(capacity: slotCount)
    unsafe slots.initialize(repeating: 0, count: slotCount)
    unsafe arena = .allocate(capacity: wordCount)
    unsafe arena.initialize(repeating: 0, count: wordCount)
  }

  deinit {
    unsafe slots.deallocate()
    unsafe arena.deallocate()
  }

  /// The memory it occupies.
  var byteCount: Int { 8 * slotCount + 4 * wordCount }

  /// The tokens of a pretoken, if they are there; good until the next insertion.
  @inline(__always)
  func tokens(
    _ bytes: UnsafePointer<UInt8>, _ count: Int, _ hash: UInt64
  ) -> UnsafeBufferPointer<TokenID>? {
    var slot = Int(truncatingIfNeeded: hash >> 32) & (slotCount - 1)
    // SAFETY: `slot` is below `slotCount`, at most half of the slots are in use, and places in
    // them are those of whole records.
    while true {
      let word = unsafe slots[slot]
      if word == 0 { return nil }
      if (word ^ hash) >> 32 == 0 {
        let record = unsafe arena + (Int(truncatingIfNeeded: word & 0xFFFF_FFFF) - 1)
        let tokenCount = unsafe Int(record[1])
        if unsafe Int(record[0]) == count,
          unsafe ByteString.isEqual(Self.bytes(record, tokenCount), bytes, count)
        {
          return unsafe UnsafeBufferPointer(start: record + 2, count: tokenCount)
        }
      }
      slot = (slot + 1) & (slotCount - 1)
    }
  }

  /// Adds the tokens of a pretoken that is not there, if it is not too long for the budget.
  mutating func insert(
    _ bytes: UnsafePointer<UInt8>, _ count: Int, _ hash: UInt64,
    _ tokens: UnsafeBufferPointer<TokenID>
  ) {
    let size = 2 + tokens.count + (count + 3) / 4
    guard makeRoom(size) else { return }
    // SAFETY: there is room for `size` words behind those in use.
    let record = unsafe arena + usedWordCount
    unsafe record[0] = UInt32(truncatingIfNeeded: count)
    unsafe record[1] = UInt32(truncatingIfNeeded: tokens.count)
    for index in tokens.indices { unsafe record[2 + index] = tokens[index] }
    let target = unsafe UnsafeMutableRawPointer(record + 2 + tokens.count)
    unsafe target.copyMemory(from: bytes, byteCount: count)
    place(hash & ~0xFFFF_FFFF | UInt64(usedWordCount + 1))
    usedWordCount += size
    recordCount += 1
  }

  /// The bytes of a record, behind its tokens.
  private static func bytes(
    _ record: UnsafeMutablePointer<UInt32>, _ tokenCount: Int
  ) -> UnsafePointer<UInt8> {
    // SAFETY: any memory may be read as bytes.
    unsafe UnsafeRawPointer(record + 2 + tokenCount).assumingMemoryBound(to: UInt8.self)
  }

  /// Makes room for one record of `size` words; false if there can be none.
  private mutating func makeRoom(_ size: Int) -> Bool {
    // A piece that takes a sixteenth of the arena is not worth what it would push out.
    let maximumWordCount = byteBudget / 8
    guard size <= maximumWordCount / 16, wordCount > 0 else { return false }
    if usedWordCount + size > wordCount {
      if wordCount * 2 <= maximumWordCount {
        growArena(to: max(wordCount * 2, usedWordCount + size))
      } else {
        forget()
      }
    }
    if recordCount * 2 >= slotCount {
      if 16 * slotCount <= byteBudget / 2 { growSlots() } else { forget() }
    }
    return usedWordCount + size <= wordCount
  }

  private mutating func forget() {
    unsafe slots.update(repeating: 0, count: slotCount)
    usedWordCount = 0
    recordCount = 0
  }

  private mutating func growArena(to newCount: Int) {
    let larger = UnsafeMutablePointer<UInt32>.allocate(capacity: newCount)
    // SAFETY: `larger` has room for all words of `arena`, and then for the rest.
    unsafe larger.initialize(from: arena, count: usedWordCount)
    unsafe (larger + usedWordCount).initialize(repeating: 0, count: newCount - usedWordCount)
    unsafe arena.deallocate()
    unsafe arena = larger
    wordCount = newCount
  }

  private mutating func growSlots() {
    let old = unsafe slots
    let oldCount = slotCount
    slotCount *= 2
    unsafe slots = .allocate(capacity: slotCount)
    unsafe slots.initialize(repeating: 0, count: slotCount)
    for index in 0..<oldCount {
      // SAFETY: `old` has `oldCount` words until it is given back.
      if unsafe old[index] != 0 { place(unsafe old[index]) }
    }
    unsafe old.deallocate()
  }

  /// Puts a word into the first free slot from the one that its upper half names.
  private func place(_ word: UInt64) {
    var slot = Int(truncatingIfNeeded: word >> 32) & (slotCount - 1)
    // SAFETY: `slot` is below `slotCount`, and at most half of the slots are in use.
    while unsafe slots[slot] != 0 { slot = (slot + 1) & (slotCount - 1) }
    unsafe slots[slot] = word
  }
}
