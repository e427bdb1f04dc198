/// Unique byte strings with a count each: an open-addressing table.
///
/// Strings of up to 15 bytes are in their entries; the bytes of longer ones lie in one array.
struct PretokenTable: Sendable {
  /// A string and its count.
  struct Entry: Sendable {
    let key: CountKey
    var count: UInt64
  }

  /// In the order in which the strings came.
  private(set) var entries: [Entry] = []
  /// The number of an entry plus one, in the slot of its hash or one of the next; or zero.
  private var index = [UInt32](repeating: 0, count: 1 << 10)
  private var longBytes: [UInt8] = []

  /// Bytes of memory in use.
  var memoryByteCount: Int {
    entries.capacity * MemoryLayout<Entry>.stride + index.count * MemoryLayout<UInt32>.stride
      + longBytes.capacity
  }

  /// Adds to the count of the string in `range` of `bytes`; returns whether it still fits 64 bits,
  /// and leaves the largest count where it does not.
  mutating func add(_ count: UInt64, to range: Range<Int>, of bytes: RawSpan) -> Bool {
    add(count, to: CountKey(bytes, range), range, of: bytes)
  }

  /// The same for a key that is known; `range` matters only to a long one.
  mutating func add(
    _ count: UInt64, to key: CountKey, _ range: Range<Int>, of bytes: RawSpan
  ) -> Bool {
    let slot = slot(of: key, range, bytes)
    if index[slot] == 0 {
      insert(key, range, bytes, count: count, slot: slot)
      return true
    }
    let number = Int(index[slot]) - 1
    let (sum, isTooLarge) = entries[number].count.addingReportingOverflow(count)
    entries[number].count = isTooLarge ? .max : sum
    return !isTooLarge
  }

  /// Adds all counts of another table; returns whether the sums fit 64 bits.
  mutating func merge(_ other: PretokenTable) -> Bool {
    let bytes = other.longBytes.span.raw
    var areAllInRange = true
    for entry in other.entries {
      let range = entry.key.isLong ? other.longRange(of: entry.key) : 0..<0
      if !add(entry.count, to: entry.key, range, of: bytes) { areAllInRange = false }
    }
    return areAllInRange
  }

  /// The strings that have at least `minimumCount`.
  func pruned(below minimumCount: UInt64) -> PretokenTable {
    var kept = PretokenTable()
    let bytes = longBytes.span.raw
    for entry in entries where entry.count >= minimumCount {
      let range = entry.key.isLong ? longRange(of: entry.key) : 0..<0
      _ = kept.add(entry.count, to: entry.key, range, of: bytes)
    }
    return kept
  }

  /// Adds one to the count of each string of `batch`, whose ranges are in `bytes`.
  ///
  /// The index is read for all of them before the entries are, so that the processor waits for
  /// many cache lines at once and not for one after the other.
  mutating func addOnce(_ batch: inout PretokenBatch, of bytes: RawSpan) {
    let mask = index.count - 1
    for position in 0..<batch.count {
      let slot = Int(truncatingIfNeeded: batch[position].key.hash) & mask
      batch[position].numberPlusOne = index[slot]
    }
    for position in 0..<batch.count {
      let item = batch[position]
      let number = Int(item.numberPlusOne) - 1
      if number >= 0, !item.key.isLong, entries[number].key == item.key,
        entries[number].count < .max
      {
        entries[number].count += 1
      } else {
        _ = add(1, to: item.key, item.range, of: bytes)
      }
    }
    batch.removeAll()
  }

  /// The count of the string in `range` of `bytes`; zero if it is not in the table.
  func count(of range: Range<Int>, of bytes: RawSpan) -> UInt64 {
    let slot = slot(of: CountKey(bytes, range), range, bytes)
    return index[slot] == 0 ? 0 : entries[Int(index[slot]) - 1].count
  }

  /// Calls `body` with the string of an entry; `scratch` is overwritten.
  func withBytes<Result, Failure>(
    of entry: Entry, scratch: inout [UInt8], _ body: (Span<UInt8>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    if entry.key.isLong {
      return try body(longBytes.span.extracting(longRange(of: entry.key)))
    }
    scratch.removeAll(keepingCapacity: true)
    entry.key.appendInlineBytes(to: &scratch)
    return try body(scratch.span)
  }

  /// The numbers of the entries in the order of their bytes, a string before those it begins.
  func sortedNumbers() -> [UInt32] {
    (0..<UInt32(entries.count)).sorted { first, second in
      let first = entries[Int(first)]
      let second = entries[Int(second)]
      if !first.key.isLong && !second.key.isLong { return first.key.inlinePrecedes(second.key) }
      var firstScratch: [UInt8] = []
      var secondScratch: [UInt8] = []
      return withBytes(of: first, scratch: &firstScratch) { first in
        withBytes(of: second, scratch: &secondScratch) { first.precedes($0) }
      }
    }
  }

  /// The slot that leads to the entry of a string, or the free one where it belongs.
  private func slot(of key: CountKey, _ range: Range<Int>, _ bytes: RawSpan) -> Int {
    let mask = index.count - 1
    var slot = Int(truncatingIfNeeded: key.hash) & mask
    while index[slot] != 0 {
      let other = entries[Int(index[slot]) - 1].key
      if key.isLong {
        if other.isLong, other.low == key.low, isEqual(longRange(of: other), range, bytes) {
          break
        }
      } else if key == other {
        break
      }
      slot = (slot + 1) & mask
    }
    return slot
  }

  private func longRange(of key: CountKey) -> Range<Int> {
    key.place..<key.place + key.byteCount
  }

  /// Whether two strings of the same length, at least 8, are equal.
  private func isEqual(_ stored: Range<Int>, _ range: Range<Int>, _ bytes: RawSpan) -> Bool {
    let longBytes = longBytes.span.raw
    let last = range.count - 8
    for offset in stride(from: 0, to: last, by: 8)
    where longBytes.word(at: stored.lowerBound + offset)
      != bytes.word(at: range.lowerBound + offset)
    {
      return false
    }
    return longBytes.word(at: stored.lowerBound + last) == bytes.word(at: range.lowerBound + last)
  }

  private mutating func insert(
    _ key: CountKey, _ range: Range<Int>, _ bytes: RawSpan, count: UInt64, slot: Int
  ) {
    if key.isLong {
      entries.append(Entry(key: key.placed(at: longBytes.count), count: count))
      for offset in range { longBytes.append(bytes.byte(at: offset)) }
    } else {
      entries.append(Entry(key: key, count: count))
    }
    index[slot] = UInt32(entries.count)
    if entries.count * 3 > index.count { growIndex() }
  }

  private mutating func growIndex() {
    index = [UInt32](repeating: 0, count: index.count * 2)
    let mask = index.count - 1
    for (number, entry) in entries.enumerated() {
      var slot = Int(truncatingIfNeeded: entry.key.hash) & mask
      while index[slot] != 0 { slot = (slot + 1) & mask }
      index[slot] = UInt32(number + 1)
    }
  }
}

extension Span<UInt8> {
  /// The same bytes, to load words from.
  var raw: RawSpan {
    @_lifetime(copy self)
    get {
      // SAFETY: `UInt8` has no padding, so every byte of the span is initialised.
      unsafe bytes
    }
  }

  /// Whether these bytes come before `other` in the order of bytes.
  func precedes(_ other: Span<UInt8>) -> Bool {
    for index in 0..<Swift.min(count, other.count) where self[index] != other[index] {
      return self[index] < other[index]
    }
    return count < other.count
  }
}
