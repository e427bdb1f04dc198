import CGobbetKernels
import TestSupport
import Testing

@Suite("Planes of elements") struct ExponentPlanesTests {
  private static func ways() -> [gobbet_planes_way] {
    var ways = unsafe [gobbet_planes_way](repeating: gobbet_planes_way(), count: 2)
    let count = unsafe gobbet_planes_ways(&ways)
    return unsafe Array(ways.prefix(Int(count)))
  }

  /// The planes of elements, by the definition in `Spec/Weights.md`.
  private static func slowPlanes(_ bytes: [UInt8], _ width: Int) -> [[UInt8]] {
    var planes = [[UInt8]](repeating: [], count: width.trailingZeroBitCount + 1)
    for start in stride(from: 0, to: bytes.count, by: width) {
      var value = (0..<width).reduce(UInt64(0)) { $0 | UInt64(bytes[start + $1]) << UInt64(8 * $1) }
      let top = value >> UInt64(8 * width - 1)
      value = value << 1 | top
      let turned = (0..<width).map { UInt8(truncatingIfNeeded: value >> UInt64(8 * $0)) }
      // From the top: one byte, another, two, four; each plane little-endian.
      var end = width
      for (plane, count) in zip(planes.indices, [1, 1, 2, 4]) {
        planes[plane] += turned[(end - count)..<end]
        end -= count
      }
    }
    return planes
  }

  @Test("are those of the definition by every set of instructions", arguments: [1, 2, 4, 8])
  func everyWay(width: Int) {
    var generator = SeededGenerator(UInt64(width))
    let ways = unsafe Self.ways()
    for count in [0, 1, 2, 3, 15, 16, 17, 31, 63, 64, 65, 1000] {
      let bytes = (0..<(count * width)).map { _ in UInt8.random(in: 0...255, using: &generator) }
      let expected = Self.slowPlanes(bytes, width)
      for index in unsafe ways.indices {
        var planes = [UInt8](repeating: 0, count: max(1, bytes.count))
        var joined = [UInt8](repeating: 0, count: max(1, bytes.count))
        var joinedPastCaches = [UInt8](repeating: 0, count: bytes.count + 64)
        let shift = Int.random(in: 0..<64, using: &generator)
        unsafe ways[index].split?(width, bytes, count, &planes)
        #expect(Array(planes.prefix(bytes.count)) == Array(expected.joined()))
        unsafe planes.withUnsafeBytes { planes in
          guard let base = planes.baseAddress else { return }
          let starts = unsafe [0, 1, 2, 4].map { unsafe UnsafeRawPointer?(base + $0 * count) }
          unsafe ways[index].join?(width, starts, count, &joined)
          unsafe joinedPastCaches.withUnsafeMutableBytes { joined in
            guard let target = joined.baseAddress else { return }
            unsafe ways[index].join_past_caches?(width, starts, count, target + shift)
          }
        }
        #expect(Array(joined.prefix(bytes.count)) == bytes)
        let zeros = [UInt8](repeating: 0, count: 64)
        #expect(
          joinedPastCaches == zeros.prefix(shift) + bytes + zeros.dropFirst(shift))
      }
    }
  }
}
