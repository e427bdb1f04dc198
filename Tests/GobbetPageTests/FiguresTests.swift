import GobbetPage
import GobbetSystem
import Testing

@Suite("Numbers with what they count") struct FiguresTests {
  @Test("one is singular, everything else plural, zero and negative numbers too")
  func nouns() {
    #expect(
      [-1, 0, 1, 2].map { $0.counted("byte") } == ["-1 bytes", "0 bytes", "1 byte", "2 bytes"])
    #expect([1, 3].map { $0.counted("axis", plural: "axes") } == ["1 axis", "3 axes"])
    #expect(
      [1, 1_234_567].map { $0.inGroups("unique token") }
        == ["1 unique token", "1,234,567 unique tokens"])
    #expect(UInt8(1).inGroups("entry", plural: "entries") == "1 entry")
  }
}
