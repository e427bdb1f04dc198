import Foundation
import TestSupport
import Testing

@Suite("What models are asked") struct ModelVerbTests {
  static let model = fixturesFolder + "/tinymodel/model.safetensors"

  private func object(_ text: some StringProtocol) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
  }

  private func expectOneLine(_ result: CommandResult, _ status: Int32, _ part: String) {
    #expect(result.status == status, "\(result.errorText)")
    let lines = result.errorText.split(separator: "\n")
    #expect(lines.count == 1 && lines[0].hasPrefix("gobbet: "), "\(result.errorText)")
    #expect(result.errorText.contains(part), "\(result.errorText)")
  }

  @Test("safetensors and Gobbet weights continue a prompt the same, and say how fast")
  func generate() throws {
    let shop = try Workshop.shared.get()
    for model in [Self.model, shop.model] {
      let result = try gobbet(
        "generate", model, "--prompt", "ROMEO:\nBut, soft! what light", "-n", "64")
      #expect(result.status == 0, "\(result.errorText)")
      #expect(result.text.hasPrefix(",\n\nProvost:\nI'll not, I'll not,\nI'll not, I'll nothing."))
      #expect(result.errorText.contains("12 tokens of prompt"))
      #expect(result.errorText.contains("64 generated"))
    }
  }

  @Test("the marks of a chat count as special tokens where the caller allows them")
  func specialTokensOfPrompts() throws {
    func promptTokens(_ options: String...) throws -> Substring? {
      let result = try run(
        productPath("gobbet"),
        ["generate", Self.model, "--prompt", "<|endoftext|>", "-n", "1"] + options)
      #expect(result.status == 0, "\(result.errorText)")
      return result.errorText.split(separator: " ").first
    }
    #expect(try promptTokens("--allow-all-specials") == "1")
    #expect(try promptTokens("--allow-special", "<|endoftext|>") == "1")
    #expect(try promptTokens() != "1")
    let unknown = try gobbet(
      "generate", Self.model, "--prompt", "a", "--allow-special", "<|im_start|>")
    expectOneLine(unknown, 2, "--allow-special: the vocabulary has no special token <|im_start|>")
  }

  @Test("embed writes a vector for every text, or its states; options that do nothing are refused")
  func embed() throws {
    let model = fixturesFolder + "/models/bert"
    let folder = try TemporaryFolder()
    let output = folder.file("v.npy")
    let ids = try gobbet("embed", model, "--ids", "5,6,7", "--ids", "8,9", "-o", output)
    #expect(ids.status == 0 && ids.text == "\(output): 2 rows of 32 floats\n", "\(ids.errorText)")
    let json = try gobbet("embed", model, "--ids", "5,6,7", "--json")
    let vector = try #require(try object(json.text)["embedding"] as? [Double])
    #expect(vector.count == 32)
    #expect(abs(vector.reduce(0) { $0 + $1 * $1 } - 1) < 1e-5)
    let states = try gobbet("embed", model, "--ids", "5,6,7", "--all-positions", "-f", "-o", output)
    #expect(states.text == "\(output): 3 rows of 32 floats\n", "\(states.errorText)")
    for (arguments, part) in [
      (["--ids", "5"], "give --output"), (["-o", output], "give texts or --ids"),
      (["text", "--ids", "5", "--json"], "--ids: stands instead of texts"),
      (["--ids", "5", "--json", "-f"], "--force: is for --output"),
      (["--ids", "5", "--ids", "6", "--all-positions", "-o", output], "takes one text"),
      (["--ids", "5", "--all-positions", "--json"], "doesn't go with --all-positions"),
      (["--ids", "5", "--json", "-v", "x"], "--vocabulary: is for texts"),
    ] {
      let result = try run(productPath("gobbet"), ["embed", model] + arguments)
      #expect(result.status == 2 && result.errorText.contains(part), "\(result.errorText)")
    }
    expectOneLine(
      try gobbet("embed", model, "--ids", "48", "--json"), 65, "the vocabulary ends at 47")
    expectOneLine(try gobbet("embed", model, "text", "--json"), 65, "has no vocabulary")
    expectOneLine(
      try gobbet("logits", model, "--ids", "5", "-o", output + "2.npy"), 65, "is an encoder")
  }

  @Test("prompts together are continued as each is alone, one object for each")
  func batch() throws {
    let prompts = ["ROMEO:", "First Citizen:\nWe", "KING"]
    let settings = [
      "-n", "12", "--temperature", "0.8", "--top-k", "50", "--top-p", "0.9", "--min-p", "0.01",
      "--repetition-penalty", "1.1", "--seed", "4", "--stop", ".", "--json",
    ]
    func generate(_ prompts: [String]) throws -> [String] {
      let flags = prompts.flatMap { ["--prompt", $0] }
      let result = try run(
        productPath("gobbet"), ["generate", Self.model] + flags + settings)
      #expect(result.status == 0, "\(result.errorText)")
      return try result.text.split(separator: "\n").map {
        try #require(try object($0)["text"] as? String)
      }
    }
    #expect(try generate(prompts) == prompts.flatMap { try generate([$0]) })
  }

  @Test("a prompt of nothing or more than the context is one line; a sliding window takes it")
  func prompts() throws {
    let long = Array(String(repeating: "word ", count: 300).utf8)
    expectOneLine(try gobbet("generate", Self.model, "--prompt", ""), 65, "there are no tokens")
    expectOneLine(
      try gobbet("generate", Self.model, "--prompt", "-", input: long), 65, "the context holds 256")
    let slid = try gobbet(
      "generate", Self.model, "--prompt", "-", "-n", "3", "--slide", "--json", input: long)
    #expect(slid.status == 0, "\(slid.errorText)")
    #expect(try #require(try object(slid.text)["ids"] as? [Int]).count == 3)
  }

  @Test(
    "settings out of range are usage",
    arguments: [
      ["--temperature", "-1"], ["--top-k", "0"], ["--top-p", "1.5"], ["--min-p", "2"],
      ["--repetition-penalty", "0"], ["-n", "-1"],
    ])
  func settings(flags: [String]) throws {
    let result = try run(
      productPath("gobbet"), ["generate", Self.model, "--prompt", "a"] + flags)
    #expect(result.status == 2, "\(result.errorText)")
  }

  @Test("a prompt in a template is what the user says, up to where the answer begins")
  func templates() throws {
    func ids(_ arguments: [String]) throws -> [Int] {
      let result = try run(
        productPath("gobbet"), ["generate", Self.model, "-n", "6", "--json"] + arguments)
      #expect(result.status == 0, "\(result.errorText)")
      return try #require(try object(result.text)["ids"] as? [Int])
    }
    let whole = """
      Below is an instruction that describes a task. Write a response that appropriately completes \
      the request.

      ### Instruction:
      Name a river.

      ### Response:

      """
    let templated = try ids(["--template", "alpaca", "--prompt", "Name a river."])
    #expect(templated == (try ids(["--prompt", whole])))
    #expect(templated != (try ids(["--prompt", "Name a river."])))
    for (arguments, status, part) in [
      (["--template", "alpaca", "--no-bos"], 2, "--no-bos: doesn't go with --template"),
      (["--template", "alpaca", "--allow-all-specials"], 2, "--allow-all-specials: doesn't go"),
      (["--template", "none"], 2, "neither a file nor one of"),
      (["--template", "gemma"], 65, "the vocabulary has no special token <"),
    ] {
      expectOneLine(
        try run(productPath("gobbet"), ["generate", Self.model, "--prompt", "a"] + arguments),
        Int32(status), part)
    }
  }

  @Test("special tokens of a text that is evaluated are tokens where they are allowed")
  func evaluatedSpecials() throws {
    let folder = try TemporaryFolder()
    let text = try folder.write("text", Array("ROMEO:<|endoftext|>But, soft! what light".utf8))
    func count(_ arguments: [String]) throws -> Int {
      let result = try run(
        productPath("gobbet"), ["evaluate", Self.model, text, "--json", "-q"] + arguments)
      return try #require(try object(result.text)["tokens"] as? Int, "\(result.errorText)")
    }
    let marked = try count(["--allow-special", "<|endoftext|>"])
    #expect(try count(["--allow-all-specials"]) == marked)
    #expect(try count([]) > marked)
    let shop = try Workshop.shared.get()
    expectOneLine(
      try gobbet("evaluate", Self.model, shop.dataset, "--allow-all-specials"), 2,
      "--allow-all-specials: is for text")
  }

  @Test("a vocabulary of another size, and a file without weights, are one line")
  func vocabularies() throws {
    let shop = try Workshop.shared.get()
    let folder = try TemporaryFolder()
    let large = folder.file("large.gobbet")
    let training = try gobbet("train", fixturesFolder + "/corpus", "--size", "1100", "-o", large)
    #expect(training.status == 0)
    for verb in [["generate", Self.model, "--prompt", "a"], ["evaluate", Self.model]] {
      expectOneLine(
        try run(productPath("gobbet"), verb + ["-v", large]), 65,
        "has 1024 tokens, the vocabulary 1100")
    }
    expectOneLine(
      try gobbet("generate", shop.vocabulary, "--prompt", "a"), 65, shop.vocabulary)
    let text = try folder.write("text", Array("text".utf8))
    expectOneLine(
      try gobbet("generate", text, "--prompt", "a"), 65, "is text of no known format, not weights")
  }

  @Test("a tensor with a NaN is named")
  func notFinite() throws {
    let folder = try TemporaryFolder()
    var bytes = try readFile(Self.model)
    for (offset, byte) in [0x00, 0x00, 0xC0, 0x7F].enumerated() {
      bytes[bytes.count - 4 + offset] = UInt8(byte)
    }
    let path = try folder.write("model.safetensors", bytes)
    for name in ["config.json", "tokenizer.json"] {
      try folder.write(name, try readFile(fixturesFolder + "/tinymodel/" + name))
    }
    expectOneLine(
      try gobbet("generate", path, "--prompt", "a"), 65, "holds an infinity or a NaN")
  }

  @Test("a signal ends a generation with what there is, one line and 130")
  func interruption() throws {
    let folder = try TemporaryFolder()
    let script = """
      "$0" generate "$1" --prompt ROMEO: -n 100000000 --slide > "$2" &
      until test -s "$2"; do sleep 0.1; done
      sleep 0.5; kill -INT $!; wait $!; status=$?; cat "$2"; exit $status
      """
    let result = try run(
      "/bin/sh", ["-c", script, productPath("gobbet"), Self.model, folder.file("text")])
    expectOneLine(result, 130, "tokens generated")
    #expect(result.text.count > 10)
  }

  @Test("a text and the dataset that is packed of it have the same loss")
  func evaluate() throws {
    let folder = try TemporaryFolder()
    let text = fixturesFolder + "/corpus-heldout/en.txt"
    let dataset = folder.file("text.gobbet")
    let tokenizer = fixturesFolder + "/tinymodel/tokenizer.json"
    #expect(try gobbet("pack", text, "-v", tokenizer, "-o", dataset).status == 0)
    let ofText = try object(try gobbet("evaluate", Self.model, text, "--json", "-q").text)
    let ofTokens = try object(try gobbet("evaluate", Self.model, dataset, "--json", "-q").text)
    for key in ["loss", "perplexity", "tokens", "windows"] {
      #expect(ofText[key] as? Double == ofTokens[key] as? Double, "\(key)")
    }
    #expect(try #require(ofText["bits_per_byte"] as? Double) > 1)
    let line = try gobbet("evaluate", Self.model, text, "--window", "64", "--stride", "32")
    #expect(line.status == 0 && line.text.hasPrefix("loss ") && line.text.contains("perplexity"))
  }

  @Test(
    "windows that do not fit, nothing to predict, and tokens of another vocabulary are one line")
  func badEvaluations() throws {
    let shop = try Workshop.shared.get()
    let text = fixturesFolder + "/corpus-heldout/en.txt"
    expectOneLine(try gobbet("evaluate", Self.model, text, "--window", "257"), 2, "256")
    expectOneLine(
      try gobbet("evaluate", Self.model, text, "--window", "8", "--stride", "9"), 2, "--stride")
    expectOneLine(try gobbet("evaluate", Self.model, input: []), 65, "nothing to predict")
    expectOneLine(try gobbet("evaluate", Self.model, shop.dataset), 65, shop.dataset)
  }

  @Test("logits of ids are a row for each id, whose file is called what it is")
  func logits() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("logits.npy")
    let result = try gobbet("logits", Self.model, "--ids", "1,2,3", "-o", path)
    #expect(result.status == 0 && result.text == "\(path): 3 rows of 1,024 logits\n")
    let bytes = try readFile(path)
    #expect(bytes.starts(with: [0x93] + Array("NUMPY".utf8)))
    #expect(bytes.count > 4 * 3 * 1024 && bytes.count < 4 * 3 * 1024 + 256)
    expectOneLine(try gobbet("logits", Self.model, "--ids", "1", "-o", path), 73, "--force")
    for name in ["-", folder.file("logits.gobbet"), folder.file("logits")] {
      expectOneLine(try gobbet("logits", Self.model, "--ids", "1", "-o", name), 2, "--output")
    }
    let other = folder.file("other.npy")
    expectOneLine(try gobbet("logits", Self.model, "--ids", "1,,2", "-o", other), 2, "--ids")
    for (ids, part) in [("-1", "-1 is not a token id"), ("", "nothing is not a token id")] {
      expectOneLine(try gobbet("logits", Self.model, "--ids", ids, "-o", other), 2, part)
      expectOneLine(try gobbet("embed", Self.model, "--ids", ids, "--json"), 2, part)
    }
    expectOneLine(try gobbet("logits", Self.model, "--ids", "1024", "-o", other), 65, "1024")
    expectOneLine(try gobbet("logits", Self.model, "--ids", path, "-o", other), 65, "one axis")
    #expect(try folder.names() == ["logits.npy"])
  }
}
