package import GobbetBPE

/// The order of a dataset's ids by how often they occur: frequent ids get small ranks.
///
/// Stored is one byte an id, its frequency class: how many bits its count has. Ranks follow from
/// it, higher classes first and ids ascending inside a class, so every table of bytes is a
/// permutation. Exact counts would take twice the room and compress the tokens no better: inside
/// a class the order of ids keeps scripts together.
package struct RankTable: Hashable, Sendable {
  /// The frequency class of each id.
  package let classes: [UInt8]
  /// The id at each rank.
  package let ids: [TokenID]

  /// Ranks the ids by their counts.
  package init(counts: [UInt32]) {
    self.init(classes: counts.map { UInt8($0.bitWidth - $0.leadingZeroBitCount) })
  }

  /// Ranks the ids by their frequency classes.
  ///
  /// - Complexity: O(number of ids).
  package init(classes: [UInt8]) {
    var starts = [Int](repeating: 0, count: 257)
    for value in classes { starts[255 - Int(value) + 1] += 1 }
    for index in 1..<starts.count { starts[index] += starts[index - 1] }
    var ids = [TokenID](repeating: 0, count: classes.count)
    for (id, value) in classes.enumerated() {
      ids[starts[255 - Int(value)]] = TokenID(id)
      starts[255 - Int(value)] += 1
    }
    self.classes = classes
    self.ids = ids
  }

  /// The rank of each id.
  package func ranks() -> [UInt32] {
    var ranks = [UInt32](repeating: 0, count: ids.count)
    for (rank, id) in ids.enumerated() { ranks[Int(id)] = UInt32(rank) }
    return ranks
  }
}
