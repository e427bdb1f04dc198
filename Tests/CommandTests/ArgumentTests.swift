import Foundation
import TestSupport
import Testing

@Suite("What arguments mean") struct ArgumentTests {
  @Test("an option that takes one value is refused when it is there twice")
  func repeatedOptions() throws {
    let vocabulary = fixturesFolder + "/tinymodel/tokenizer.json"
    expectOneLine(
      try gobbet("report", vocabulary, "--text", "a", "-o", "-", "--text=b"), 2,
      "--text: is there twice, and takes one value")
    expectOneLine(
      try gobbet("count", "-v", "gpt2", "-v", vocabulary), 2, "-v: is there twice")
    // By both of its names.
    expectOneLine(
      try gobbet("tokens", "a", "-v", vocabulary, "--vocabulary=gpt2"), 2,
      "--vocabulary: is there twice")
    expectOneLine(
      try gobbet("pack", "--output", "a.gobbet", "-v", vocabulary, "-o", "b.gobbet"), 2,
      "-o: is there twice")
    // One that takes several, what stands after --, and a value that looks like an option.
    let tokens = try gobbet("report", vocabulary, "--token", "a", "--token", "b", "-q", "-o", "-")
    #expect(tokens.status == 0)
    #expect(try gobbet("tokens", "-v", vocabulary, "--", "-v -v").status == 0)
  }

  @Test(
    "a wrong verb gets the one that was meant",
    arguments: [
      (["trian"], "'train'"), (["vocab"], "'vocabulary'"), (["evalute", "m"], "'evaluate'"),
      (["vocabulary", "stat"], "'stats'"), (["mergelora"], "'merge-lora'"), (["Pack"], "'pack'"),
    ])
  func suggestion(arguments: [String], meant: String) throws {
    let result = try run(productPath("gobbet"), arguments)
    expectOneLine(result, 2, "did you mean \(meant)?")
  }

  @Test("a word like no verb gets none, and the verbs that there are all work")
  func noSuggestion() throws {
    let result = try gobbet("tokenize-everything")
    expectOneLine(result, 2, "'gobbet --help' lists all verbs")
    #expect(!result.errorText.contains("did you mean"))
    for verb in try CommandLineMap.shared.get().verbs {
      let help = try run(productPath("gobbet"), verb.words + ["--help"])
      #expect(help.status == 0 && help.text.contains("USAGE: gobbet "), "\(verb.name)")
    }
  }

  @Test(
    "an address is refused wherever a path belongs, and taken wherever a text does",
    arguments: ["s3://bucket/a", "https://example.org/a.jsonl", "gs://b/c", "hf://datasets/x"])
  func addresses(address: String) throws {
    let shop = try Workshop.shared.get()
    let folder = try TemporaryFolder()
    let list = try folder.write("list", Array("a.txt\n\(address)\n".utf8))
    for arguments in [
      ["pack", address, "-v", shop.vocabulary, "-o", folder.file("out")],
      ["pack", shop.text, "-v", shop.vocabulary, "-o", address],
      ["pack", shop.text, "-v", shop.vocabulary, "--output=\(address)"],
      ["pack", "--files-from", list, "-v", shop.vocabulary, "-o", folder.file("out")],
      ["encode", "--text", "a", "-v", address], ["inspect", address], ["verify", address],
      ["convert", address, "-o", folder.file("out.gobbet")], ["sign", "--make-key", address],
      ["shuffle", shop.dataset, "-o", address, "--shard-tokens", "1k"],
    ] {
      let result = try run(productPath("gobbet"), arguments)
      expectOneLine(result, 2, address)
      #expect(result.errorText.contains("on this machine only"), "\(arguments)")
    }
    #expect(try folder.names() == ["list"])
    #expect(try gobbet("encode", "--text", address, "-v", shop.vocabulary).status == 0)
    #expect(try gobbet("encode", "--text=\(address)", "-v", shop.vocabulary).status == 0)
    #expect(
      try gobbet("vocabulary", "show", address, "--text", "-v", shop.vocabulary).status == 1)
  }

  @Test("a vocabulary without a post-processor adds no special tokens, and a note says so")
  func nothingAdded() throws {
    let shop = try Workshop.shared.get()
    let plain = try gobbet("encode", "--text", "ab", "-v", shop.vocabulary)
    let added = try gobbet(
      "encode", "--text", "ab", "--add-special-tokens", "-v", shop.vocabulary)
    #expect(added.status == 0 && added.output == plain.output)
    #expect(added.errorText.contains("--add-special-tokens: the vocabulary has no post-processor"))
  }

  @Test(
    "a name that stands for another format is refused where a .gobbet file would be written",
    arguments: [
      ("tokenizer.json", "gobbet convert"), ("vocab.json", "gobbet convert"),
      ("my.tiktoken", "gobbet convert"), ("my.model", "gobbet convert"),
      ("train.bin", "gobbet export"), ("train.npy", "gobbet export"),
      ("x.parquet", "gobbet export"), ("model.safetensors", "gobbet convert"),
      ("-", "standard output"),
    ])
  func outputNames(name: String, wayOut: String) throws {
    let shop = try Workshop.shared.get()
    let folder = try TemporaryFolder()
    let output = name == "-" ? "-" : folder.file(name)
    for arguments in [
      ["train", shop.text], ["counts", shop.text], ["counts", "merge", shop.dataset],
      ["counts", "prune", shop.dataset, "--minimum-count", "2"],
      ["pack", shop.text, "-v", shop.vocabulary], ["merge", shop.dataset],
      ["shuffle", shop.dataset],
      ["import", shop.text, "--from", "nanogpt", "-v", shop.vocabulary], ["recover", shop.dataset],
      ["vocabulary", "truncate", shop.vocabulary, "--size", "300"],
    ] {
      let result = try run(productPath("gobbet"), arguments + ["-o", output])
      expectOneLine(result, 2, wayOut)
    }
    #expect(try folder.names() == [])
    #expect(!FileManager.default.fileExists(atPath: "-"))
  }

  @Test("every verb with an output refuses standard output, but convert for what is text")
  func standardOutput() throws {
    let shop = try Workshop.shared.get()
    let model = fixturesFolder + "/tinymodel/model.safetensors"
    for arguments in [
      ["export", shop.dataset, "--to", "nanogpt"], ["merge-lora", model, shop.adapter],
      ["convert", model, "--to", "gguf"], ["convert", model, "--to", "gobbet"],
      ["convert", shop.vocabulary, "--to", "vocab.json"],
    ] {
      expectOneLine(
        try run(productPath("gobbet"), arguments + ["-o", "-"]), 2,
        "standard output takes text only")
    }
    let folder = try TemporaryFolder()
    let ranks = folder.file("v.tiktoken")
    let vocabulary = fixturesFolder + "/tinymodel/tokenizer.json"
    for (format, file) in [("tiktoken", ranks), ("tokenizer.json", folder.file("v.json"))] {
      let written = try gobbet("convert", vocabulary, "-o", file)
      let shown = try gobbet("convert", vocabulary, "--to", format, "-o", "-")
      #expect(shown.status == written.status, "\(shown.errorText)")
      if shown.status == 0 { #expect(try shown.output == readFile(file)) }
    }
  }

  @Test("where something is in the way, the line names --force")
  func inTheWay() throws {
    let shop = try Workshop.shared.get()
    for arguments in [
      ["train", shop.text, "--size", "300"], ["pack", shop.text, "-v", shop.vocabulary],
      ["merge", shop.dataset], ["convert", shop.vocabulary],
      ["export", shop.dataset, "--to", "numpy"],
    ] {
      let result = try run(productPath("gobbet"), arguments + ["-o", shop.vocabulary])
      expectOneLine(result, 73, "--force")
    }
    let kept = try gobbet("recover", shop.dataset, "-o", shop.vocabulary)
    expectOneLine(kept, 73, "nothing is replaced")
    #expect(!kept.errorText.contains("--force"))
  }
}
