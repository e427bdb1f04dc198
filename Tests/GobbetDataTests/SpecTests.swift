import GobbetBPE
import GobbetData
import GobbetFile
import TestSupport
import Testing

/// The hex examples of `Spec/`, against what the library writes.
@Suite("The pages of the specification") struct SpecTests {
  static let vocabulary = Result {
    try Vocabulary(
      byteOrder: Array(0...255), pairs: [(104, 105), (256, 33)], pattern: .gpt2,
      specialTokens: try SpecialTokens([SpecialToken("<|end|>", id: 258)]))
  }

  @Test("Vocabulary.md shows the sections of its example")
  func vocabulary() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("v.gobbet")
    try Self.vocabulary.get().write(to: path)
    try Self.compare(path, page: "Vocabulary.md")
    #expect(try Vocabulary(contentsOf: path) == Self.vocabulary.get())
  }

  @Test("Tokens.md shows the sections of its example")
  func tokens() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("t.gobbet")
    try TokenDatasetTests.write(
      [[256, 257, 258], [], [104]], to: path, Self.vocabulary.get(),
      TokenDatasetOptions(codec: .packed, embedsVocabulary: false))
    try Self.compare(path, page: "Tokens.md")
  }

  @Test("Weights.md shows the sections of its example")
  func weights() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("w.gobbet")
    var writer = try WeightsWriter(path: path, metadata: [("a", "b")], codec: .raw)
    let data = WeightsTests.bytes([1, -2, 0.5, 3], .bfloat16)
    try writer.append(
      TensorDescription(name: "w", elementType: .bfloat16, shape: [2, 2]), data.span)
    try writer.finish()
    try Self.compare(path, page: "Weights.md")
  }

  @Test("Counts.md shows the sections of its example")
  func counts() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("c.gobbet")
    var writer = try PretokenCountsWriter(path: path, pattern: .gpt2)
    for (text, count) in [(" a", 2), ("a", 300), ("ab", 1)] as [(String, UInt64)] {
      let pretoken = [UInt8](text.utf8)
      try writer.append(pretoken.span, count: count)
    }
    writer.origin.documentCount = 2
    writer.origin.byteCount = 606
    try writer.finish()
    try Self.compare(path, page: "Counts.md")
  }

  /// Compares each example of a page with the section of that name; `...` stands for any bytes.
  private static func compare(_ path: String, page: String) throws {
    let container = try ContainerReader(path: path)
    let examples = try examples(page)
    #expect(!examples.isEmpty)
    for (kind, pattern) in examples {
      let section = try #require(container.sections.first { $0.kind.description == kind })
      let found = try container.bytes(of: section).map(Self.hex)
      let parts = pattern.split(separator: "...", omittingEmptySubsequences: false)
      let isSame =
        parts.count == 1
        ? found == Array(parts[0])
        : found.starts(with: parts[0]) && found.reversed().starts(with: parts[1].reversed())
      #expect(isSame, "\(kind): \(found.joined(separator: " "))")
    }
  }

  /// The name and the bytes of every block of a page that begins with "```hex"; what comes after
  /// two blanks is a remark.
  private static func examples(_ page: String) throws -> [(String, [String])] {
    let text = String(
      decoding: try readFile(fixturesFolder + "/../Spec/" + page), as: UTF8.self)
    return text.split(separator: "```hex ").dropFirst().map { example in
      let lines = (example.split(separator: "```").first ?? "").split(separator: "\n")
      let words = lines.dropFirst().flatMap { line in
        (line.firstRange(of: "  ").map { line[..<$0.lowerBound] } ?? line).split(separator: " ")
      }
      return (String(lines.first ?? ""), words.map(String.init))
    }
  }

  private static func hex(_ byte: UInt8) -> String {
    (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
  }
}
