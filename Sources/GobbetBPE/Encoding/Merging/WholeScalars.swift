/// Scalars of three bytes that become one token whatever stands beside them.
///
/// The bytes of a scalar can merge with a neighbour before they have merged with each other only
/// into a token that ends or begins inside the scalar; vocabularies have few of those, and a border
/// where one may come about is told by the bytes on both sides of it. Between other borders a
/// scalar's own merges have nothing to do with its neighbours. If every token is the result of a
/// merge of earlier ones, what it takes part in afterwards has a higher rank than these merges; so
/// it makes no difference that they are done first.
struct WholeScalars: Sendable {
  /// In place of a token.
  static let none = TokenID.max

  /// The token of each scalar below U+10000; empty if nothing may be done first.
  private(set) var tokens: [TokenID] = []
  /// A bit for each two bytes, the first of them in the upper half of its number: whether a token
  /// has them on both sides of a border of scalars, and only a part of one of these.
  private(set) var straddled: [UInt64] = []

  /// No scalars.
  init() {}

  /// The scalars of `table`, of whose tokens each is the result of a merge of earlier ones.
  init(_ table: TokenTable) {
    tokens = Array(repeating: Self.none, count: 1 << 16)
    straddled = Array(repeating: 0, count: 1 << 10)
    let arena = table.arena.span
    for id in 0..<TokenID(truncatingIfNeeded: table.count) {
      let range = table.range(of: id)
      guard range.count > 1, arena[range.lowerBound] >= 0x80 || arena[range.upperBound - 1] >= 0x80
      else { continue }
      noteBorders(arena, range)
      if range.count == 3, arena[range.lowerBound] & 0xF0 == 0xE0 {
        let (second, third) = (arena[range.lowerBound + 1], arena[range.lowerBound + 2])
        guard second & third & 0xC0 == 0x80, (second | third) & 0x40 == 0 else { continue }
        let scalar =
          Int(arena[range.lowerBound] & 0xF) << 12 | Int(second & 0x3F) << 6 | Int(third & 0x3F)
        tokens[scalar] = id
      }
    }
  }

  /// Notes the borders after the rest of a scalar that a token begins with, and in front of the
  /// beginning of one that it ends with.
  private mutating func noteBorders(_ arena: Span<UInt8>, _ range: Range<Int>) {
    var place = range.lowerBound
    while place < range.upperBound, arena[place] & 0xC0 == 0x80 { place += 1 }
    if place > range.lowerBound, place < range.upperBound { note(arena[place - 1], arena[place]) }
    place = range.upperBound - 1
    while place > range.lowerBound, arena[place] & 0xC0 == 0x80 { place -= 1 }
    let byteCount = range.upperBound - place
    let isWhole = arena[place] < 0x80 || byteCount >= (~arena[place]).leadingZeroBitCount
    if place > range.lowerBound, !isWhole { note(arena[place - 1], arena[place]) }
  }

  private mutating func note(_ before: UInt8, _ after: UInt8) {
    straddled[Int(before) << 2 | Int(after >> 6)] |= 1 << UInt64(after & 0x3F)
  }
}

extension MergePointers {
  /// The token of the scalar at `place`, if it is one of `WholeScalars` and stands between
  /// borders that nothing straddles.
  ///
  /// - Precondition: the tables have such scalars, and `place` is below `count`.
  @inline(__always) func wholeScalar(
    _ bytes: UnsafePointer<UInt8>, _ place: Int, _ count: Int
  ) -> TokenID? {
    let end = place &+ 3
    // SAFETY: bytes are read below `count` only; the tables are indexed by 16 bits, and by the
    // upper ten of 16.
    guard let scalars = unsafe scalars, end <= count else { return nil }
    let (first, second, third) = unsafe (bytes[place], bytes[place &+ 1], bytes[place &+ 2])
    guard first & 0xF0 == 0xE0, second & 0xC0 == 0x80, third & 0xC0 == 0x80 else { return nil }
    if place > 0, unsafe isStraddled(bytes[place &- 1], first) { return nil }
    if end < count {
      let next = unsafe bytes[end]
      if unsafe next & 0xC0 == 0x80 || isStraddled(third, next) { return nil }
    }
    let scalar = Int(first & 0xF) &<< 12 | Int(second & 0x3F) &<< 6 | Int(third & 0x3F)
    let token = unsafe scalars[scalar]
    return token == WholeScalars.none ? nil : token
  }

  @inline(__always) private func isStraddled(_ before: UInt8, _ after: UInt8) -> Bool {
    // SAFETY: ten bits are below the 1,024 words of the table.
    let word = unsafe straddled[Int(before) &<< 2 | Int(after &>> 6)]
    return (word &>> UInt64(after & 0x3F)) & 1 != 0
  }
}
