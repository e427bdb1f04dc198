import Foundation
import TestSupport
import Testing

@Suite("Inputs of the verbs that read a corpus") struct CorpusInputTests {
  private let folder: TemporaryFolder
  private let shop: Workshop

  init() throws {
    folder = try TemporaryFolder()
    shop = try Workshop.shared.get()
  }

  /// The verbs that read a corpus, and what they are called with.
  static let verbs = ["train", "counts", "encode", "count", "pack", "stats", "compare", "evaluate"]

  private func run(_ verb: String, _ arguments: String...) throws -> CommandResult {
    let output = folder.file("\(verb).gobbet")
    let call =
      switch verb {
      case "train": ["train", "--size", "300", "-f", "-o", output]
      case "counts": ["counts", "-f", "-o", output]
      case "pack": ["pack", "-v", shop.vocabulary, "-f", "-o", output]
      case "stats": ["vocabulary", "stats", "-v", shop.vocabulary]
      case "compare": ["vocabulary", "compare", shop.vocabulary, shop.vocabulary]
      case "evaluate": ["evaluate", shop.model, "-v", shop.vocabulary]
      default: [verb, "-v", shop.vocabulary]
      }
    return try TestSupport.run(productPath("gobbet"), call + arguments)
  }

  private func text(_ name: String, _ content: String) throws -> String {
    try folder.write(name, Array(content.utf8))
  }

  @Test("every verb leaves bad lines out where that is asked for, and keeps them", arguments: verbs)
  func badLines(verb: String) throws {
    let path = try text("a.jsonl", "{\"text\":\"words words\"}\n\n{\"text\":null}\n")
    let failed = try run(verb, path)
    #expect(failed.status == 65, "\(failed.errorText)")
    #expect(failed.errorText.contains("a.jsonl, line 3"))
    let skipped = try run(verb, path, "--bad-lines", "skip")
    #expect(skipped.status == 0, "\(skipped.errorText)")
    #expect(skipped.errorText.contains("1 bad line"), "\(skipped.errorText)")
    let aside = folder.file("\(verb).aside")
    let kept = try run(verb, path, "--bad-lines-file", aside)
    #expect(kept.status == 0, "\(kept.errorText)")
    #expect(try readFile(aside) == Array("{\"text\":null}\n".utf8))
    #expect(try run(verb, path, "--bad-lines-file", aside, "--bad-lines", "fail").status == 2)
  }

  @Test("every verb refuses an option that applies to none of its inputs", arguments: verbs)
  func unusedOptions(verb: String) throws {
    let plain = try text("a.txt", "words words words")
    let json = try text("b.jsonl", "{\"text\":\"words words\"}\n")
    for arguments in [
      [plain, "--text-key", "text"], [json, "--separator", "x"],
      [plain, "--format", "text", "--text-key", "text"],
      [plain, "--format", "text", "--bad-lines", "skip"],
      [json, "--format", "jsonl", "--separator", "x"],
    ] {
      let call = try run(verb, arguments[0], arguments[1], arguments[2])
      let result =
        arguments.count == 3
        ? call : try run(verb, arguments[0], arguments[1], arguments[2], arguments[3], arguments[4])
      #expect(result.status == 2, "\(arguments): \(result.errorText)")
    }
  }

  @Test("a folder is read without files that hold no text, which are named", arguments: verbs)
  func foldersWithOthers(verb: String) throws {
    let corpus = folder.file("corpus")
    #expect(try TestSupport.run("/bin/mkdir", [corpus]).status == 0)
    try folder.write("corpus/a.txt", Array("words words words".utf8))
    try folder.write("corpus/b.gobbet", try readFile(shop.vocabulary))
    try folder.write("corpus/c.png", [0x89, 0x50, 0x4E, 0x47, 0])
    let result = try run(verb, corpus)
    #expect(result.status == 0, "\(result.errorText)")
    #expect(result.errorText.contains("2 files in folders left out"), "\(result.errorText)")
    #expect(result.errorText.contains("c.png (a PNG image)"))
    let named = try run(verb, folder.file("corpus/c.png"))
    #expect(named.status == 65, "\(named.errorText)")
    #expect(named.errorText.contains("a PNG image"))
  }

  @Test("standard input is told by its content")
  func standardInput() throws {
    let lines = Array("{\"text\":\"a\"}\n{\"text\":\"b\"}\n".utf8)
    let counted = try gobbet("count", "-", "--json", input: lines)
    #expect(counted.text.contains("\"documents\":2"))
    #expect(try gobbet("count", "-", "--text-key", "text", input: lines).status == 0)
    #expect(try gobbet("count", "-", "--text-key", "text", input: Array("a".utf8)).status == 2)
    #expect(try gobbet("count", "-", input: [0, 1, 2]).status == 65)
  }

  @Test("bad lines go neither into an input nor into a folder that is read", arguments: verbs)
  func badLinesAmongInputs(verb: String) throws {
    #expect(try TestSupport.run("/bin/mkdir", [folder.file("in")]).status == 0)
    let lines = "{\"text\":\"words words\"}\n{\"text\":null}\n"
    let path = try text("in/a.jsonl", lines)
    for (input, aside) in [(path, path), (folder.file("in"), folder.file("in/aside.jsonl"))] {
      let result = try run(verb, input, "--bad-lines-file", aside)
      #expect(result.status == 2, "\(result.errorText)")
      #expect(result.errorText.contains("write it elsewhere"), "\(result.errorText)")
    }
    #expect(try readFile(path) == Array(lines.utf8))
    #expect(try TestSupport.run("/bin/ls", [folder.file("in")]).text == "a.jsonl\n")
    // Only verbs that have --force name it.
    let other = try text("aside", "old")
    let result = try run(verb, path, "--bad-lines-file", other)
    if ["train", "counts", "pack"].contains(verb) {
      #expect(result.status == 0, "\(result.errorText)")
    } else {
      #expect(result.status == 73, "\(result.errorText)")
      #expect(!result.errorText.contains("--force"))
    }
  }

  @Test("one Ctrl-D ends what is typed at a terminal")
  func terminal() throws {
    // What is typed after it would be read by one that asks again.
    let typed = Array("abc\n".utf8) + [4] + Array("more\n".utf8) + [4, 4, 4]
    for verb in ["encode", "count"] {
      let vocabulary = verb == "encode" ? ["-v", shop.vocabulary] : ["-v", shop.vocabulary, "-q"]
      let result = try runAtTerminal(productPath("gobbet"), [verb] + vocabulary, input: typed)
      let expected = try gobbet(
        verb, "-v", shop.vocabulary, input: Array("abc\n".utf8))
      #expect(result.status == 0, "\(result.errorText)")
      #expect(result.output == expected.output)
    }
  }

  @Test("a file is packed into the folder that is read, a folder of shards is not")
  func outputAmongInputs() throws {
    let corpus = folder.file("corpus")
    #expect(try TestSupport.run("/bin/mkdir", [corpus]).status == 0)
    try folder.write("corpus/a.txt", Array("words".utf8))
    for output in ["/out", "/../corpus/out"] {
      let result = try gobbet(
        "pack", corpus, "-v", shop.vocabulary, "--shard-tokens", "60", "-o", corpus + output)
      #expect(result.status == 2, "\(result.errorText)")
    }
    #expect(try folder.names() == ["corpus"])
    let output = corpus + "/out.gobbet"
    let first = try gobbet("pack", corpus, "-v", shop.vocabulary, "-o", output)
    #expect(first.status == 0, "\(first.errorText)")
    let packed = try Data(contentsOf: URL(filePath: output))
    // Another run knows what the first left, says so, and packs the same.
    let second = try gobbet("pack", corpus, "-v", shop.vocabulary, "-o", output, "-f")
    #expect(second.status == 0, "\(second.errorText)")
    #expect(second.errorText.contains("out.gobbet"))
    #expect(try Data(contentsOf: URL(filePath: output)) == packed)
  }

  @Test("a text given to encode takes no inputs and none of their options")
  func textAndInputs() throws {
    let path = try text("a.txt", "words")
    for arguments in [[path], ["--text-key", "x"], ["--bad-lines", "skip"]] {
      let result = try TestSupport.run(
        productPath("gobbet"), ["encode", "--text", "a", "-v", shop.vocabulary] + arguments)
      #expect(result.status == 2, "\(result.errorText)")
    }
  }
}
