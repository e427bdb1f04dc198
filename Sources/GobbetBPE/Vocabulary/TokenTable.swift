/// The byte strings of tokens by id, one after the other in one array.
///
/// An empty string stands for an id that has no token (a gap).
public struct TokenTable: Hashable, Sendable {
  /// Ids are below this bound, so that a pair of them and a rank fit into 64 bits.
  public static let maximumCount = (1 << 21) - 1
  /// No token is longer than this.
  public static let maximumTokenByteCount = (1 << 16) - 1
  /// All tokens together are not longer than this.
  public static let maximumByteCount = 1 << 26
  /// The results of all merges together are not longer than this; those that are an earlier token's
  /// bytes again count too, so that a small file cannot ask for hours of work.
  ///
  /// Pieces of SentencePiece are made by many pairs: a letter 1 to 1,400 times, by a million.
  public static let maximumMergedByteCount = 1 << 30

  /// All byte strings, in the order of ids.
  package private(set) var arena: [UInt8] = []
  /// Where each string starts in `arena`, and at the end where the last one stops.
  package private(set) var offsets: [UInt32] = [0]

  /// An empty table.
  public init() {}

  /// A table of strings that keep the limits.
  init(arena: [UInt8], offsets: [UInt32]) {
    self.arena = arena
    self.offsets = offsets
  }

  /// A table of tokens whose bytes follow each other.
  ///
  /// - Precondition: the lengths add up to the bytes, and are of fewer tokens than ``maximumCount``.
  /// - Throws: ``VocabularyError`` (`tokensTooLong`).
  package init(lengths: [UInt16], bytes: [UInt8]) throws(VocabularyError) {
    guard bytes.count <= Self.maximumByteCount else { throw VocabularyError(.tokensTooLong) }
    precondition(lengths.count < Self.maximumCount, "TokenTable: too many tokens")
    offsets.reserveCapacity(lengths.count + 1)
    var end: UInt32 = 0
    for length in lengths {
      end += UInt32(length)
      offsets.append(end)
    }
    precondition(Int(end) == bytes.count, "TokenTable: lengths of other bytes")
    arena = bytes
  }

  /// One more than the largest id.
  public var count: Int { offsets.count - 1 }

  /// The bytes of one token; empty for a gap.
  ///
  /// - Precondition: `id` is less than `count`.
  public subscript(id: TokenID) -> ArraySlice<UInt8> { arena[range(of: id)] }

  /// Where the bytes of one token are in `arena`.
  func range(of id: TokenID) -> Range<Int> {
    Int(offsets[Int(id)])..<Int(offsets[Int(id) + 1])
  }

  /// Whether `id` has a token.
  package func contains(_ id: TokenID) -> Bool {
    id < count && offsets[Int(id)] < offsets[Int(id) + 1]
  }

  /// The first id whose bytes an earlier one has; nil if there is none.
  package var repeatedID: TokenID? {
    do throws(VocabularyError) {
      _ = try TokenIndex(self)
      return nil
    } catch {
      return error.token
    }
  }

  /// Makes room for `tokenCount` more tokens of `byteCount` bytes altogether, within the limits.
  public mutating func reserve(tokenCount: Int, byteCount: Int) {
    offsets.reserveCapacity(count + 1 + min(max(tokenCount, 0), Self.maximumCount))
    arena.reserveCapacity(arena.count + min(max(byteCount, 0), Self.maximumByteCount))
  }

  /// Gives the next id to a token, or to nothing if `bytes` is empty.
  ///
  /// - Throws: ``VocabularyError`` (`tokenTooLong`, `tokensTooLong`, `idTooLarge`); the table is
  ///   then unchanged.
  public mutating func append(_ bytes: Span<UInt8>) throws(VocabularyError) {
    try checkRoom(bytes.count)
    arena.append(addingCapacity: bytes.count) { output in
      for index in bytes.indices { output.append(bytes[index]) }
    }
    offsets.append(UInt32(truncatingIfNeeded: arena.count))
  }

  /// Gives the next id to a token, or to nothing if `bytes` is empty.
  ///
  /// - Throws: ``VocabularyError`` (`tokenTooLong`, `tokensTooLong`, `idTooLarge`); the table is
  ///   then unchanged.
  public mutating func append(_ bytes: [UInt8]) throws(VocabularyError) {
    try append(bytes.span)
  }

  /// Gives the next id to the bytes of two tokens, one after the other; if they are at most 15,
  /// their key comes back.
  @discardableResult mutating func append(
    concatenating left: TokenID, _ right: TokenID
  ) throws(VocabularyError) -> ShortPretokenKey? {
    let (left, right) = (range(of: left), range(of: right))
    let count = left.count + right.count
    try checkRoom(count)
    guard count <= ShortPretokenKey.maximumByteCount else {
      for index in left { arena.append(arena[index]) }
      for index in right { arena.append(arena[index]) }
      offsets.append(UInt32(truncatingIfNeeded: arena.count))
      return nil
    }
    let key = ShortPretokenKey(shortKey(left), shortKey(right))
    let bytes = key.bytes.littleEndian
    arena.append(addingCapacity: MemoryLayout<UInt128>.size) { output in
      unsafe output.withUnsafeMutableBufferPointer { target, written in
        // SAFETY: there is room for 16 bytes, of which `count` count.
        unsafe UnsafeMutableRawPointer(target.baseAddress)?.storeBytes(of: bytes, as: UInt128.self)
        written = count
      }
    }
    offsets.append(UInt32(truncatingIfNeeded: arena.count))
    return key
  }

  /// The key of a token of at most 15 bytes, which are `range` of `arena`.
  @inline(__always) func shortKey(_ range: Range<Int>) -> ShortPretokenKey {
    precondition(range.count <= ShortPretokenKey.maximumByteCount, "shortKey: a long token")
    return unsafe arena.withUnsafeBufferPointer { arena in
      // SAFETY: a token's range is inside the arena, which is then not empty.
      unsafe ShortPretokenKey(
        arena.baseAddress.unsafelyUnwrapped + range.lowerBound, range.count,
        isPadded: range.lowerBound + 16 <= arena.count)
    }
  }

  /// Takes back the last id.
  mutating func removeLast() {
    offsets.removeLast()
    arena.removeSubrange(Int(offsets[count])...)
  }

  private func checkRoom(_ byteCount: Int) throws(VocabularyError) {
    let id = TokenID(truncatingIfNeeded: count)
    guard count < Self.maximumCount else { throw VocabularyError(.idTooLarge, token: id) }
    guard byteCount <= Self.maximumTokenByteCount else {
      throw VocabularyError(.tokenTooLong, token: id)
    }
    guard byteCount <= Self.maximumByteCount - arena.count else {
      throw VocabularyError(.tokensTooLong)
    }
  }
}
