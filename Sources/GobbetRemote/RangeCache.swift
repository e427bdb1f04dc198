/// Ranges of a file, those read last, up to a number of bytes.
struct RangeCache: Sendable {
  private struct Extent {
    let start: Int
    let bytes: [UInt8]
  }

  /// Bytes that are kept at most.
  private let byteBudget: Int
  private var byteCount = 0
  /// The one that was read last at the end.
  private var extents: [Extent] = []

  init(byteBudget: Int) { self.byteBudget = byteBudget }

  /// The bytes of `range`, if one extent holds them all.
  mutating func bytes(in range: Range<Int>) -> [UInt8]? {
    guard
      let index = extents.lastIndex(where: {
        $0.start <= range.lowerBound && range.upperBound <= $0.start + $0.bytes.count
      })
    else { return nil }
    let found = extents.remove(at: index)
    extents.append(found)
    let first = range.lowerBound - found.start
    return range.count == found.bytes.count
      ? found.bytes : Array(found.bytes[first..<(first + range.count)])
  }

  /// Keeps the bytes from `start` on, and drops those that were not read for the longest time.
  mutating func keep(_ bytes: [UInt8], from start: Int) {
    guard bytes.count <= byteBudget else { return }
    extents.append(Extent(start: start, bytes: bytes))
    byteCount += bytes.count
    var dropped = 0
    while byteCount > byteBudget {
      byteCount -= extents[dropped].bytes.count
      dropped += 1
    }
    extents.removeFirst(dropped)
  }
}
