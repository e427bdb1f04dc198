import Gobbet
import TestSupport
import Testing

/// Whole corpora, document by document, against the sums over tiktoken's ids.
@Suite("Whole corpora", .enabled(if: Conformance.isAvailable, "\(Conformance.needed)"))
struct CorpusChecksumTests {
  struct Sum: Sendable, CustomTestStringConvertible {
    let vocabulary: String
    let corpus: String
    let tokenCount: Int
    let checksum: UInt64
    var testDescription: String { "\(vocabulary), \(corpus)" }
  }

  @Test("every document has tiktoken's ids", arguments: sums)
  func checksum(expected: Sum) throws {
    let tokenizer = Tokenizer(
      try Vocabulary(recognizing: Conformance.path("data/\(expected.vocabulary).tiktoken")))
    var encoder = tokenizer.makeEncoder()
    var reader = try CorpusReader(
      inputs: [Conformance.path("data/\(expected.corpus).jsonl.zst")], options: CorpusOptions())
    var checksum: UInt64 = 0
    var weight: UInt64 = 1
    var tokenCount = 0
    var ids: [TokenID] = []
    while let document = try reader.next() {
      ids.removeAll(keepingCapacity: true)
      encoder.encode(document.text.span, into: &ids)
      tokenCount += ids.count
      for id in ids {
        checksum &+= (UInt64(id) &+ 1) &* weight
        weight &+= 2
      }
    }
    #expect(tokenCount == expected.tokenCount)
    #expect(checksum == expected.checksum)
  }

  // Made by tiktoken 0.14.0 over each corpus: the sum of (id + 1) × (2 × index + 1) over all ids in
  // turn, modulo 2^64.
  static let sums: [Sum] = [
    Sum(
      vocabulary: "gpt2", corpus: "english", tokenCount: 3_558_586, checksum: 57_462_327_920_500_766
    ),
    Sum(
      vocabulary: "gpt2", corpus: "multilingual", tokenCount: 6_165_344,
      checksum: 274_124_985_288_155_790),
    Sum(
      vocabulary: "gpt2", corpus: "code", tokenCount: 5_471_641, checksum: 117_850_996_804_488_386),
    Sum(
      vocabulary: "cl100k_base", corpus: "english", tokenCount: 2_877_354,
      checksum: 68_738_374_750_942_722),
    Sum(
      vocabulary: "cl100k_base", corpus: "multilingual", tokenCount: 3_917_497,
      checksum: 280_749_855_879_913_973),
    Sum(
      vocabulary: "cl100k_base", corpus: "code", tokenCount: 3_306_484,
      checksum: 76_375_087_612_723_657),
    Sum(
      vocabulary: "o200k_base", corpus: "english", tokenCount: 2_870_921,
      checksum: 120_118_848_788_281_274),
    Sum(
      vocabulary: "o200k_base", corpus: "multilingual", tokenCount: 3_385_033,
      checksum: 268_885_492_561_600_220),
    Sum(
      vocabulary: "o200k_base", corpus: "code", tokenCount: 3_315_945,
      checksum: 138_956_556_950_274_640),
  ]
}
