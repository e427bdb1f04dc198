internal import CGobbetScan

/// UTF-8 bytes, seen as scalars with their classes.
///
/// A byte that does not begin a well-formed scalar is a unit of its own, of class `other`.
@safe struct ClassifiedText {
  private let bytes: UnsafeBufferPointer<UInt8>

  // SAFETY: the caller keeps `bytes` alive and unchanged for as long as it uses the text; all
  // reads are below `count`.
  init(_ bytes: UnsafeBufferPointer<UInt8>) { unsafe self.bytes = bytes }

  var count: Int { unsafe bytes.count }

  @inline(__always) subscript(index: Int) -> UInt8 {
    assert(index >= 0 && index < count)
    // SAFETY: every caller stays below `count`.
    return unsafe bytes[index]
  }

  /// The classes of the 64 bytes from `index` on, all of which there must be.
  @inline(__always) func masks(at index: Int) -> gobbet_masks {
    unsafe gobbet_class_masks(window(at: index))
  }

  /// Which of the 64 bytes from `index` on, all of which there must be, are among `count` from
  /// `first` on.
  @inline(__always) func mask(at index: Int, first: UInt8, count: UInt8) -> UInt64 {
    unsafe gobbet_range_mask(window(at: index), first, count)
  }

  /// Which of the 64 bytes from `index` on, all of which there must be, are in one of the ranges, of which
  /// `ranges` has the first byte and the count.
  @inline(__always) func mask(at index: Int, in ranges: Span<UInt8>) -> UInt64 {
    unsafe ranges.withUnsafeBufferPointer { ranges in
      guard let first = ranges.baseAddress else { return 0 }
      // SAFETY: a range is two bytes.
      return unsafe gobbet_ranges_mask(window(at: index), first, ranges.count / 2)
    }
  }

  /// Which of the 64 bytes from `index` on, all of which there must be, belong to letters of East
  /// Asia that have no case and are wholly there; not all such letters, but the most frequent ones.
  @inline(__always) func eastAsianLetters(at index: Int) -> UInt64 {
    unsafe gobbet_east_asian_letters(window(at: index))
  }

  /// For which of the 64 bytes from `index` on, as far as there are some, `table` has a 1: its index is
  /// the byte, and in the lower half the byte in front of it.
  @inline(__always) func mask(at index: Int, of table: Span<UInt8>) -> UInt64 {
    precondition(index > 0 && table.count == 1 << 16)
    let count = min(count - index, ClassMasks.byteCount)
    guard count > 0 else { return 0 }
    return unsafe table.withUnsafeBufferPointer { table in
      // SAFETY: there are `count` bytes from `index` on and one in front, and the table has an entry
      // for any two bytes.
      unsafe gobbet_pair_mask(
        bytes.baseAddress.unsafelyUnwrapped + index, count,
        table.baseAddress.unsafelyUnwrapped)
    }
  }

  @inline(__always) private func window(at index: Int) -> UnsafePointer<UInt8> {
    assert(index >= 0 && index + ClassMasks.byteCount <= count)
    // SAFETY: every caller has made sure of 64 bytes.
    return unsafe bytes.baseAddress.unsafelyUnwrapped + index
  }

  /// A unit of text: its class, and where the next one begins.
  typealias Unit = (unicodeClass: UInt8, end: Int)

  /// The unit that begins at `index`; past the end, an empty one of class `other`.
  @inline(__always) func unit(at index: Int) -> Unit {
    guard index < count else { return (UnicodeClass.other, index) }
    let byte = self[index]
    if byte < 0x80 { return (Self.unicodeClass(of: UInt32(byte)), index + 1) }
    return longUnit(at: index)
  }

  /// The end of the longest run of units in `set` that begins at `start`.
  @inline(__always) func endOfRun(_ set: UnicodeClassSet, from start: Int) -> Int {
    var end = start
    while end < count {
      let next = unit(at: end)
      guard set.contains(next.unicodeClass) else { break }
      end = next.end
    }
    return end
  }

  @inline(__always) private func longUnit(at index: Int) -> Unit {
    let scalar = scalar(at: index)
    guard scalar.length > 0 else { return (UnicodeClass.other, index + 1) }
    return (Self.unicodeClass(of: scalar.value), index + scalar.length)
  }

  /// The scalar at `index` and its length; -1 and 1 for a byte that isn't part of one.
  @inline(__always) func scalarOrByte(at index: Int) -> (value: Int, length: Int) {
    let byte = self[index]
    if byte < 0x80 { return (Int(byte), 1) }
    let scalar = scalar(at: index)
    return scalar.length > 0 ? (Int(scalar.value), scalar.length) : (-1, 1)
  }

  /// Where the scalar, or the byte that isn't part of one, begins that ends at `place`.
  func startOfScalar(before place: Int) -> Int {
    for length in 2...4 where length <= place && self[place - length] & 0xC0 == 0xC0 {
      return scalarOrByte(at: place - length).length == length ? place - length : place - 1
    }
    return place - 1
  }

  /// The scalar of two bytes or more at `index`, and its length; zero if it is not well-formed.
  ///
  /// - Source: The Unicode Standard 16.0, table 3-7.
  @inline(__always) private func scalar(at index: Int) -> (value: UInt32, length: Int) {
    let word = fourBytes(at: index)
    let last = (word &>> 8) & 0x3F
    if word & 0xC0E0 == 0x80C0 {
      let value = (word & 0x1F) &<< 6 | last
      return (value, value >= 0x80 ? 2 : 0)
    }
    let lastTwo = last &<< 6 | (word &>> 16) & 0x3F
    if word & 0xC0_C0F0 == 0x80_80E0 {
      let value = (word & 0x0F) &<< 12 | lastTwo
      return (value, value >= 0x800 && value & 0xF800 != 0xD800 ? 3 : 0)
    }
    if word & 0xC0C0_C0F8 == 0x8080_80F0 {
      let value = (word & 0x07) &<< 18 | lastTwo &<< 6 | (word &>> 24) & 0x3F
      return (value, value >= 0x1_0000 && value < 0x11_0000 ? 4 : 0)
    }
    return (0, 0)
  }

  /// Four bytes from `index` on, the first of them lowest, with zeros for those past the end.
  @inline(__always) private func fourBytes(at index: Int) -> UInt32 {
    if index + 4 <= count {
      // SAFETY: there are four bytes from `index` on, and every bit pattern is an integer.
      let word = unsafe UnsafeRawPointer(bytes.baseAddress.unsafelyUnwrapped)
        .loadUnaligned(fromByteOffset: index, as: UInt32.self)
      return UInt32(littleEndian: word)
    }
    return (index..<count).reversed().reduce(0) { word, index in word &<< 8 | UInt32(self[index]) }
  }

  /// The class of a scalar.
  ///
  /// - Precondition: `scalar` is at most U+10FFFF.
  @inline(__always) static func unicodeClass(of scalar: UInt32) -> UInt8 {
    let zero = UInt8(ascii: "0")
    let scalar = Int(scalar)
    // SAFETY: the tables have a group for every 4,096 scalars up to U+10FFFF, a leaf for every 64
    // scalars of each group that is named, and a class for every scalar of each leaf that is named.
    let group = unsafe Int(UnicodeTables.groupNumbers.utf8Start[scalar &>> 12] &- zero)
    let leaf =
      unsafe UnicodeTables.leafNumbers.utf8Start
      + (group &<< 7 | ((scalar &>> 5) & 0x7E))
    let number = unsafe Int(leaf[0] &- zero) &<< 5 | Int(leaf[1] &- zero)
    return unsafe UnicodeTables.leaves.utf8Start[number &<< 6 | (scalar & 0x3F)] &- zero
  }
}
