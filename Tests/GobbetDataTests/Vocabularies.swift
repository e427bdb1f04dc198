import GobbetBPE
import TestSupport

/// Vocabularies for tests.
enum Vocabularies {
  /// The 256 bytes in a shuffled order, `mergeCount` random merges, and one special token.
  static func random(mergeCount: Int, seed: UInt64) throws -> Vocabulary {
    var generator = SeededGenerator(seed)
    var pairs: [(TokenID, TokenID)] = []
    var used: Set<[TokenID]> = []
    while pairs.count < mergeCount {
      // Of the older tokens, so that none grows long.
      let bound = TokenID(256 + pairs.count / 2)
      let pair = (0..<2).map { _ in TokenID.random(in: 0..<bound, using: &generator) }
      if used.insert(pair).inserted { pairs.append((pair[0], pair[1])) }
    }
    let order = (0...UInt8.max).shuffled(using: &generator)
    let bytes = try Vocabulary(byteOrder: order, pairs: pairs, pattern: .gpt2)
    let special = SpecialToken("<|end|>", id: TokenID(bytes.idBound + 3))
    return try Vocabulary(
      byteOrder: order, pairs: pairs, pattern: .gpt2, specialTokens: SpecialTokens([special]))
  }

  /// Tokens that do not follow from merges: there are gaps, and a token that nothing merges into.
  static func irregular() throws -> Vocabulary {
    var tokens = TokenTable()
    try tokens.append([])
    for byte in (0...UInt8.max).reversed() { try tokens.append([byte]) }
    try tokens.append([UInt8]("in".utf8))
    try tokens.append([])
    try tokens.append([UInt8]("unmerged".utf8))
    let merge = TokenMerge(left: 1 + 255 - 0x69, right: 1 + 255 - 0x6E, result: 257)
    return try Vocabulary(
      tokens: tokens, merges: [merge], mergeRule: .learnedPairsWholeFirst, pattern: .cl100k,
      specialTokens: try SpecialTokens([SpecialToken("<pad>", id: 0)]))
  }

  /// tiktoken's cl100k, from the data outside the repository.
  static func cl100k() throws -> Vocabulary {
    var tokens = TokenTable()
    for bytes in try Conformance.ranks("cl100k_base") { try tokens.append(bytes) }
    return try Vocabulary(
      ranks: tokens, pattern: .cl100k,
      specialTokens: try SpecialTokens([SpecialToken("<|endoftext|>", id: 100257)]))
  }
}
