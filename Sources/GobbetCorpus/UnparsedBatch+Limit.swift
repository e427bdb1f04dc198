extension UnparsedBatch {
  /// Leaves out the units after the one that has the last of the first `byteCount` bytes; the end of a
  /// line belongs to the line.
  package mutating func keepUnits(upToByte byteCount: Int) {
    guard byteCount < self.byteCount else { return }
    for (index, segment) in segments.enumerated() {
      let end = index + 1 < segments.count ? segments[index + 1].firstUnit : count
      let last = (segment.firstUnit..<end).first {
        ends[$0] + segment.separatorByteCount >= byteCount
      }
      if let last { return keepUnits(through: last, ofSegment: index) }
    }
  }

  private mutating func keepUnits(through unit: Int, ofSegment index: Int) {
    let end = min(ends[unit] + segments[index].separatorByteCount, byteCount)
    ends.removeSubrange((unit + 1)...)
    segments.removeSubrange((index + 1)...)
    let unitCount = unit + 1 - segments[index].firstUnit
    segments[index].starts = Array(segments[index].starts.prefix(unitCount))
    arena.removeSubrange(end...)
    arena.append(contentsOf: repeatElement(0, count: DocumentParser.paddingByteCount))
  }
}
