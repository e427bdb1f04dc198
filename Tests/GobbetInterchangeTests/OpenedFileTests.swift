import GobbetBPE
import GobbetData
import GobbetInterchange
import GobbetSystem
import TestSupport
import Testing

@Suite("Files that are opened once") struct OpenedFileTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// A vocabulary with one token beside the 256 bytes.
  private static func vocabulary(_ token: String) throws -> Vocabulary {
    var table = TokenTable()
    for byte in UInt8.min...UInt8.max { try table.append([byte]) }
    try table.append(Array(token.utf8))
    return try Vocabulary(ranks: table, pattern: .gpt2, specialTokens: .none)
  }

  @Test("what an open file holds is what it held, whatever its path names by now")
  func replaced() throws {
    let (old, new) = (try Self.vocabulary("ab"), try Self.vocabulary("cd"))
    for format in [FileFormat.gobbet, .tiktoken, .tokenizerJSON] {
      let path = folder.file("vocabulary." + format.name)
      try old.write(to: path, format: format)
      let file = try OpenedFile(path)
      let kind = try FileFormat(recognizing: path)
      // Put in its place as another file, which leaves the open one as it is.
      try new.write(to: path, format: format, replacing: true)
      #expect(try file.format() == kind)
      #expect(try Vocabulary(file, pattern: .gpt2).tokens == old.tokens, "\(format)")
      #expect(try Vocabulary(recognizing: path, pattern: .gpt2).tokens == new.tokens)
    }
  }

  @Test("a file beside an open one is opened once, and a file is its own neighbour")
  func neighbours() throws {
    let path = try folder.write("model.safetensors", [1, 2, 3])
    try folder.write("config.json", Array("{}".utf8))
    let file = try OpenedFile(path)
    let first = try #require(try file.neighbour("config.json"))
    let second = try #require(try file.neighbour("config.json"))
    #expect(first === second)
    #expect(try first.bytes(limit: 2) == Array("{}".utf8))
    #expect(try file.neighbour("tokenizer.json") == nil)
    #expect(try file.neighbour("model.safetensors") === file)
    #expect(throws: InterchangeError.self) { _ = try file.bytes(limit: 2) }
  }

  @Test("an open file is read in order from its first byte by each who shares it")
  func shared() throws {
    let path = try folder.write("text.txt", Array("one two".utf8))
    let file = try OpenedFile(path)
    #expect(try file.available(in: 4..<100) == Array("two".utf8))
    for _ in 0..<2 {
      let reader = try InputFile(sharing: file.shared)
      var bytes = [UInt8](repeating: 0, count: 16)
      let count = try unsafe bytes.withUnsafeMutableBytes { unsafe try reader.read(into: $0) }
      #expect(bytes.prefix(count).elementsEqual("one two".utf8))
    }
  }
}
