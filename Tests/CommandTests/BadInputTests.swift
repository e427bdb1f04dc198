import TestSupport
import Testing

/// A verb that reads files, and how it is pointed at one.
struct ReadingVerb: Sendable, CustomTestStringConvertible {
  let name: String
  /// The arguments with the file to read in place.
  let arguments: @Sendable (_ file: String, _ workshop: Workshop) -> [String]
  /// What the verb takes: a file of this kind is broken for it.
  let sound: @Sendable (Workshop) -> String

  var testDescription: String { name }

  func run(on file: String, _ workshop: Workshop) throws -> CommandResult {
    try TestSupport.run(productPath("gobbet"), arguments(file, workshop))
  }

  /// Every verb that opens a container.
  static let containers: [ReadingVerb] = [
    ReadingVerb(name: "inspect", arguments: { file, _ in ["inspect", file] }) { $0.dataset },
    ReadingVerb(name: "verify", arguments: { file, _ in ["verify", file] }) { $0.dataset },
    ReadingVerb(name: "diff", arguments: { file, shop in ["diff", file, shop.dataset] }) {
      $0.dataset
    },
    ReadingVerb(name: "decode", arguments: { file, _ in ["decode", file] }) { $0.dataset },
    ReadingVerb(
      name: "convert",
      arguments: { file, shop in ["convert", file, "-o", shop.folder.file("out.tiktoken")] }
    ) { $0.vocabulary },
    ReadingVerb(
      name: "encode --vocabulary",
      arguments: { file, _ in ["encode", "--text", "a", "--vocabulary", file] }
    ) { $0.vocabulary },
    ReadingVerb(
      name: "count --vocabulary",
      arguments: { file, shop in
        ["count", fixturesFolder + "/corpus-heldout", "--vocabulary", file]
      }
    ) { $0.vocabulary },
    ReadingVerb(
      name: "pack --vocabulary",
      arguments: { file, shop in
        [
          "pack", fixturesFolder + "/corpus-heldout", "--vocabulary", file, "-o",
          shop.folder.file("out.gobbet"),
        ]
      }
    ) { $0.vocabulary },
    ReadingVerb(
      name: "generate", arguments: { file, _ in ["generate", file, "--prompt", "a"] }
    ) { $0.model },
  ]

  /// Every verb that reads documents.
  static let documents: [ReadingVerb] = [
    ReadingVerb(
      name: "train",
      arguments: { file, shop in
        ["train", file, "--size", "300", "--force", "-o", shop.folder.file("t.gobbet")]
      }
    ) { _ in "" },
    ReadingVerb(
      name: "encode", arguments: { file, shop in ["encode", file, "-v", shop.vocabulary] }
    ) { _ in "" },
    ReadingVerb(
      name: "count", arguments: { file, shop in ["count", file, "-v", shop.vocabulary] }
    ) { _ in "" },
    ReadingVerb(
      name: "pack",
      arguments: { file, shop in
        ["pack", file, "-v", shop.vocabulary, "--force", "-o", shop.folder.file("p.gobbet")]
      }
    ) { _ in "" },
  ]
}

@Suite("Bad input, by verb") struct BadInputTests {
  /// One line on standard error that begins with the command's name and names the file.
  private func expectOneLine(_ result: CommandResult, naming file: String) {
    let lines = result.errorText.split(separator: "\n")
    #expect(lines.count == 1, "\(result.errorText)")
    #expect(lines.first?.hasPrefix("gobbet: ") == true)
    #expect(lines.first?.contains(file) == true, "\(result.errorText) does not name \(file)")
  }

  @Test("a missing file ends with 66", arguments: ReadingVerb.containers + ReadingVerb.documents)
  func missing(verb: ReadingVerb) throws {
    let shop = try Workshop.shared.get()
    let result = try verb.run(on: shop.folder.file("no-such-file"), shop)
    #expect(result.status == 66)
    expectOneLine(result, naming: "no-such-file")
  }

  @Test("a directory where a container should be ends with 66", arguments: ReadingVerb.containers)
  func directory(verb: ReadingVerb) throws {
    let shop = try Workshop.shared.get()
    let folder = try TemporaryFolder()
    let result = try verb.run(on: folder.path, shop)
    #expect(result.status == 66)
    expectOneLine(result, naming: folder.path)
  }

  @Test("an empty container ends with 65, or 1 for verify", arguments: ReadingVerb.containers)
  func empty(verb: ReadingVerb) throws {
    let shop = try Workshop.shared.get()
    let folder = try TemporaryFolder()
    let result = try verb.run(on: try folder.write("empty.gobbet", []), shop)
    #expect(result.status == (verb.name == "verify" ? 1 : 65))
    expectOneLine(result, naming: "empty.gobbet")
  }

  @Test("a foreign file ends with 65, or 1 for verify", arguments: ReadingVerb.containers)
  func foreign(verb: ReadingVerb) throws {
    let shop = try Workshop.shared.get()
    let folder = try TemporaryFolder()
    let picture: [UInt8] = [0x89] + Array("PNG\r\n\u{1A}\n".utf8) + Array(repeating: 7, count: 500)
    let result = try verb.run(on: try folder.write("foreign.gobbet", picture), shop)
    #expect(result.status == (verb.name == "verify" ? 1 : 65))
    expectOneLine(result, naming: "foreign.gobbet")
  }

  @Test("a truncated container ends with 65, or 1 for verify", arguments: ReadingVerb.containers)
  func truncated(verb: ReadingVerb) throws {
    let shop = try Workshop.shared.get()
    let folder = try TemporaryFolder()
    let sound = try readFile(verb.sound(shop))
    for length in [10, 64, sound.count / 2, sound.count - 1] {
      let file = try folder.write("cut.gobbet", Array(sound.prefix(length)))
      let result = try verb.run(on: file, shop)
      #expect(result.status == (verb.name == "verify" ? 1 : 65), "at \(length)")
      expectOneLine(result, naming: "cut.gobbet")
    }
  }

  @Test("a flipped bit is found by verify, and by whoever reads it", arguments: 0..<24)
  func flipped(position: Int) throws {
    let shop = try Workshop.shared.get()
    let folder = try TemporaryFolder()
    for sound in [shop.vocabulary, shop.dataset, shop.model] {
      var bytes = try readFile(sound)
      bytes[bytes.count * position / 24] ^= 0x10
      let file = try folder.write("flipped.gobbet", bytes)
      let result = try gobbet("verify", file)
      #expect(result.status == 1)
      expectOneLine(result, naming: "flipped.gobbet")
    }
  }

  @Test(
    "a directory without documents and an empty file aren't documents",
    arguments: ReadingVerb.documents)
  func nothing(verb: ReadingVerb) throws {
    let shop = try Workshop.shared.get()
    let folder = try TemporaryFolder()
    let result = try verb.run(on: folder.path, shop)
    switch verb.name {
    case "train":
      #expect(result.status == 65)
      #expect(result.errorText.split(separator: "\n").count == 1)
    default: #expect(result.status == 0, "\(result.errorText)")
    }
  }

  @Test("invalid UTF-8 in text is encoded byte by byte and decodes to the same bytes")
  func invalidText() throws {
    let shop = try Workshop.shared.get()
    let folder = try TemporaryFolder()
    let bytes: [UInt8] = [0x61, 0xFF, 0xC3, 0x28, 0xE2, 0x82, 0x0A, 0xF0, 0x9F]
    let file = try folder.write("invalid.txt", bytes)
    let ids = try gobbet("encode", file, "-v", shop.vocabulary)
    #expect(ids.status == 0)
    let text = try gobbet("decode", "-", "-v", shop.vocabulary, input: ids.output)
    #expect(text.output == bytes)
    #expect(try gobbet("count", file, "-v", shop.vocabulary).status == 0)
  }

  @Test(
    "a line that isn't JSON, or has no text, is named by its number",
    arguments: ReadingVerb.documents,
    [
      "{\"text\": \"a\"}\nnonsense\n", "{\"text\": \"a\"}\n{}\n",
      "{\"text\": \"a\"}\n{\"text\": \"\u{FFFD}\\ud8\"}\n",
    ])
  func badLine(verb: ReadingVerb, lines: String) throws {
    let shop = try Workshop.shared.get()
    let folder = try TemporaryFolder()
    let file = try folder.write("bad.jsonl", Array(lines.utf8))
    let result = try verb.run(on: file, shop)
    #expect(result.status == 65)
    expectOneLine(result, naming: "bad.jsonl")
    #expect(result.errorText.contains("line 2"))
  }

  @Test("a compressed corpus that ends too soon ends with 65", arguments: ReadingVerb.documents)
  func cutCorpus(verb: ReadingVerb) throws {
    let shop = try Workshop.shared.get()
    let folder = try TemporaryFolder()
    // A gzip header and the beginning of a block, and nothing more.
    let gzip: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 0x4B, 0x4C]
    let zstd: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD, 0x04, 0x58, 0x11]
    for (name, bytes) in [("cut.txt.gz", gzip), ("cut.jsonl.zst", zstd)] {
      let result = try verb.run(on: try folder.write(name, bytes), shop)
      #expect(result.status == 65)
      expectOneLine(result, naming: name)
    }
  }
}
