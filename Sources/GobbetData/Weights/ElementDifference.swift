/// The differences between the elements of two checkpoints, as elements of the same type; exact.
///
/// Elements of floating-point types are rotated left by one bit, so that the sign is at the bottom, and
/// subtracted as integers, modulo two to the power of their width. The difference is stored with its sign
/// in the top bit, and negative ones with the bits below inverted: small differences of either sign begin
/// with zeros. They stand in the order of the top bytes of the base's elements, since how much an element
/// changes depends on how large it was. Of types in blocks a difference is the exclusive or of the bytes,
/// in place.
/// - Source: `Spec/Weights.md`, "Delta".
enum ElementDifference {
  /// Writes to `differences` how `elements` differ from `base`.
  ///
  /// - Precondition: all three hold whole elements of the type, as many of them.
  static func subtract(
    _ base: UnsafeRawBufferPointer, from elements: UnsafeRawBufferPointer,
    into differences: UnsafeMutableRawBufferPointer, _ type: ElementType
  ) {
    switch width(type) {
    case 8: unsafe subtract(UInt64.self, base, elements, differences)
    case 4: unsafe subtract(UInt32.self, base, elements, differences)
    case 2: unsafe subtract(UInt16.self, base, elements, differences)
    case 1: unsafe subtract(UInt8.self, base, elements, differences)
    default: unsafe exclusiveOr(base, elements, differences)
    }
  }

  /// Writes the elements that differ by `differences` from `base`.
  ///
  /// - Precondition: as for ``subtract(_:from:into:_:)``.
  static func add(
    _ base: UnsafeRawBufferPointer, to differences: UnsafeRawBufferPointer,
    into elements: UnsafeMutableRawBufferPointer, _ type: ElementType
  ) {
    switch width(type) {
    case 8: unsafe add(UInt64.self, base, differences, elements)
    case 4: unsafe add(UInt32.self, base, differences, elements)
    case 2: unsafe add(UInt16.self, base, differences, elements)
    case 1: unsafe add(UInt8.self, base, differences, elements)
    default: unsafe exclusiveOr(base, differences, elements)
    }
  }

  /// Bytes of an element; nil for types in blocks.
  private static func width(_ type: ElementType) -> Int? {
    type.isInBlocks ? nil : type.bitWidth / 8
  }

  @inline(__always)
  private static func subtract<Word: FixedWidthInteger & UnsignedInteger & BitwiseCopyable>(
    _: Word.Type, _ base: UnsafeRawBufferPointer, _ elements: UnsafeRawBufferPointer,
    _ differences: UnsafeMutableRawBufferPointer
  ) {
    let size = MemoryLayout<Word>.size
    var places = unsafe places(Word.self, base, elements.count, differences.count)
    for offset in stride(from: 0, to: elements.count, by: size) {
      // SAFETY: `places` checked that all buffers have as many whole words, and gives each word of the
      // base a place of its own among them.
      let (element, other) = unsafe (
        word(Word.self, elements, offset), word(Word.self, base, offset)
      )
      let difference = rotated(element) &- rotated(other)
      let stored = difference ^ signs(difference) >> 1
      let place = places.next(key(other))
      unsafe differences.storeBytes(
        of: stored.littleEndian, toByteOffset: place * size, as: Word.self)
    }
  }

  @inline(__always)
  private static func add<Word: FixedWidthInteger & UnsignedInteger & BitwiseCopyable>(
    _: Word.Type, _ base: UnsafeRawBufferPointer, _ differences: UnsafeRawBufferPointer,
    _ elements: UnsafeMutableRawBufferPointer
  ) {
    let size = MemoryLayout<Word>.size
    var places = unsafe places(Word.self, base, differences.count, elements.count)
    for offset in stride(from: 0, to: elements.count, by: size) {
      // SAFETY: as in `subtract`.
      let other = unsafe word(Word.self, base, offset)
      let stored = unsafe word(Word.self, differences, places.next(key(other)) * size)
      let sum = (stored ^ signs(stored) >> 1) &+ rotated(other)
      let element = sum >> 1 | sum << (Word.bitWidth - 1)
      unsafe elements.storeBytes(of: element.littleEndian, toByteOffset: offset, as: Word.self)
    }
  }

  private static func exclusiveOr(
    _ base: UnsafeRawBufferPointer, _ bytes: UnsafeRawBufferPointer,
    _ result: UnsafeMutableRawBufferPointer
  ) {
    precondition(
      base.count == bytes.count && result.count == bytes.count,
      "ElementDifference: elements of another number")
    for index in 0..<bytes.count { unsafe result[index] = base[index] ^ bytes[index] }
  }

  @inline(__always)
  private static func rotated<Word: FixedWidthInteger & UnsignedInteger>(_ word: Word) -> Word {
    word << 1 | word >> (Word.bitWidth - 1)
  }

  /// All ones if the top bit is set, else zeros.
  @inline(__always)
  private static func signs<Word: FixedWidthInteger & UnsignedInteger>(_ word: Word) -> Word {
    0 &- word >> (Word.bitWidth - 1)
  }

  /// The top byte of a rotated element.
  @inline(__always)
  private static func key<Word: FixedWidthInteger & UnsignedInteger>(_ word: Word) -> Int {
    Int(truncatingIfNeeded: rotated(word) >> (Word.bitWidth - 8))
  }

  @inline(__always)
  private static func word<Word: FixedWidthInteger & UnsignedInteger & BitwiseCopyable>(
    _: Word.Type, _ bytes: UnsafeRawBufferPointer, _ offset: Int
  ) -> Word {
    // SAFETY: the callers keep whole words within the buffer.
    Word(littleEndian: unsafe bytes.loadUnaligned(fromByteOffset: offset, as: Word.self))
  }

  /// Where the differences of a block stand, by the top bytes of the base's elements.
  private struct Places {
    var starts: [Int]

    @inline(__always)
    mutating func next(_ key: Int) -> Int {
      defer { starts[key] += 1 }
      return starts[key]
    }
  }

  /// The first place for each top byte.
  private static func places<Word: FixedWidthInteger & UnsignedInteger & BitwiseCopyable>(
    _: Word.Type, _ base: UnsafeRawBufferPointer, _ firstByteCount: Int, _ secondByteCount: Int
  ) -> Places {
    precondition(
      base.count == firstByteCount && base.count == secondByteCount
        && base.count.isMultiple(of: MemoryLayout<Word>.size),
      "ElementDifference: elements of another number, or a broken one")
    var counts = [Int](repeating: 0, count: 256)
    for offset in stride(from: 0, to: base.count, by: MemoryLayout<Word>.size) {
      counts[key(unsafe word(Word.self, base, offset))] += 1
    }
    var start = 0
    return Places(
      starts: counts.map { count in
        defer { start += count }
        return start
      })
  }
}
