/// The tokens of pretokens of any length and any number of tokens, packed.
///
/// An open hash table points into an arena, where a record is its number of bytes, its number of
/// tokens, the bytes, and the tokens in three bytes each. Both grow with use up to the budget. What
/// comes when they are full is not kept, until as much was missed as there is; then everything is
/// forgotten. So a working set that is a little too large still finds most of itself.
@safe struct PretokenStore: ~Copyable {
  private static let firstSlotCount = 512
  private static let firstArenaByteCount = 1 << 15
  /// Bytes after the last record, so that its tokens can be read four bytes at a time.
  private static let paddingByteCount = 4
  private static let headerByteCount = 4

  /// The upper half of a hash, and below it the place of a record plus one; 0 for an empty slot.
  private var slots: UnsafeMutablePointer<UInt64>
  private var slotCount: Int
  private var arena: UnsafeMutableRawPointer
  private var arenaByteCount: Int
  private var usedByteCount = 0
  private var recordCount = 0
  /// Pretokens that were not kept since the cache is full.
  private var missedCount = 0
  private let maximumSlotCount: Int
  private let maximumArenaByteCount: Int

  /// A cache of at most `byteBudget` bytes; it keeps nothing if that is very little.
  init(byteBudget: Int) {
    // More than a sixteenth and up to an eighth for the table.
    var slots = 1
    while slots * 128 <= byteBudget { slots *= 2 }
    maximumSlotCount = slots
    maximumArenaByteCount = max(0, byteBudget - 8 * slots - Self.paddingByteCount)
    slotCount = min(slots, Self.firstSlotCount)
    arenaByteCount = min(maximumArenaByteCount, Self.firstArenaByteCount)
    unsafe self.slots = .allocate(capacity: slotCount)
    unsafe self.slots.initialize(repeating: 0, count: slotCount)
    unsafe arena = Self.allocateArena(arenaByteCount)
  }

  deinit {
    unsafe slots.deallocate()
    unsafe arena.deallocate()
  }

  /// The memory it occupies.
  var byteCount: Int { 8 * slotCount + arenaByteCount + Self.paddingByteCount }

  /// Writes the tokens of a pretoken to `tokens` and says how many they are; nil if it is not here.
  ///
  /// - Precondition: `tokens` has room for one token a byte.
  @inline(__always) func tokens(
    of bytes: UnsafePointer<UInt8>, _ count: Int, _ hash: UInt64,
    into tokens: UnsafeMutablePointer<TokenID>
  ) -> Int? {
    var slot = Int(truncatingIfNeeded: hash >> 32) & (slotCount &- 1)
    // SAFETY: `slot` is below `slotCount`, some slots are empty, and places in the others are those
    // of whole records, with four bytes to read after the last.
    while true {
      let word = unsafe slots[slot]
      if word == 0 { return nil }
      if (word ^ hash) >> 32 == 0 {
        let record = unsafe arena + (Int(truncatingIfNeeded: word & 0xFFFF_FFFF) &- 1)
        let header = unsafe record.loadUnaligned(as: UInt32.self)
        let stored = unsafe (record + Self.headerByteCount).assumingMemoryBound(to: UInt8.self)
        if Int(header & 0xFFFF) == count, unsafe ByteString.isEqual(stored, bytes, count) {
          let tokenCount = Int(header >> 16)
          let first = unsafe UnsafeRawPointer(stored + count)
          for index in 0..<tokenCount {
            unsafe tokens[index] =
              first.loadUnaligned(fromByteOffset: 3 &* index, as: UInt32.self) & 0xFF_FFFF
          }
          return tokenCount
        }
      }
      slot = (slot &+ 1) & (slotCount &- 1)
    }
  }

  /// Keeps the tokens of a pretoken that is not there, if there is room.
  mutating func insert(
    _ bytes: UnsafePointer<UInt8>, _ count: Int, _ hash: UInt64,
    _ tokens: UnsafeBufferPointer<TokenID>
  ) {
    let size = Self.headerByteCount + count + 3 * tokens.count
    guard count <= 0xFFFF, hasRoom(for: size) else { return }
    // SAFETY: there is room for `size` bytes after those in use, and for the padding.
    let record = unsafe arena + usedByteCount
    let header = UInt32(truncatingIfNeeded: count | tokens.count << 16)
    unsafe record.storeBytes(of: header, as: UInt32.self)
    unsafe (record + Self.headerByteCount).copyMemory(from: bytes, byteCount: count)
    let first = unsafe record + Self.headerByteCount + count
    for index in tokens.indices {
      unsafe first.storeBytes(of: tokens[index], toByteOffset: 3 * index, as: UInt32.self)
    }
    place(hash & ~0xFFFF_FFFF | UInt64(usedByteCount + 1))
    usedByteCount += size
    recordCount += 1
  }

  /// Whether one more record of `size` bytes can be kept.
  private mutating func hasRoom(for size: Int) -> Bool {
    // A piece that takes a sixteenth of the arena is not worth its room.
    guard size <= maximumArenaByteCount / 16 else { return false }
    while usedByteCount + size > arenaByteCount, arenaByteCount < maximumArenaByteCount {
      growArena()
    }
    // A slot stays empty even in the smallest table, for that is where searches end.
    let slotsNeeded = (recordCount + 1) * 8
    if slotsNeeded > slotCount * 7, slotCount < maximumSlotCount { growSlots() }
    if usedByteCount + size <= arenaByteCount, slotsNeeded <= slotCount * 7 { return true }
    missedCount += 1
    if missedCount > recordCount { forget() }
    return false
  }

  private mutating func forget() {
    unsafe slots.update(repeating: 0, count: slotCount)
    usedByteCount = 0
    recordCount = 0
    missedCount = 0
  }

  private mutating func growArena() {
    arenaByteCount = min(2 * arenaByteCount, maximumArenaByteCount)
    let larger = unsafe Self.allocateArena(arenaByteCount)
    // SAFETY: `larger` has room for all bytes of `arena`.
    unsafe larger.copyMemory(from: arena, byteCount: usedByteCount)
    unsafe arena.deallocate()
    unsafe arena = larger
  }

  private static func allocateArena(_ byteCount: Int) -> UnsafeMutableRawPointer {
    .allocate(byteCount: byteCount + paddingByteCount, alignment: 16)
  }

  private mutating func growSlots() {
    let old = unsafe slots
    let oldCount = slotCount
    slotCount *= 2
    unsafe slots = .allocate(capacity: slotCount)
    unsafe slots.initialize(repeating: 0, count: slotCount)
    for index in 0..<oldCount {
      // SAFETY: `old` has `oldCount` words until it is given back.
      let word = unsafe old[index]
      if word != 0 { place(word) }
    }
    unsafe old.deallocate()
  }

  /// Puts a word into the first free slot from the one that its upper half names.
  private func place(_ word: UInt64) {
    var slot = Int(truncatingIfNeeded: word >> 32) & (slotCount - 1)
    // SAFETY: `slot` is below `slotCount`, and some slots are empty.
    while unsafe slots[slot] != 0 { slot = (slot + 1) & (slotCount - 1) }
    unsafe slots[slot] = word
  }
}
