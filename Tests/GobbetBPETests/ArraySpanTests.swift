import GobbetBPE
import Testing

@Suite("Spans of arrays") struct ArraySpanTests {
  private func sum(_ span: Span<UInt16>) -> Int { span.indices.reduce(0) { $0 + Int(span[$1]) } }

  @Test("a span has the elements of its array, in the same memory")
  func elements() {
    let array: [UInt16] = [3, 4, 5]
    #expect(sum(array.span) == 12)
    #expect(sum([UInt16]().span) == 0)
    let isSame = unsafe array.span.withUnsafeBufferPointer { span in
      unsafe array.withUnsafeBufferPointer { unsafe $0.baseAddress == span.baseAddress }
    }
    #expect(isSame)
  }

  @Test("a change by way of a mutable span is one of the array, and of no copy of it")
  func changes() {
    var array: [UInt16] = [3, 4, 5]
    let copy = array
    var span = array.mutableSpan
    span[1] = 40
    #expect(array == [3, 40, 5] && copy == [3, 4, 5])
  }

  @Test("a text gives its bytes, whether they are in the string itself or somewhere else")
  func strings() throws {
    let vocabulary = try Vocabulary(byteOrder: Array(0...255), pairs: [], pattern: .gpt2)
    var encoder = Tokenizer(vocabulary).makeEncoder()
    for text in ["", "é", "wörter", String(repeating: "wörter ", count: 20)] {
      #expect(encoder.encoded(text) == text.utf8.map { TokenID($0) })
    }
  }
}
