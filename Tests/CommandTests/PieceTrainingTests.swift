import TestSupport
import Testing

@Suite("Training pieces of characters by the command") struct PieceTrainingTests {
  private static let corpus = fixturesFolder + "/corpus-heldout"
  private static let fixtures = fixturesFolder + "/training/"

  /// Trains, and converts what comes of it to another format.
  private func train(_ options: [String], to name: String, in folder: TemporaryFolder) throws
    -> [UInt8]
  {
    let vocabulary = folder.file("v.gobbet")
    let trained = try run(
      productPath("gobbet"),
      ["train", Self.corpus, "--lines", "-q", "-f", "-o", vocabulary] + options)
    #expect(trained.status == 0, "\(trained.errorText)")
    let converted = try gobbet("convert", vocabulary, "-f", "-o", folder.file(name))
    #expect(converted.status == 0, "\(converted.errorText)")
    return try readFile(folder.file(name))
  }

  @Test(
    "a .model is byte for byte what sentencepiece writes",
    arguments: [
      ("plain", "--size 700 --character-coverage 0.98"),
      (
        "bytes",
        "--size 800 --character-coverage 0.99 --byte-fallback --split-digits --pad-id 3"
      ),
      (
        "symbols",
        "--size 900 --character-coverage 0.98 --user-defined-symbol <x> "
          + "--user-defined-symbol the --control-symbol <c> --required-characters ß€"
      ),
      (
        "spaces",
        "--size 900 --character-coverage 1 --no-dummy-prefix --keep-extra-spaces "
          + "--whitespace-only-pieces --no-split-by-unicode-script --maximum-piece-length 6"
      ),
      ("exhausted", "--size 90000 --maximum-piece-length 2 --character-coverage 0.98"),
      (
        "joined",
        "--size 700 --character-coverage 0.98 --no-split-by-whitespace --no-split-by-number"
      ),
    ])
  func sentencePiece(name: String, options: String) throws {
    let folder = try TemporaryFolder()
    let model = try train(
      ["--like", "sentencepiece", "--model", "sentencepiece"]
        + options.split(separator: " ").map(String.init), to: "v.model", in: folder)
    #expect(try model == readFile(Self.fixtures + name + ".model"))
    // Both encode alike.
    let text = fixturesFolder + "/corpus-heldout/fr.txt"
    let ids = try gobbet("encode", text, "-v", folder.file("v.gobbet"))
    #expect(ids.status == 0, "\(ids.errorText)")
    #expect(try gobbet("encode", text, "-v", folder.file("v.model")).output == ids.output)
  }

  @Test(
    "a vocabulary is that of tokenizers' BpeTrainer",
    arguments: [
      ("metaspace", "--size 1000 --special <unk> --special <s>"),
      (
        "fallback",
        "--size 1200 --special <unk> --byte-fallback --maximum-token-length 8 "
          + "--minimum-frequency 3 --no-dummy-prefix"
      ),
      ("digits", "--size 1000 --special <unk> --split-digits --required-characters ß€"),
    ])
  func tokenizers(name: String, options: String) throws {
    let folder = try TemporaryFolder()
    _ = try train(
      ["--model", "sentencepiece"] + options.split(separator: " ").map(String.init),
      to: "v.json", in: folder)
    for file in [Self.fixtures + name + ".json", folder.file("v.json")] {
      let peer = folder.file("peer.gobbet")
      #expect(try gobbet("convert", file, "-f", "-o", peer).status == 0)
      let difference = try gobbet("diff", peer, folder.file("v.gobbet"))
      #expect(difference.status == 0, "\(difference.text)\(difference.errorText)")
    }
  }

  @Test("a template gives pipeline and decoder to a vocabulary of bytes, and of characters")
  func templates() throws {
    let folder = try TemporaryFolder()
    let pieces = try train(
      ["--template", Self.fixtures + "metaspace.json", "--size", "1000"]
        + ["--special", "<unk>", "--special", "<s>"], to: "v.json", in: folder)
    #expect(!pieces.isEmpty)
    let peer = folder.file("peer.gobbet")
    #expect(try gobbet("convert", Self.fixtures + "metaspace.json", "-o", peer).status == 0)
    let same = try gobbet("diff", peer, folder.file("v.gobbet"))
    #expect(same.status == 0, "\(same.text)\(same.errorText)")

    let pipeline = fixturesFolder + "/tinymodel/tokenizer.json"
    let composed = try readFile(pipeline)
    let text = String(decoding: composed, as: UTF8.self)
      .replacing("\"normalizer\":null", with: "\"normalizer\":{\"type\":\"NFC\"}")
      .replacing("\"normalizer\": null", with: "\"normalizer\": {\"type\": \"NFC\"}")
    #expect(text.contains("NFC"))
    let template = try folder.write("template.json", Array(text.utf8))
    let decomposed = try folder.write("text.txt", Array("e\u{301}e\u{301} e\u{301}".utf8))
    let trained = try gobbet(
      "train", decomposed, "--template", template, "--size", "300", "-q", "-o",
      folder.file("nfc.gobbet"))
    #expect(trained.status == 0, "\(trained.errorText)")
    // The text was composed before it was counted, and is so before it is encoded.
    let tokens = try gobbet(
      "encode", "-v", folder.file("nfc.gobbet"), "--text", "e\u{301}e\u{301}")
    #expect(tokens.text.split(separator: " ").count == 1, "\(tokens.text)")
  }

  @Test("lines are documents")
  func lines() throws {
    let folder = try TemporaryFolder()
    let input = try folder.write("lines.txt", Array("ab\nab\nab".utf8))
    let output = folder.file("v.gobbet")
    for (options, documents) in [([], "1 document"), (["--lines"], "3 documents")] {
      let result = try run(
        productPath("gobbet"),
        ["train", input, "--size", "258", "-q", "-f", "-o", output] + options)
      #expect(result.text.contains(documents), "\(result.text)")
    }
  }

  @Test(
    "options without effect are wrong usage, in one line",
    arguments: [
      "--byte-fallback", "--like sentencepiece",
      "--model sentencepiece --character-coverage 0.99",
      "--model sentencepiece --tie-break bytes", "--model sentencepiece --pattern gpt2",
      "--model sentencepiece --like sentencepiece --special <s>",
      "--model sentencepiece --like sentencepiece --limit-alphabet 9",
      "--model sentencepiece --unknown-token <unk>", "--lines --separator x", "--size 100",
      "--model sentencepiece --held-out 0.1",
    ])
  func usage(options: String) throws {
    let folder = try TemporaryFolder()
    let result = try run(
      productPath("gobbet"),
      ["train", Self.corpus, "-o", folder.file("v.gobbet")]
        + options.split(separator: " ").map(String.init))
    #expect(result.status == 2, "\(result.errorText)")
    #expect(result.errorText.split(separator: "\n").count == 1, "\(result.errorText)")
    #expect(try folder.names() == [])
  }

  @Test("what a .model can't say is refused in one line")
  func notRepresentable() throws {
    let folder = try TemporaryFolder()
    for file in ["/tinymodel/tokenizer.json", "/training/metaspace.json"] {
      let result = try gobbet(
        "convert", fixturesFolder + file, "-o", folder.file("v.model"))
      #expect(result.status == 65, "\(result.errorText)")
      #expect(result.errorText.contains("cannot be written"), "\(result.errorText)")
    }
    #expect(try folder.names() == [])
  }
}
