import Foundation
import TestSupport
import Testing

@Suite("Vocabularies made larger, or named") struct VocabularyAddTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test("added tokens take the next ids; a special one must be allowed, the others need not")
  func adding() throws {
    let shop = try Workshop.shared.get()
    let larger = folder.file("larger.gobbet")
    let result = try gobbet(
      "vocabulary", "add", shop.vocabulary, "--special", "<think>", "--special", "</think>",
      "--token", "Gobbet!", "-o", larger)
    #expect(result.status == 0, "\(result.errorText)")
    #expect(result.text.hasSuffix("a vocabulary of 1,003 ids, 3 of them new\n"), "\(result.text)")
    func ids(_ text: String, _ options: String...) throws -> [String] {
      let encoded = try run(
        productPath("gobbet"), ["encode", "-v", larger, "--text", text] + options)
      #expect(encoded.status == 0, "\(encoded.errorText)")
      return encoded.text.split(whereSeparator: \.isWhitespace).map(String.init)
    }
    #expect(try ids("<think></think>", "--allow-all-specials") == ["1000", "1001"])
    #expect(try !ids("<think>").contains("1000"))
    #expect(try ids("Gobbet!") == ["1002"])
    let decoded = try gobbet("decode", "-v", larger, input: Array("1000 1002".utf8))
    #expect(decoded.text == "<think>Gobbet!")
    let twice = try gobbet(
      "vocabulary", "add", larger, "--special", "<x>", "--token", "<x>", "-o",
      folder.file("x.gobbet"))
    #expect(twice.status == 2 && twice.errorText.contains("<x> is given twice"))
    let ranks = folder.file("x.tiktoken")
    let lost = try gobbet("vocabulary", "add", larger, "--special", "<x>", "-o", ranks)
    expectOneLine(lost, 2, "tiktoken has no place for 5 special tokens")
    #expect(!FileManager.default.fileExists(atPath: ranks))
    let nothing = try gobbet("vocabulary", "add", larger, "-o", folder.file("x.gobbet"))
    #expect(nothing.status == 2)
    let json = folder.file("larger.json")
    #expect(
      try gobbet("vocabulary", "add", larger, "--token", "<a>", "-o", json).status == 0)
    #expect(try String(decoding: readFile(json), as: UTF8.self).contains(#""content":"<a>""#))
    let changed = folder.file("changed.gobbet")
    let same = try gobbet("vocabulary", "add", larger, "--token", "<think>", "-o", changed)
    #expect(same.text.hasSuffix("a vocabulary of 1,003 ids, 0 of them new\n"), "\(same.text)")
    let found = try gobbet("encode", "-v", changed, "--text", "<think></think>")
    #expect(found.text.hasPrefix("1000 ") && !found.text.contains("1001"))
  }

  @Test("a set of special tokens is chosen by name only where several go with a file")
  func setsOfSpecialTokens() throws {
    let shop = try Workshop.shared.get()
    let result = try gobbet(
      "encode", "-v", shop.vocabulary, "--special-tokens", "o200k_harmony", "--text", "a")
    expectOneLine(result, 2, "--special-tokens: ")
  }

  @Test("special tokens that ranks don't say are given with their ids")
  func listedSpecialTokens() throws {
    let shop = try Workshop.shared.get()
    let ranks = folder.file("v.tiktoken")
    #expect(try gobbet("convert", shop.vocabulary, "-o", ranks).status == 0)
    func encoded(_ options: String...) throws -> CommandResult {
      try run(
        productPath("gobbet"),
        ["encode", "-v", ranks, "--pattern", "gpt2", "--text", "<a=b>", "--allow-all-specials"]
          + options)
    }
    #expect(try encoded("--special", "<a=b>=2000").text == "2000\n")
    expectOneLine(try encoded("--special", "<a=b>=x"), 2, "--special")
    expectOneLine(try encoded("--special", "<a=b>=5"), 65, "5")
    let own = try gobbet("encode", "-v", shop.vocabulary, "--special", "<x>=9", "--text", "a")
    expectOneLine(own, 2, "--special: ")
    let converted = folder.file("v.gobbet")
    let result = try gobbet(
      "convert", ranks, "--pattern", "gpt2", "--special", "<a=b>=2000", "-o", converted)
    #expect(result.text.contains("2,001 ids"), "\(result.errorText)")
  }

  @Test("a name that there isn't says which there are")
  func unknownName() throws {
    expectOneLine(
      try gobbet("encode", "-v", "llama3", "--text", "a"), 66, "no known name: those are gpt2")
  }

  @Test("a repository stands for the vocabulary of it in Hugging Face's cache, which is checked")
  func repository() throws {
    let shop = try Workshop.shared.get()
    let json = folder.file("tokenizer.json")
    #expect(try gobbet("convert", shop.vocabulary, "-o", json).status == 0)
    func encoded() throws -> CommandResult {
      try run(
        productPath("gobbet"), ["encode", "-v", "somebody/model", "--text", "a"],
        environment: ["HF_HOME": folder.path])
    }
    expectOneLine(try encoded(), 66, "hf download somebody/model tokenizer.json")
    let cache = folder.path + "/hub/models--somebody--model"
    let snapshot = cache + "/snapshots/abc"
    for path in [cache + "/refs", cache + "/blobs", snapshot] {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }
    try writeFile(cache + "/refs/main", Array("abc".utf8))
    func link(_ name: String) throws {
      try? FileManager.default.removeItem(atPath: snapshot + "/tokenizer.json")
      try writeFile(cache + "/blobs/" + name, readFile(json))
      try FileManager.default.createSymbolicLink(
        atPath: snapshot + "/tokenizer.json", withDestinationPath: "../../blobs/" + name)
    }
    let hash = try run("/usr/bin/env", ["git", "hash-object", json]).text
    try link(String(hash.prefix(40)))
    let direct = try gobbet("encode", "-v", json, "--text", "a")
    #expect(try encoded().text == direct.text)
    try link(String(repeating: "a", count: 64))
    expectOneLine(try encoded(), 65, "its content doesn't match its name")
  }

  @Test("a name that no cache has says where it was looked for, and how to get it")
  func missingName() throws {
    let result = try run(
      productPath("gobbet"), ["encode", "-v", "cl100k_base", "--text", "a"],
      environment: ["GOBBET_CACHE_DIR": folder.path, "TIKTOKEN_CACHE_DIR": folder.path])
    expectOneLine(result, 66, "\(folder.path)/cl100k_base.tiktoken")
    #expect(result.errorText.contains("tiktoken.get_encoding('cl100k_base')"))
  }

  @Test(
    "a name stands for the ranks in a cache, which are checked",
    .enabled(if: Conformance.isAvailable, "\(Conformance.needed)"))
  func cached() throws {
    let environment = ["GOBBET_CACHE_DIR": folder.path, "TIKTOKEN_CACHE_DIR": folder.path]
    func encoded(_ name: String, _ options: [String] = []) throws -> CommandResult {
      try run(
        productPath("gobbet"), ["encode", "-v", name, "--text", "<|call|> hi"] + options,
        environment: environment)
    }
    try folder.write(
      "fb374d419588a4632f3f557e76b4b70aebbca790",
      Conformance.bytes("data/o200k_base.tiktoken"))
    let plain = try encoded("o200k_base", ["--allow-all-specials"])
    #expect(plain.status == 0, "\(plain.errorText)")
    #expect(!plain.text.contains("200012"))
    let harmony = try encoded("o200k_harmony", ["--allow-all-specials"])
    #expect(harmony.text.hasPrefix("200012 "), "\(harmony.errorText)")
    try folder.write("r50k_base.tiktoken", Conformance.bytes("data/o200k_base.tiktoken"))
    expectOneLine(try encoded("gpt2"), 65, "not the ranks of gpt2")
    // A file of that name wins.
    let file = folder.file("o200k_base.tiktoken")
    try writeFile(file, Conformance.bytes("data/o200k_base.tiktoken"))
    let chosen = try encoded(file, ["--special-tokens", "o200k_harmony", "--allow-all-specials"])
    #expect(chosen.text == harmony.text)
    expectOneLine(try encoded(file, ["--special-tokens", "x"]), 65, "o200k_base and o200k_harmony")
  }
}
