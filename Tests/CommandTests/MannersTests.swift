import Foundation
import TestSupport
import Testing

@Suite("The manners of the command") struct MannersTests {
  @Test("wrong usage ends with 2, help and version with 0")
  func usage() throws {
    #expect(try gobbet("no-such-verb").status == 2)
    #expect(try gobbet("train", "--size", "many").status == 2)
    #expect(try gobbet("encode", "--text", "a").status == 2)
    let help = try gobbet("--help")
    #expect(help.status == 0)
    #expect(help.text.contains("train"))
    #expect(help.error.isEmpty)
    #expect(try gobbet("--version").text == "0.2.0\n")
  }

  @Test("an existing output is refused with 73 and replaced by --force")
  func overwriting() throws {
    let shop = try Workshop.shared.get()
    let folder = try TemporaryFolder()
    let output = try folder.write("out.gobbet", [1, 2, 3])
    for arguments in [
      ["train", fixturesFolder + "/corpus-heldout", "--size", "300"],
      ["pack", fixturesFolder + "/corpus-heldout", "-v", shop.vocabulary],
      ["convert", fixturesFolder + "/tinymodel/model.safetensors"],
    ] {
      let refused = try run(productPath("gobbet"), arguments + ["-o", output])
      #expect(refused.status == 73, "\(arguments[0]): \(refused.errorText)")
      #expect(refused.errorText.hasSuffix("; --force replaces it\n"), "\(refused.errorText)")
      #expect(try readFile(output) == [1, 2, 3])
      let replaced = try run(productPath("gobbet"), arguments + ["-o", output, "--force"])
      #expect(replaced.status == 0, "\(arguments[0]): \(replaced.errorText)")
      #expect(try gobbet("verify", output).status == 0)
      try folder.write("out.gobbet", [1, 2, 3])
    }
    #expect(try folder.names() == ["out.gobbet"])
  }

  @Test("a file that would be written beside the output is refused and replaced like it")
  func overwritingNeighbours() throws {
    let folder = try TemporaryFolder()
    let input = folder.file("in/tokenizer.json")
    for name in ["in", "out"] {
      try FileManager.default.createDirectory(
        atPath: folder.file(name), withIntermediateDirectories: false)
    }
    try writeFile(input, readFile(fixturesFolder + "/tinymodel/tokenizer.json"))
    try writeFile(folder.file("in/tokenizer_config.json"), Array(#"{"eos_token":"a"}"#.utf8))
    let beside = folder.file("out/tokenizer_config.json")
    try writeFile(beside, Array("{}".utf8))
    let arguments = ["convert", input, "-o", folder.file("out/tokenizer.json")]
    let refused = try run(productPath("gobbet"), arguments)
    #expect(refused.status == 73)
    #expect(refused.errorText.contains("tokenizer_config.json"))
    #expect(refused.errorText.hasSuffix("; --force replaces it\n"), "\(refused.errorText)")
    #expect(try run(productPath("gobbet"), arguments + ["--force"]).status == 0)
    #expect(try readFile(beside) == readFile(folder.file("in/tokenizer_config.json")))
  }

  @Test("an output where nothing can be written ends with 73")
  func unwritable() throws {
    let shop = try Workshop.shared.get()
    let result = try gobbet(
      "pack", fixturesFolder + "/corpus-heldout", "-v", shop.vocabulary, "-o",
      shop.folder.file("no/such/folder/out.gobbet"))
    #expect(result.status == 73)
  }

  @Test("one and three threads write the same bytes")
  func threads() throws {
    let shop = try Workshop.shared.get()
    let folder = try TemporaryFolder()
    for threads in ["1", "3"] {
      #expect(
        try gobbet(
          "train", fixturesFolder + "/corpus", "--size", "1000", "-T", threads, "-o",
          folder.file("v\(threads).gobbet")
        ).status == 0)
      #expect(
        try gobbet(
          "pack", fixturesFolder + "/corpus", "-v", shop.vocabulary, "-T", threads, "-o",
          folder.file("d\(threads).gobbet")
        ).status == 0)
    }
    for name in ["v", "d"] {
      #expect(
        try readFile(folder.file("\(name)1.gobbet")) == readFile(folder.file("\(name)3.gobbet")))
    }
  }

  @Test("--json prints one object a result")
  func json() throws {
    let shop = try Workshop.shared.get()
    for arguments in [
      ["count", fixturesFolder + "/corpus-heldout", "-v", shop.vocabulary, "--json"],
      ["inspect", shop.dataset, "--json"], ["verify", shop.model, "--json"],
      ["encode", "--text", "a b", "-v", shop.vocabulary, "--json"],
      ["generate", shop.model, "--prompt", "ROMEO:", "-n", "3", "--json"],
    ] {
      let result = try run(productPath("gobbet"), arguments)
      #expect(result.status == 0, "\(arguments): \(result.errorText)")
      let object = try JSONSerialization.jsonObject(with: Data(result.output))
      #expect(object is [String: Any], "\(arguments)")
    }
  }

  @Test(
    "the values that an option lists are those that it takes",
    arguments: [
      ["generate", "--element"], ["pack", "--format"], ["pack", "--codec"],
      ["pack", "--bad-lines"],
      ["export", "--to"], ["convert", "--to"], ["train", "--tie-break"], ["encode", "--format"],
    ])
  func values(option: [String]) throws {
    let (verb, name) = (option[0], option[1])
    let listed = try gobbet(verb, name, "nonsense").errorText
    // In quotes in one line, or, if they are many, each in a line of its own.
    let names = try #require(listed.firstMatch(of: /Please provide one of((?:.|\n)*?)\nHelp:/))
      .output.1.matches(of: /'([^']+)'|\n  - (.+)/)
      .compactMap { $0.output.1 ?? $0.output.2 }
    #expect(names.count > 1, "\(listed)")
    for value in names {
      // Something else is missing, then.
      let text = try gobbet(verb, name, String(value)).errorText
      #expect(!text.contains("invalid for"), "\(verb) \(name) \(value): \(text)")
    }
  }

  @Test("text goes to ids and back, by document, by range and whole")
  func roundTrip() throws {
    let shop = try Workshop.shared.get()
    let text = Array("Grüße, мир! 你好 <|endoftext|>\n".utf8)
    let ids = try gobbet("encode", "-", "-v", shop.vocabulary, input: text)
    #expect(ids.status == 0)
    #expect(try gobbet("decode", "-v", shop.vocabulary, input: ids.output).output == text)
    let special = try gobbet(
      "encode", "-v", shop.vocabulary, "--allow-special", "<|endoftext|>", input: text)
    #expect(special.text.split(separator: " ").count < ids.text.split(separator: " ").count)
    let whole = try gobbet("decode", shop.dataset)
    let first = try gobbet("decode", shop.dataset, "--document", "0")
    #expect(whole.status == 0 && first.status == 0)
    #expect(whole.output.starts(with: first.output))
    let range = try gobbet("decode", shop.dataset, "--range", "0..<5")
    #expect(first.output.starts(with: range.output))
    #expect(try gobbet("decode", shop.dataset, "--document", "1000000").status == 2)
  }

  @Test(
    "a disk that is full ends with 74 and leaves nothing behind",
    .enabled(if: sanitizer != "thread", "the sanitizer needs larger files itself"))
  func fullDisk() throws {
    let shop = try Workshop.shared.get()
    let folder = try TemporaryFolder()
    // The shell's limit on the size of files stands for the end of the disk.
    for arguments in [
      "train '\(fixturesFolder)/corpus' --size 4000", "counts '\(fixturesFolder)/corpus'",
      "pack '\(fixturesFolder)/corpus' -v '\(shop.vocabulary)'",
      "convert '\(fixturesFolder)/tinymodel/model.safetensors'",
    ] {
      let command = "ulimit -f 4; exec '\(productPath("gobbet"))' \(arguments) -o out.gobbet"
      let result = try run("/bin/sh", ["-c", "cd '\(folder.path)' && \(command)"])
      #expect(result.status == 74, "\(arguments): \(result.errorText)")
      #expect(result.errorText.split(separator: "\n").count == 1)
      #expect(result.errorText.contains("out.gobbet"))
      #expect(try folder.names() == [])
    }
  }
}
