/// Tells whether a list of merges joins the same two tokens twice.
///
/// No two tokens have the same bytes, so two merges with one result are the same where their left parts are
/// as long.
struct RepeatedMerges {
  /// The lengths of left parts by result, one bit each, of those below 64.
  private var lengths: [UInt64]
  /// Results with the lengths of longer left parts.
  private var long: Set<[Int]> = []

  /// For merges whose results are mostly below `idBound`.
  init(idBound: Int) { lengths = Array(repeating: 0, count: idBound) }

  /// Notes a merge; false if it was noted before.
  mutating func insert(result: TokenID, leftByteCount: Int) -> Bool {
    let result = Int(result)
    guard leftByteCount < 64 else { return long.insert([result, leftByteCount]).inserted }
    if result >= lengths.count {
      lengths += repeatElement(0, count: result + 256 - lengths.count)
    }
    let bit: UInt64 = 1 << UInt64(leftByteCount)
    let isNew = lengths[result] & bit == 0
    lengths[result] |= bit
    return isNew
  }
}
