import GobbetData
import GobbetFile
import TestSupport
import Testing

@Suite("Ranks of two units") struct EscapeTests {
  @Test("the golden file of escapes has ranks on both sides of every bound, in both units")
  func units() throws {
    let container = try ContainerReader(
      path: "\(fixturesFolder)/golden/1.0/tokens/escapes.gobbet")
    let stored = try container.bytes(of: container.requiredSection(.tokens))
    let table = try container.bytes(of: container.requiredSection(.tokenBlocks))
    var units: [UInt8] = []
    try Decompressor().decompress(
      stored.span, byteCount: Sealing.number(table, 4, 4), into: &units, field: "block")
    let words = stride(from: 0, to: units.count, by: 2).map {
      Int(units[$0]) << 8 | Int(units[$0 + 1])
    }
    // The four counted ids by their numbers, then one unit, and then two for each.
    #expect(words.prefix(5) == [3, 1, 2, 0, 0xFEFF])
    #expect(
      words.dropFirst(5) == [
        0xFF00, 0, 0xFF00, 1, 0xFF00, 255, 0xFF00, 256, 0xFF00, 0xFFFF, 0xFF01, 0, 0xFF01, 256,
        0xFF01, 517,
      ])
  }
}
