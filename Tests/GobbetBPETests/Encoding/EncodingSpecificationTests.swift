import GobbetBPE
import TestSupport
import Testing

/// The examples of "Encoding" in `Spec/Vocabulary.md`, which `Tests/reader/check_pages.py` runs through
/// the pseudo-code there.
@Suite("Spec/Vocabulary.md, Encoding") struct EncodingSpecificationTests {
  /// One example: a vocabulary, and texts with their ids.
  struct Example: Sendable, CustomTestStringConvertible {
    var name: String
    var rule = MergeRule.learnedPairs
    /// The tokens that merges are of, by their bytes.
    var parts: [(left: [UInt8], right: [UInt8])] = []
    var tokens: [[UInt8]] = []
    var specials: [SpecialToken] = []
    /// Pretokens and allowed special tokens in their order, and the ids.
    var texts: [(pieces: [(bytes: [UInt8], isSpecial: Bool)], ids: [TokenID])] = []
    var derived: [TokenMerge] = []

    var testDescription: String { name }

    func vocabulary() throws -> Vocabulary {
      let specials = try SpecialTokens(specials)
      if rule == .ranks {
        var table = TokenTable()
        for byte in UInt8.min...UInt8.max { try table.append([byte]) }
        for token in tokens { try table.append(token) }
        return try Vocabulary(ranks: table, pattern: .gpt2, specialTokens: specials)
      }
      // Special tokens count as parts from the merge on that spells them.
      var ids: [[UInt8]: TokenID] = [:]
      for byte in UInt8.min...UInt8.max { ids[[byte]] = TokenID(byte) }
      var next: TokenID = 256
      var pairs: [(TokenID, TokenID)] = []
      for (left, right) in parts {
        pairs.append((try #require(ids[left]), try #require(ids[right])))
        let bytes = left + right
        if ids[bytes] != nil { continue }
        if let id = specials.id(of: bytes) {
          ids[bytes] = id
        } else {
          ids[bytes] = next
          next += 1
        }
      }
      return try Vocabulary(
        byteOrder: Array(0...255), pairs: pairs, mergeRule: rule, pattern: .gpt2,
        specialTokens: specials)
    }
  }

  @Test("what the examples say is what happens", arguments: try Self.examples())
  func example(_ example: Example) throws {
    let vocabulary = try example.vocabulary()
    let reference = ReferenceEncoder(vocabulary)
    for (pieces, expected) in example.texts {
      let text = pieces.flatMap(\.bytes)
      let allowed = pieces.filter(\.isSpecial).map { String(decoding: $0.bytes, as: UTF8.self) }
      var encoder = Tokenizer(vocabulary).makeEncoder()
      var ids: [TokenID] = []
      try encoder.encode(text.span, specials: .only(allowed), into: &ids)
      #expect(ids == expected)
      let slow = pieces.flatMap { piece in
        piece.isSpecial
          ? vocabulary.specialTokens.id(of: piece.bytes).map { [$0] } ?? []
          : reference.encodedPretoken(piece.bytes)
      }
      #expect(slow == expected)
      for run in pieces.split(whereSeparator: \.isSpecial) {
        let bytes = run.flatMap(\.bytes)
        #expect(reference.pretokens(in: bytes).map { Array(bytes[$0]) } == run.map(\.bytes))
      }
    }
    if !example.derived.isEmpty { #expect(vocabulary.merges == example.derived) }
  }

  private static func examples() throws -> [Example] {
    let page = String(
      decoding: try readFile(fixturesFolder + "/../Spec/Vocabulary.md"), as: UTF8.self)
    let lines = page.split(separator: "\n").drop { $0 != "```encodings" }.dropFirst()
    var examples: [Example] = []
    for line in lines.prefix(while: { $0 != "```" }) {
      let words = line.split(separator: " ")
      let last = examples.count - 1
      let values = words.dropFirst()
      let numbers = values.compactMap { TokenID($0) }
      switch words[0] {
      case "example": examples.append(Example(name: values.joined(separator: " ")))
      case "rule":
        let code = try #require(UInt8(words[1]))
        examples[last].rule = try #require(MergeRule(rawValue: code))
      case "merge": examples[last].parts.append((bytes(words[1]), bytes(words[2])))
      case "token": examples[last].tokens.append(bytes(words[1]))
      case "special":
        let id = try #require(TokenID(words[2]))
        examples[last].specials.append(SpecialToken(bytes: bytes(words[1]), id: id))
      case "pretokens":
        examples[last].texts.append(
          (values.map { (bytes($0.filter { !"<>".contains($0) }[...]), $0.hasPrefix("<")) }, []))
      case "ids": examples[last].texts[examples[last].texts.count - 1].ids = numbers
      case "derived":
        examples[last].derived.append(
          TokenMerge(left: numbers[0], right: numbers[1], result: numbers[2]))
      default: Issue.record("\(line) isn't part of an example")
      }
    }
    #expect(examples.count > 5)
    return examples
  }

  private static func bytes(_ hexadecimal: Substring) -> [UInt8] {
    let digits = Array(hexadecimal)
    return stride(from: 0, to: digits.count, by: 2).compactMap {
      UInt8(String(digits[$0..<($0 + 2)]), radix: 16)
    }
  }
}
