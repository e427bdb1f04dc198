/// What rows of one length hold: parts of documents, and then padding.
package struct RowLayout: Sendable {
  /// Places of each row.
  package let length: Int
  /// The parts of all rows, one row after the other.
  package private(set) var parts: [PackedRows.Part] = []
  /// Where the parts of each row end.
  private var ends: [Int] = []

  /// How many rows there are.
  package var rowCount: Int { ends.count }

  /// A layout without rows, with room for `rowCount` of them.
  init(length: Int, rowCount: Int) {
    self.length = length
    ends.reserveCapacity(rowCount)
    parts.reserveCapacity(4 * rowCount)
  }

  /// Adds a part to the row that has not ended.
  mutating func append(_ part: PackedRows.Part) { parts.append(part) }

  /// Ends a row.
  mutating func endRow() { ends.append(parts.count) }

  /// Where the parts of a row are among all parts.
  ///
  /// - Precondition: `row` is in `0..<rowCount`.
  func partIndices(ofRow row: Int) -> Range<Int> { (row == 0 ? 0 : ends[row - 1])..<ends[row] }

  /// Where the parts begin among the places of all rows, the padding of a row being one, and at the end
  /// the number of places.
  ///
  /// - Precondition: there are at most 2³¹ − 1 places.
  package var bounds: [Int32] {
    var bounds: [Int32] = [0]
    bounds.reserveCapacity(parts.count + rowCount + 1)
    for row in 0..<rowCount {
      var place = row * length
      for part in partIndices(ofRow: row) {
        place += parts[part].tokens.count
        bounds.append(Int32(place))
      }
      let end = (row + 1) * length
      if place < end { bounds.append(Int32(end)) }
    }
    return bounds
  }
}
