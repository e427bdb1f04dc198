import GobbetData
import TestSupport
import Testing

@Suite("Codes for ids") struct TokenCodeTests {
  /// Ids of which the low ones are frequent.
  static func skewedIDs(_ count: Int, below bound: UInt32, seed: UInt64) -> [UInt32] {
    var generator = SeededGenerator(seed)
    return (0..<count).map { _ in
      UInt32.random(in: 0..<UInt32.random(in: 1...bound, using: &generator), using: &generator)
    }
  }

  @Test("ranks are a permutation, by falling frequency class and then by id")
  func rankTable() {
    let ids = Self.skewedIDs(5000, below: 700, seed: 1)
    var counts = [UInt32](repeating: 0, count: 700)
    for id in ids { counts[Int(id)] += 1 }
    let table = RankTable(counts: counts)
    #expect(table.ids.sorted() == Array(0..<700))
    for (first, second) in zip(table.ids, table.ids.dropFirst()) {
      let (upper, lower) = (table.classes[Int(first)], table.classes[Int(second)])
      #expect(upper > lower || (upper == lower && first < second))
    }
    let ranks = table.ranks()
    #expect(table.ids.allSatisfy { table.ids[Int(ranks[Int($0)])] == $0 })
    #expect(RankTable(classes: table.classes) == table)
  }

  @Test("units give the ids back, escapes too", arguments: [1, 300, 65_280, 65_281, 200_000])
  func rankRoundTrip(bound: Int) {
    let table = RankTable(classes: (0..<bound).map { UInt8($0 % 7) })
    let encoder = RankCode.Encoder(table)
    let decoder = RankCode.Decoder(table)
    for count in [0, 1, 2, 1000] {
      let ids = Self.skewedIDs(count, below: UInt32(bound), seed: UInt64(bound))
      let bytes = encoder.encoded(ids.span)
      var decoded = [UInt32](repeating: 0, count: count)
      var span = decoded.mutableSpan
      #expect(decoder.decode(bytes.span, into: &span) == nil)
      #expect(decoded == ids)
    }
  }

  @Test("units that are not the wanted ids are refused with the reason")
  func rankFaults() {
    let decoder = RankCode.Decoder(RankTable(classes: [UInt8](repeating: 0, count: 65_300)))
    func fault(_ bytes: [UInt8], _ count: Int) -> RankCode.Fault? {
      var ids = [UInt32](repeating: 0, count: count)
      var span = ids.mutableSpan
      return decoder.decode(bytes.span, into: &span)
    }
    #expect(fault([0, 1, 0], 1) == .cutUnit)
    #expect(fault([0, 1, 0xFF, 0x00], 2) == .cutEscape)
    #expect(fault([0xFF, 0x00, 0, 19], 1) == nil)
    #expect(fault([0xFF, 0x00, 0, 20], 1) == .rankTooLarge)
    #expect(fault([0xFF, 0xFF, 0xFF, 0xFF], 1) == .rankTooLarge)
    #expect(fault([0, 1], 2) == .tooFew)
    #expect(fault([0, 1, 0, 1], 1) == .tooMany)
    let small = RankCode.Decoder(RankTable(classes: [0, 0]))
    var ids: [UInt32] = [0]
    var span = ids.mutableSpan
    #expect(small.decode([UInt8]([0, 2]).span, into: &span) == .rankTooLarge)
  }

  @Test("packed ids of every width come back from every place", arguments: 1...32)
  func packed(width: Int) {
    let code = PackedCode(width: width)
    let largest = UInt32.max >> UInt32(32 - width)
    var generator = SeededGenerator(UInt64(width))
    let ids = (0..<100).map { _ in UInt32.random(in: 0...largest, using: &generator) }
    let bytes = code.encoded(ids.span)
    #expect(bytes.count == code.byteCount(ids.count))
    for first in [0, 1, 7, 50, 99, 100] {
      var decoded = [UInt32](repeating: 0, count: ids.count - first)
      var span = decoded.mutableSpan
      code.decode(bytes.span, from: first, into: &span)
      #expect(decoded == Array(ids[first...]))
    }
  }

  @Test("documents are found by number and by token, empty ones too")
  func documents() throws {
    let index = try #require(DocumentIndex(lengths: [3, 0, 0, 2, 1, 0]))
    #expect(index.count == 6)
    #expect(index.tokenCount == 6)
    #expect((0..<6).map { index[$0] } == [0..<3, 3..<3, 3..<3, 3..<5, 5..<6, 6..<6])
    #expect((0..<6).map(index.document(containing:)) == [0, 0, 0, 3, 3, 4])
    #expect(DocumentIndex(lengths: [Int.max, 1]) == nil)
    #expect(DocumentIndex(lengths: [1, -1]) == nil)
  }
}
