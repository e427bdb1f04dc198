import TestSupport
import Testing

@Suite("Training by the command") struct TrainingTests {
  static let corpus = fixturesFolder + "/corpus"

  @Test("several sizes from one run are those of runs of their own")
  func sizes() throws {
    let folder = try TemporaryFolder()
    let both = try gobbet(
      "train", Self.corpus, "--size", "400", "--size", "900", "--special", "<|end|>", "-o",
      folder.file("{size}.gobbet"))
    #expect(both.status == 0, "\(both.errorText)")
    for size in ["400", "900"] {
      let alone = folder.file("alone.gobbet")
      let result = try gobbet(
        "train", Self.corpus, "--size", size, "--special", "<|end|>", "--force", "-o", alone)
      #expect(result.status == 0)
      #expect(try readFile(folder.file("\(size).gobbet")) == readFile(alone))
    }
    let nameless = try gobbet(
      "train", Self.corpus, "--size", "400", "--size", "900", "-o", folder.file("out"))
    #expect(nameless.status == 2)
  }

  @Test("a size without room for the bytes and the special tokens is wrong usage")
  func tooSmall() throws {
    let folder = try TemporaryFolder()
    for size in ["0", "256", "-1"] {
      let result = try gobbet(
        "train", Self.corpus, "--size=\(size)", "--special", "<|end|>", "-o", folder.file("out"))
      #expect(result.status == 2)
      #expect(result.errorText.split(separator: "\n").count == 1, "\(result.errorText)")
    }
    #expect(try folder.names() == [])
  }

  @Test("a vocabulary that is continued keeps its ids")
  func continuing() throws {
    let shop = try Workshop.shared.get()
    let folder = try TemporaryFolder()
    let more = folder.file("more.gobbet")
    let result = try gobbet(
      "train", fixturesFolder + "/corpus-heldout", "--continue", shop.vocabulary, "--size", "1100",
      "-o", more)
    #expect(result.status == 0, "\(result.errorText)")
    let before = try gobbet("decode", "-v", shop.vocabulary, input: Array("300 700 999".utf8))
    let after = try gobbet("decode", "-v", more, input: Array("300 700 999".utf8))
    #expect(before.output == after.output)
    let small = try gobbet(
      "train", Self.corpus, "--continue", shop.vocabulary, "--size", "900", "-o",
      folder.file("small"))
    #expect(small.status == 2)
  }

  @Test("settings of the pattern can be given by hand")
  func settings() throws {
    let folder = try TemporaryFolder()
    let input = try folder.write("numbers.txt", Array("12 12 12 1234 1234 don'tis".utf8))
    func pretokens(_ options: String...) throws -> [Substring] {
      let arguments = ["counts", input, "--force", "-o", folder.file("counts")] + options
      return try run(productPath("gobbet"), arguments).text.split(separator: " ").suffix(9)
    }
    let usual = try pretokens()
    #expect(try pretokens("--digits", "3") == usual)
    #expect(try pretokens("--digits", "1") != usual)
    #expect(try pretokens("--contractions", "none") != usual)
    let wrong = try gobbet(
      "counts", input, "--pattern", "deepseek-v3", "--digits", "all", "-o", folder.file("out"))
    #expect(wrong.status == 2)
  }

  @Test("an expression of one's own trains, counts, encodes and goes into a tokenizer.json")
  func splitting() throws {
    let folder = try TemporaryFolder()
    let text = try folder.write("text", Array("a1 b22 a1 b22 a1-b22, a1 b22\n".utf8))
    let expression = #"[a-z]+\d*|\s"#
    let vocabulary = folder.file("own.gobbet")
    let trained = try gobbet(
      "train", text, "--split", expression, "--size", "259", "-o", vocabulary)
    #expect(trained.status == 0, "\(trained.errorText)")
    #expect(try gobbet("inspect", vocabulary).text.contains(expression))
    let counts = folder.file("counts")
    #expect(try gobbet("counts", text, "--split", expression, "-o", counts).status == 0)
    let again = folder.file("again.gobbet")
    let result = try gobbet("train", "--counts", counts, "--size", "259", "-o", again)
    #expect(result.status == 0, "\(result.errorText)")
    #expect(try readFile(again) == readFile(vocabulary))
    let json = folder.file("tokenizer.json")
    #expect(try gobbet("convert", vocabulary, "-o", json).status == 0)
    let ids = try gobbet("encode", "-v", vocabulary, text)
    #expect(ids.status == 0)
    #expect(try gobbet("encode", "-v", json, text).text == ids.text)

    let mixed = try gobbet(
      "train", text, "--split", expression, "--pattern", "gpt2", "-o", folder.file("out"))
    #expect(mixed.status == 2 && mixed.errorText.contains("--split"))
    let wrong = try gobbet("train", text, "--split", #"a\K"#, "-o", folder.file("out"))
    expectOneLine(wrong, 2, #"byte 1 of the expression, \K"#)
  }

  @Test("tiktoken's ranks are read with an expression as with a name")
  func expressionForRanks() throws {
    let folder = try TemporaryFolder()
    let vocabulary = folder.file("v.gobbet")
    #expect(try gobbet("train", Self.corpus, "--size", "400", "-o", vocabulary).status == 0)
    let ranks = folder.file("v.tiktoken")
    #expect(try gobbet("convert", vocabulary, "-o", ranks).status == 0)
    let text = try folder.write("text", Array("Don't stop 12345 now".utf8))
    func encoded(_ pattern: String) throws -> CommandResult {
      try gobbet("encode", "-v", ranks, "--pattern", pattern, text)
    }
    let published =
      #"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+|"#
      + #" ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s"#
    let named = try encoded("cl100k")
    #expect(named.status == 0, "\(named.errorText)")
    #expect(try encoded(published).text == named.text)
    // The same by an expression that no name has.
    #expect(try encoded("(?:\(published))").text == named.text)
    // tiktoken leaves out what does not match.
    let digits = try gobbet(
      "decode", "-v", ranks, "--pattern", "cl100k", input: Array(encoded(#"\d"#).text.utf8))
    #expect(digits.text.hasPrefix("12345"), "\(digits.text) \(digits.errorText)")
    expectOneLine(try encoded("cl100"), 2, "no pattern is called cl100")
    expectOneLine(try encoded(#"(a)\1"#), 2, #"\1"#)
  }

  @Test("what is held out is reported, and what was cut")
  func reports() throws {
    let folder = try TemporaryFolder()
    let result = try gobbet(
      "train", Self.corpus, "--size", "400", "--held-out", "0.2", "--maximum-pretoken-length", "8",
      "-o", folder.file("out"))
    #expect(result.text.contains("bytes per token of held-out text"))
    #expect(result.text.contains("held out"))
    #expect(result.errorText.contains("longer than 8 bytes"))
  }

  @Test("an output that cannot be written is known before the corpus is read")
  func earlyRefusal() throws {
    let folder = try TemporaryFolder()
    let output = try folder.write("there", [1])
    for verb in [["train", "--size", "300"], ["counts"]] {
      let result = try run(
        productPath("gobbet"), verb + [folder.file("no-corpus"), "-o", output])
      #expect(result.status == 73, "\(result.errorText)")
    }
  }

  @Test(
    "a signal ends training with its exit code and one line, and leaves no file",
    .enabled(if: sanitizer != "thread", "the sanitizer keeps signals from threads that compute"),
    arguments: [("INT", 130), ("TERM", 143), ("HUP", 129)] as [(String, Int32)])
  func interruption(signal: String, status: Int32) throws {
    let folder = try TemporaryFolder()
    // Lines without end, so that it is the signal that ends the run.
    let script = """
      yes '{"text": "one and another"}' \\
        | "$0" train - --format jsonl --memory 1M -o "$1" & sleep $3; kill -$2 $!; wait $!
      """
    let result = try run(
      "/bin/sh",
      [
        "-c", script, productPath("gobbet"), folder.file("out"), signal,
        sanitizer == nil ? "0.5" : "5",
      ])
    #expect(result.status == status, "\(result.errorText)")
    #expect(result.errorText.split(separator: "\n").count == 1, "\(result.errorText)")
    #expect(result.errorText.contains(", run the command again"))
    #expect(try folder.names() == [])
  }
}
