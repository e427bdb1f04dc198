import GobbetBPE
import GobbetData
import GobbetFile
import TestSupport
import Testing

@Suite("Vocabulary files") struct VocabularyFileTests {
  private func roundTrip(_ vocabulary: Vocabulary) throws -> (Vocabulary, byteCount: Int) {
    let folder = try TemporaryFolder()
    let path = folder.file("v.gobbet")
    try vocabulary.write(to: path)
    return (try Vocabulary(contentsOf: path), try readFile(path).count)
  }

  @Test("a vocabulary made of merges comes back", arguments: [0, 1, 500])
  func pairs(mergeCount: Int) throws {
    let vocabulary = try Vocabularies.random(mergeCount: mergeCount, seed: UInt64(mergeCount))
    #expect(try roundTrip(vocabulary).0 == vocabulary)
  }

  @Test("a vocabulary that does not follow from its merges comes back, gaps too")
  func tokens() throws {
    let vocabulary = try Vocabularies.irregular()
    #expect(vocabulary.layout == nil)
    #expect(try roundTrip(vocabulary).0 == vocabulary)
  }

  @Test("the fingerprint tells vocabularies apart, and not how they were made")
  func fingerprint() throws {
    let vocabulary = try Vocabularies.random(mergeCount: 50, seed: 1)
    let again = try Vocabulary(
      tokens: vocabulary.tokens, merges: vocabulary.merges, mergeRule: vocabulary.mergeRule,
      pattern: vocabulary.pattern, specialTokens: vocabulary.specialTokens)
    #expect(again.fingerprint == vocabulary.fingerprint)
    let others = [
      try Vocabularies.random(mergeCount: 50, seed: 2),
      try Vocabulary(
        tokens: vocabulary.tokens, merges: vocabulary.merges, mergeRule: .learnedPairs,
        pattern: .cl100k, specialTokens: vocabulary.specialTokens),
      try Vocabulary(
        tokens: vocabulary.tokens, merges: vocabulary.merges, mergeRule: .learnedPairsWholeFirst,
        pattern: .gpt2, specialTokens: vocabulary.specialTokens),
      try Vocabulary(
        tokens: vocabulary.tokens, merges: vocabulary.merges, mergeRule: .learnedPairs,
        pattern: .gpt2, specialTokens: .none),
    ]
    #expect(Set(others.map(\.fingerprint) + [vocabulary.fingerprint]).count == 5)
  }

  @Test("ranks are verified where bytes have no token, and where special tokens are in a template")
  func ranksOfScalars() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("v.gobbet")
    try GoldenContents.ranksOfScalars().write(to: path)
    try Vocabulary.verify(ContainerReader(path: path))
  }

  @Test("cl100k takes about 340 KB", .enabled(if: Conformance.isAvailable, "\(Conformance.needed)"))
  func cl100k() throws {
    let vocabulary = try Vocabularies.cl100k()
    let (again, byteCount) = try roundTrip(vocabulary)
    #expect(again == vocabulary)
    #expect(byteCount < 342_000)
  }
}
