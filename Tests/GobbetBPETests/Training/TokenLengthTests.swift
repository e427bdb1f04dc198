import GobbetBPE
import Testing

@Suite("The maximum token length") struct TokenLengthTests {
  /// The tokens that training adds to the single bytes.
  static func learned(_ maximum: Int?) throws -> [String] {
    var counts = PretokenCounts()
    let text = String(repeating: "the then the hello hello abcabcabc ", count: 9)
    counts.count(Array(text.utf8).span, using: PretokenScanner(.gpt2))
    let options = TrainingOptions(
      vocabularySize: 300, minimumFrequency: 2, maximumTokenLength: maximum)
    let vocabulary = try Trainer(options).train(counts, pattern: .gpt2)
    return vocabulary.merges.map {
      String(decoding: vocabulary.tokens[$0.result], as: UTF8.self)
    }
  }

  @Test("two bytes merge under any maximum, as in Hugging Face's trainer", arguments: [1, 2, 3])
  func pairs(maximum: Int) throws {
    let learned = try Self.learned(maximum)
    #expect(learned.allSatisfy { $0.utf8.count == 2 })
    #expect(Set(learned).isSuperset(of: ["he", "ab", "ll"]))
    #expect(try learned == Self.learned(3))
  }

  @Test("longer tokens stay below the maximum")
  func longerTokens() throws {
    #expect(try Self.learned(4).allSatisfy { $0.utf8.count < 4 })
    #expect(try Self.learned(4).contains("the"))
    #expect(try Self.learned(nil).contains { $0.utf8.count > 4 })
  }
}
