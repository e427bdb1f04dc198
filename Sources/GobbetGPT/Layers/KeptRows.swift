/// The rows that go on after the last block, and the segments that they are then.
struct KeptRows {
  /// Ascending numbers of rows before.
  let rows: [Int]
  /// Runs of consecutive positions among them.
  let segments: [Segment]

  /// Finds the runs of the chosen rows.
  init(_ rows: [Int], of segments: [Segment]) {
    self.rows = rows
    var runs: [Segment] = []
    var next = 0
    for segment in segments {
      while next < rows.count, rows[next] < segment.rows.upperBound {
        let first = next
        repeat {
          next += 1
        } while next < rows.count && rows[next] == rows[next - 1] + 1
          && rows[next] < segment.rows.upperBound
        let position = segment.position + rows[first] - segment.rows.lowerBound
        runs.append(
          Segment(
            cache: segment.cache, rows: first..<next, position: position,
            sequenceEnd: segment.sequenceEnd, queryRow: rows[first]))
      }
    }
    self.segments = runs
  }
}
