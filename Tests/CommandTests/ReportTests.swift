import Foundation
import TestSupport
import Testing

@Suite("Pages of the command") struct ReportTests {
  private static let model = fixturesFolder + "/tinymodel/model.safetensors"

  /// What is asked for, and what the page about it is called.
  struct Kind: Sendable, CustomTestStringConvertible {
    let title: String
    let arguments: @Sendable (Workshop) -> [String]

    var testDescription: String { title }
  }

  static let kinds = [
    Kind(title: "Vocabulary ") { [$0.vocabulary, "--corpus", $0.text] },
    Kind(title: "Tokens of a text") { [$0.vocabulary, $0.vocabulary, "--text", "a <b> \u{202E}"] },
    Kind(title: "Dataset ") { [$0.dataset] },
    Kind(title: "Weights ") { [$0.model, model] },
    Kind(title: "Run of ") { [$0.model, "--text", "ROMEO: <b>", "--layer", "1"] },
  ]

  @Test("are whole, small, need nothing else and are never half replaced", arguments: kinds)
  func pages(kind: Kind) throws {
    let shop = try Workshop.shared.get()
    let folder = try TemporaryFolder()
    let output = folder.file("report.html")
    let arguments = ["report"] + kind.arguments(shop) + ["-q", "-o", output]
    let result = try run(productPath("gobbet"), arguments)
    #expect(result.status == 0, "\(result.errorText)")
    let page = String(decoding: try readFile(output), as: UTF8.self)
    #expect(page.hasPrefix("<!DOCTYPE html>") && page.hasSuffix("</html>\n"))
    #expect(page.contains("<h1>\(kind.title)"))
    #expect(page.utf8.count < 2_000_000)
    for foreign in ["<script", "http://", "https://", "src=", "url("] {
      #expect(!page.contains(foreign), "\(foreign)")
    }
    #expect(
      page.matches(of: /<figure>/).count == page.matches(of: /<div class="pair"><svg/).count)
    let again = try run(productPath("gobbet"), arguments)
    #expect(again.status == 73)
    #expect(try run(productPath("gobbet"), arguments + ["-f"]).status == 0)
    #expect(try readFile(output) == Array(page.utf8))
    #expect(try folder.names() == ["report.html"])
    let piped = try run(productPath("gobbet"), arguments.dropLast() + ["-"])
    #expect(piped.output == Array(page.utf8))
  }

  @Test("a model's folder stands for its weights, without a text and with one")
  func modelFolder() throws {
    let model = fixturesFolder + "/tinymodel"
    for (arguments, title) in [([], "Weights "), (["--text", "ROMEO:"], "Run of ")] {
      let result = try run(
        productPath("gobbet"), ["report", model, "-q", "-o", "-"] + arguments)
      #expect(result.status == 0, "\(result.errorText)")
      #expect(result.text.contains("<h1>\(title)"))
    }
    let folder = try TemporaryFolder()
    expectOneLine(
      try gobbet("report", folder.path, "-o", "-"), 66,
      "a folder without model.safetensors or model.safetensors.index.json")
    #expect(try gobbet("inspect", model).text.contains("tensors"))
  }

  @Test("a folder of conversations: how much of each split is trained on")
  func splits() throws {
    let folder = try TemporaryFolder()
    let chat = fixturesFolder + "/chat/"
    let lines = String(decoding: try readFile(chat + "conversations.jsonl"), as: UTF8.self)
    let corpus = try folder.write(
      "c.jsonl", Array(String(repeating: lines, count: 10).utf8))
    let shards = folder.file("shards")
    let packed = try gobbet(
      "pack", corpus, "-v", chat + "tokenizer.json", "--template", "chatml", "--bad-lines", "skip",
      "--validation", "0.5", "-q", "-o", shards)
    #expect(packed.status == 0, "\(packed.errorText)")
    for split in ["train", "validation"] {
      let page = try run(
        productPath("gobbet"), ["report", shards, "--split", split, "-o", "-"])
      #expect(page.status == 0, "\(page.errorText)")
      let text = String(decoding: page.output, as: UTF8.self)
      for shown in ["train", "validation"] {
        let share = try #require(
          text.firstMatch(
            of: try Regex("<dt>tokens of \(shown) that count, %</dt><dd>([0-9.]+)</dd>")))
        let percentage = try #require(share.output[1].substring.flatMap { Double($0) })
        #expect(percentage > 0 && percentage < 100)
      }
    }
  }

  @Test("options without effect and files that don't go together are refused")
  func usage() throws {
    let shop = try Workshop.shared.get()
    func refused(_ part: String, _ arguments: String...) throws {
      let result = try run(productPath("gobbet"), ["report"] + arguments + ["-o", "-"])
      expectOneLine(result, 2, part)
    }
    try refused("--layer: does nothing", shop.dataset, "--layer", "0")
    try refused("--corpus: does nothing", shop.dataset, "--corpus", shop.text)
    try refused("--token: does nothing", shop.model, "--token", "a")
    try refused("--text: does nothing", shop.dataset, "--text", "a")
    try refused("--threads: does nothing", shop.vocabulary, "-T", "2")
    try refused("different kinds", shop.dataset, shop.model)
    try refused("at most 1 file", shop.dataset, shop.dataset)
    try refused("at most 2 files", shop.model, shop.model, shop.model)
    try refused("--split: does nothing", shop.dataset, "--split", "validation")
    try refused("of which 0 is the first", shop.model, "--text", "a", "--layer", "99")
    try refused("no tokens", shop.model, "--text", "")
    try refused(#"no token "\u{1B}x""#, shop.vocabulary, "--token", "\u{1B}x")
    let folder = try TemporaryFolder()
    expectOneLine(
      try gobbet("report", try folder.write("x", [1, 2, 3]), "-o", "-"), 65, "that a page can show")
    expectOneLine(try gobbet("report", folder.file("none"), "-o", "-"), 66, "none")
    expectOneLine(
      try gobbet("report", shop.vocabulary, "-f", "-o", shop.vocabulary), 2, "writes pages only")
    expectOneLine(
      try gobbet("report", shop.vocabulary, "--corpus", shop.text, "-f", "-o", shop.text), 2,
      "is an input too")
    expectOneLine(
      try gobbet("inspect", "-q", shop.dataset), 2, "--quiet: has no effect without --tensors")
  }
}
