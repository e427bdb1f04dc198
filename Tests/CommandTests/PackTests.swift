import Foundation
import TestSupport
import Testing

@Suite("Packing by the command") struct PackTests {
  private let folder: TemporaryFolder
  private let shop: Workshop
  private let corpus: String

  init() throws {
    folder = try TemporaryFolder()
    shop = try Workshop.shared.get()
    var lines = ""
    for index in 0..<60 {
      lines += #"{"meta": {"text": "Text \#(index % 50).", "id": "d\#(index)"}}"# + "\n"
    }
    corpus = try folder.write("corpus.jsonl", Array(lines.utf8))
  }

  private func pack(_ arguments: String...) throws -> CommandResult {
    try run(productPath("gobbet"), ["pack", "-v", shop.vocabulary, "-q"] + arguments)
  }

  private struct Report: Decodable {
    let documents: Int
    let tokens: Int
    let duplicates: Int
    let bad_lines: Int
    let documents_kept: Int
    let shards: Int
  }

  private func report(_ result: CommandResult) throws -> Report {
    #expect(result.status == 0, "\(result.errorText)")
    return try JSONDecoder().decode(Report.self, from: Data(result.output))
  }

  @Test("what is left out is counted by what is wrong with it")
  func kindsOfBadLines() throws {
    struct Counts: Decodable {
      let bad_lines: Int
      let bad_line_kinds: [String: Int]
      let counted_tokens: Int
    }
    let good = #"{"messages": [{"role": "assistant", "content": "y"}]}"#
    let lines = [
      good, "nothing", #"{"messages": [{"role": "judge", "content": "y"}]}"#, "[]", "{",
      #"{"messages": [{"role": "user", "content": "y"}]}"#,
    ]
    let input = try folder.write("bad.jsonl", Array(lines.joined(separator: "\n").utf8))
    let result = try run(
      productPath("gobbet"),
      [
        "pack", "-v", fixturesFolder + "/chat/tokenizer.json", input, "--template", "chatml",
        "--bad-lines", "skip", "--json", "-o", folder.file("bad.gobbet"),
      ])
    let counts = try JSONDecoder().decode(Counts.self, from: Data(result.output))
    #expect(counts.bad_lines == 5 && counts.counted_tokens == 2)
    #expect(
      counts.bad_line_kinds
        == ["not_json": 2, "wrong_type": 1, "unknown_role": 1, "nothing_to_learn": 1])
    #expect(
      result.errorText.contains(
        "5 bad lines left out (2 not JSON, 1 with a value of another type, 1 with an unknown role,"
          + " 1 with nothing to learn from), the first: "), "\(result.errorText)")
  }

  @Test("conversations become tokens with a loss mask, which the other verbs keep or name")
  func conversations() throws {
    let chat = fixturesFolder + "/chat"
    let out = folder.file("chat.gobbet")
    let arguments = ["pack", "-v", chat + "/tokenizer.json", "-q", chat + "/conversations.jsonl"]
    let packed = try run(
      productPath("gobbet"),
      arguments + ["--messages", "messages", "--template", "chatml", "-o", out])
    #expect(packed.status == 0, "\(packed.errorText)")
    #expect(try gobbet("verify", out).status == 0)
    let said = try gobbet("inspect", out).text
    #expect(said.contains(" %) count in a loss, which is said by a rule of delimiters"), "\(said)")
    struct Parts: Decodable {
      struct Tokens: Decodable {
        let counted_tokens: Int
        let tokens: Int
      }
      let tokens: Tokens
    }
    let inspected = try JSONDecoder().decode(
      Parts.self, from: Data(gobbet("inspect", out, "--json").output))
    let counted = inspected.tokens.counted_tokens
    #expect(counted > 0 && counted < inspected.tokens.tokens)
    #expect(packed.text.contains("\(counted) tokens count in a loss"), "\(packed.text)")
    let dropped = try run(
      productPath("gobbet"),
      arguments + ["--template", "chatml", "--row-length", "1", "--too-long", "drop", "--dry-run"])
    #expect(dropped.status == 0 && dropped.errorText.contains("no document was packed"))
    #expect(try gobbet("decode", out, "--document", "0").text.hasPrefix("<|im_start|>user\nWhat"))
    let merged = folder.file("merged.gobbet")
    #expect(try gobbet("merge", out, "-o", merged).status == 0)
    #expect(try gobbet("diff", out, merged).status == 0)
    let other = folder.file("other.gobbet")
    #expect(
      try run(productPath("gobbet"), arguments + ["--template", chat + "/own.json", "-o", other])
        .status == 0)
    let difference = try gobbet("diff", out, other)
    #expect(difference.status == 1)
    #expect(difference.text.contains("tokens: other tokens count in a loss from document 0 on"))
    let exported = try gobbet("export", out, "--to", "numpy", "-o", folder.file("x.npy"))
    #expect(exported.status == 0)
    #expect(exported.errorText.contains("leaves out which tokens count in a loss"))
    for (wrong, fault) in [
      (["--messages", "messages"], "--messages: needs a --template"),
      (["--template", "chatml", "--append-eot"], "--append-eot: doesn't go with --template"),
      (["--template", "chatml", "--text-key", "x"], "--text-key: doesn't go with --template"),
      (["--template", "none"], "--template: none is neither a file nor one of alpaca"),
    ] {
      let result = try run(
        productPath("gobbet"), arguments + wrong + ["-o", folder.file("y.gobbet")])
      #expect(result.status == 2, "\(wrong)")
      #expect(result.errorText.contains(fault), "\(result.errorText)")
    }
    let foreign = try pack(chat + "/conversations.jsonl", "--template", "llama3", "--dry-run")
    #expect(foreign.status == 65)
    #expect(
      foreign.errorText.contains(
        "template llama3: the vocabulary has no special token <|begin_of_text|>; gobbet vocabulary add"
      ))
  }

  @Test("nested keys, names of documents, a split, shards, and each document unique")
  func folders() throws {
    let out = folder.file("out")
    let result = try pack(
      corpus, "--text-key", "meta.text", "--id-key", "meta.id", "--unique", "--lengths",
      "--validation", "0.2", "--shard-tokens", "60", "--append-eot", "--json", "-o", out)
    let packed = try report(result)
    #expect(packed.documents == 50)
    #expect(packed.duplicates == 10)
    #expect(packed.shards > 3)
    #expect(try gobbet("verify", out).status == 0)
    // Both splits together hold every text once.
    var texts: [String] = []
    for split in ["train", "validation"] {
      let text = try gobbet("decode", out, "--split", split)
      #expect(text.status == 0, "\(text.errorText)")
      texts += text.text.split(separator: "<|endoftext|>").map(String.init)
    }
    #expect(texts.sorted() == (0..<50).map { "Text \($0)." }.sorted())
    #expect(try gobbet("decode", out, "--document", "0").text.hasPrefix("Text "))
    #expect(try gobbet("decode", out, "--document", "999").status == 2)
    // Taken up when it is finished: nothing to do.
    #expect(
      try report(
        pack(
          corpus, "--text-key", "meta.text", "--id-key", "meta.id", "--unique", "--lengths",
          "--validation", "0.2", "--shard-tokens", "60", "--append-eot", "--json", "--resume",
          "-o", out)
      ).documents == 0)
    let refused = try pack(corpus, "--text-key", "meta.text", "--shard-tokens", "60", "-o", out)
    #expect(refused.status == 73)
    #expect(refused.errorText.contains("--force replaces it"))
    let other = try pack(
      corpus, "--text-key", "meta.text", "--shard-tokens", "61", "--resume", "-o", out)
    #expect(other.status == 65)
    #expect(other.errorText.contains("was begun with"))
  }

  @Test("a folder as the output of one file is refused, and the option that fills folders is named")
  func folderWithoutShards() throws {
    let out = folder.file("there")
    try FileManager.default.createDirectory(atPath: out, withIntermediateDirectories: false)
    for output in [out, out + "/", folder.file("new") + "/"] {
      let result = try pack(corpus, "--text-key", "meta.text", "-o", output)
      #expect(result.status == 73)
      #expect(
        result.errorText
          == "gobbet: \(output): is a folder; give --shard-tokens to write shards into it, or the "
          + "name of a file\n")
      let merged = try gobbet("merge", shop.dataset, "-o", output)
      #expect(merged.status == 73)
      #expect(merged.errorText.contains("--shard-tokens"), "\(merged.errorText)")
      let shuffled = try gobbet("shuffle", shop.dataset, "-o", output)
      #expect(shuffled.errorText.contains("--shard-tokens"), "\(shuffled.errorText)")
    }
    #expect(try folder.names() == ["corpus.jsonl", "there"])
  }

  @Test("a damaged shard is found by verify, and a manifest that lists another file too")
  func damagedFolder() throws {
    let out = folder.file("out")
    #expect(
      try pack(corpus, "--text-key", "meta.text", "--shard-tokens", "60", "-o", out).status == 0)
    let shard = out + "/train-00001.gobbet"
    let bytes = try readFile(shard)
    var damaged = bytes
    damaged[bytes.count / 2] ^= 4
    try writeFile(shard, damaged)
    #expect(try gobbet("verify", out).status == 1)
    try writeFile(shard, try readFile(out + "/train-00000.gobbet"))
    let exchanged = try gobbet("verify", out)
    #expect(exchanged.status == 1)
    #expect(exchanged.errorText.contains("manifest"))
    try writeFile(shard, bytes)
    #expect(try gobbet("verify", out).status == 0)
  }

  @Test("bad lines fail, are left out, or are kept aside")
  func badLines() throws {
    let good = #"{"text": "a b"}"#
    let path = try folder.write("bad.jsonl", Array("\(good)\n{\"text\": 1}\nno\n\(good)\n".utf8))
    let out = folder.file("out.gobbet")
    let failed = try pack(path, "-o", out)
    #expect(failed.status == 65)
    #expect(failed.errorText.contains("bad.jsonl, line 2"))
    #expect(!FileManager.default.fileExists(atPath: out))
    #expect(try report(pack(path, "--bad-lines", "skip", "--json", "-o", out)).bad_lines == 2)
    let aside = folder.file("aside.jsonl")
    let kept = try pack(path, "--bad-lines-file", aside, "--force", "-o", out)
    #expect(kept.status == 0)
    #expect(kept.errorText.contains("2 bad lines left out"))
    #expect(try readFile(aside) == Array("{\"text\": 1}\nno\n".utf8))
  }

  @Test("inputs come from lists, patterns and standard input, and texts are cut at separators")
  func inputs() throws {
    let texts = ["one", "two", "three"]
    for text in texts { try folder.write("\(text).txt", Array(text.utf8)) }
    let list = try folder.write(
      "list", Array(texts.map { folder.file("\($0).txt") }.joined(separator: "\n").utf8))
    let out = folder.file("out.gobbet")
    #expect(try report(pack("--files-from", list, "--json", "-o", out)).documents == 3)
    #expect(try gobbet("decode", out).text == "onetwothree")
    #expect(
      try report(pack(folder.file("t*.txt"), "--json", "--force", "-o", out)).documents == 2)
    // In the order of their bytes.
    #expect(try gobbet("decode", out).text == "threetwo")
    #expect(try pack(folder.file("no*.txt"), "--force", "-o", out).status == 66)
    let separated = try run(
      productPath("gobbet"),
      [
        "pack", "-v", shop.vocabulary, "-", "--format", "text", "--separator", "<|>\\n", "--json",
        "--force", "-o", out,
      ], input: Array("a<|>\nb<|>c<|>\n\n".utf8))
    #expect(try report(separated).documents == 3)
    #expect(try gobbet("decode", out, "--document", "1").text == "b<|>c")
  }

  @Test("a dry run says what there is and writes nothing")
  func dryRun() throws {
    let before = try folder.names()
    let dry = try pack(corpus, "--text-key", "meta.text", "--dry-run", "--json")
    #expect(try report(dry).documents == 60)
    #expect(try folder.names() == before)
  }

  @Test("a run that is killed and taken up has the bytes of an undisturbed one", arguments: 1...4)
  func killed(turn: Int) throws {
    let arguments = [
      "pack", "-v", shop.vocabulary, "-q", fixturesFolder + "/corpus", "--shard-tokens", "8k",
      "--validation", "0.1", "--unique", "--codec", "packed", "-T", "2", "-o",
    ]
    let undisturbed = folder.file("undisturbed")
    #expect(try run(productPath("gobbet"), arguments + [undisturbed]).status == 0)
    let killed = folder.file("killed")
    // Killed earlier or later on the way, by turns; the last run goes to its end.
    for delay in [5, 12, 20, 35] {
      let process = Process()
      process.executableURL = URL(filePath: productPath("gobbet"))
      process.arguments = arguments + [killed, "--resume"]
      try process.run()
      Thread.sleep(forTimeInterval: Double(delay + 3 * turn) / 1000)
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
    }
    let resumed = try run(productPath("gobbet"), arguments + [killed, "--resume"])
    #expect(resumed.status == 0, "\(resumed.errorText)")
    let names = try FileManager.default.contentsOfDirectory(atPath: undisturbed).sorted()
    #expect(try FileManager.default.contentsOfDirectory(atPath: killed).sorted() == names)
    for name in names {
      #expect(try readFile(killed + "/" + name) == readFile(undisturbed + "/" + name), "\(name)")
    }
  }

  @Test("a folder that finds no room ends with 74, whichever thread sees it, and is resumed")
  func noRoom() throws {
    let words = (0..<40_000).map { "word\($0 % 997) " }.joined()
    let lines = (0..<40).map { #"{"text": "\#($0) \#(words)"}"# }
    let path = try folder.write("large.jsonl", Array(lines.joined(separator: "\n").utf8))
    for (turn, blockCount) in [64, 200, 400, 700].enumerated() {
      let out = folder.file("full\(turn)")
      let result = try run(
        "/bin/sh",
        [
          "-c", "ulimit -f \(blockCount); exec \"$@\"", "sh", productPath("gobbet"), "pack", "-v",
          shop.vocabulary, "-q", path, "--threads", "3", "--validation", "0.3", "--block-tokens",
          "8192", "-o", out,
        ])
      #expect(result.status == 74, "\(blockCount): \(result.status) \(result.errorText)")
      #expect(
        try pack(path, "--validation", "0.3", "--block-tokens", "8192", "-o", out, "--resume")
          .status == 0)
      #expect(try gobbet("verify", out).status == 0)
    }
  }
}
