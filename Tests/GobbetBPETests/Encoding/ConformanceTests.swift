import GobbetBPE
import TestSupport
import Testing

/// The vocabulary of a tiktoken file, without special tokens.
func published(_ name: String) throws -> Vocabulary {
  let patterns: [String: SplitPattern] = [
    "gpt2": .gpt2, "cl100k_base": .cl100k, "o200k_base": .o200k,
  ]
  var tokens = TokenTable()
  for token in try Conformance.ranks(name) { try tokens.append(token) }
  return try Vocabulary(
    ranks: tokens, pattern: patterns[name] ?? .gpt2, specialTokens: .none)
}

@Suite(
  "The ids that tiktoken gives", .enabled(if: Conformance.isAvailable, "\(Conformance.needed)"))
struct ConformanceTests {
  @Test("come from every encoder, and decode", arguments: ["gpt2", "cl100k_base", "o200k_base"])
  func vectors(name: String) throws {
    let vocabulary = try published(name)
    let tokenizer = Tokenizer(vocabulary)
    var encoder = tokenizer.makeEncoder()
    let reference = ReferenceEncoder(vocabulary)
    let decoder = TokenDecoder(vocabulary)
    var differing: [String] = []
    for vector in try Conformance.encodeVectors(name) {
      let text = Array(vector.text.utf8)
      // Twice: by merging, and from the caches.
      let first = encoder.encoded(vector.text)
      let second = encoder.encoded(vector.text)
      var bytes: [UInt8] = []
      try decoder.decode(vector.ids.span, into: &bytes)
      let agrees =
        first == vector.ids && second == vector.ids && bytes == text
        && reference.encoded(text) == vector.ids && encoder.count(text.span) == vector.ids.count
      if !agrees { differing.append(vector.text) }
    }
    #expect(differing.isEmpty)
  }
}
