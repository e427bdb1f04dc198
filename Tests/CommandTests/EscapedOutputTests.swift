import Foundation
import TestSupport
import Testing

@Suite("Names and texts of others") struct EscapedOutputTests {
  /// What steers a terminal, misleads a reader, or pretends to be a further line.
  private static let nasty = "a\u{1B}[31m\u{9B}1m\u{202E}\nfake: ok"
  private static let shown = #"a\u{1B}[31m\u{9B}1m\u{202E}\nfake: ok"#

  /// Expects that no byte of a result steers a terminal, and that the name is there as an escape.
  private func expectVisible(_ result: CommandResult, _ what: String) {
    let text = result.text + result.errorText
    #expect(text.contains(Self.shown), "\(what): \(text)")
    for scalar in text.unicodeScalars where scalar != "\n" {
      #expect(
        scalar.value >= 0x20 && !(0x7F...0x9F).contains(scalar.value) && scalar != "\u{202E}",
        "\(what)")
    }
    #expect(!text.contains("\nfake: ok"), "\(what)")
  }

  /// A safetensors file with a tensor and metadata of that name.
  private func weights(_ folder: TemporaryFolder, _ name: String, _ value: UInt8) throws -> String {
    let escaped = String(decoding: try JSONEncoder().encode(Self.nasty), as: UTF8.self)
    var header =
      "{\"__metadata__\":{\(escaped):\(escaped)},\(escaped):"
      + #"{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#
    while header.utf8.count % 8 != 0 { header += " " }
    let length = (0..<8).map { UInt8(truncatingIfNeeded: header.utf8.count >> (8 * $0)) }
    return try folder.write(
      name, length + Array(header.utf8) + [value] + [UInt8](repeating: 0, count: 7))
  }

  @Test("tensors and metadata are shown escaped by inspect and diff, in lines and in JSON")
  func tensors() throws {
    let folder = try TemporaryFolder()
    let first = try weights(folder, "a.safetensors", 1)
    let second = try weights(folder, "b.safetensors", 2)
    expectVisible(try gobbet("inspect", first, "--tensors"), "inspect")
    expectVisible(try gobbet("diff", first, second), "diff")
    // A Gobbet file has no such names; the error is about one.
    expectVisible(try gobbet("convert", first, "-o", folder.file("a.gobbet")), "convert")
    let page = try gobbet("report", first, "-q", "-o", "-").text
    #expect(page.contains(#"<code>a\u{1B}[31m\u{9B}1m\u{202E}\nfake: ok</code>"#))
    let json = try gobbet("inspect", first, "--tensors", "--json")
    for scalar in json.text.unicodeScalars { #expect(!(0x7F...0x9F).contains(scalar.value)) }
    #expect(!json.text.contains("\u{202E}"))
    let object = try #require(
      JSONSerialization.jsonObject(with: Data(json.output)) as? [String: Any])
    let list = (object["weights"] as? [String: Any])?["list"] as? [[String: Any]]
    #expect(list?.first?["name"] as? String == Self.nasty)
  }

  @Test("a name of a megabyte is cropped, with its length, in listings, errors and pages")
  func longNames() throws {
    let folder = try TemporaryFolder()
    // Two bytes a scalar, so that cutting anywhere would cut one.
    let name = "x" + String(repeating: "é.", count: 400_000) + "y"
    var header = #"{"__metadata__":{"\#(name)":"1"},"\#(name)":"#
    header += #"{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#
    header += String(repeating: " ", count: 8 - header.utf8.count % 8)
    let length = (0..<8).map { UInt8(truncatingIfNeeded: header.utf8.count >> (8 * $0)) }
    let path = try folder.write("a.safetensors", length + Array(header.utf8) + [0, 0, 0x80, 0x3F])
    let other = try folder.write("b.safetensors", length + Array(header.utf8) + [0, 0, 0, 0x40])
    for result in [
      try gobbet("inspect", path, "--tensors"), try gobbet("diff", path, other),
      try gobbet("convert", path, "-o", folder.file("a.gobbet")),
      try gobbet("convert", path, "-o", folder.file("a.gguf")),
      try gobbet("report", path, "-q", "-o", "-"),
    ] {
      let text = result.text + result.errorText
      #expect(text.contains("xé.é."))
      #expect(text.contains("…(1200002 bytes)…"), "\(text.prefix(2000))")
      #expect(text.utf8.count < 100_000)
      #expect(!text.contains("\u{FFFD}"))
    }
  }

  @Test("special tokens are shown escaped by inspect and diff")
  func specialTokens() throws {
    let folder = try TemporaryFolder()
    let (plain, named) = (folder.file("plain.gobbet"), folder.file("named.gobbet"))
    let arguments = ["train", fixturesFolder + "/corpus-heldout", "--size", "300", "-o"]
    #expect(try run(productPath("gobbet"), arguments + [plain]).status == 0)
    #expect(
      try run(productPath("gobbet"), arguments + [named, "--special", Self.nasty]).status == 0)
    expectVisible(try gobbet("inspect", named), "inspect")
    expectVisible(try gobbet("diff", plain, named), "diff")
    let tokens = try gobbet("tokens", Self.nasty, "-v", named, "--allow-all-specials")
    #expect(tokens.text.contains(#"a\u{1B}[31m\u{9B}1m\u{202E}\nfake:␣ok"#))
  }

  @Test("paths and arguments are shown escaped in errors and results")
  func errors() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/" + Self.nasty
    for verb in ["inspect", "verify", "count"] {
      let result = try gobbet(verb, path)
      #expect(result.status == 66, "\(verb)")
      expectVisible(result, verb)
    }
    expectVisible(try gobbet("tokens", "a", "-v", path), "tokens")
    expectVisible(
      try gobbet("train", fixturesFolder + "/corpus-heldout", "--size", "300", "-o", path), "train")
    expectVisible(try gobbet("verify", path), "verify")
    expectVisible(try gobbet("export", path, "-o", "x", "--to", "numpy"), "export")
  }

  @Test("decoded text is shown escaped at a terminal only")
  func decoded() throws {
    let shop = try Workshop.shared.get()
    let folder = try TemporaryFolder()
    let ids = try gobbet("encode", "--text", Self.nasty, "-v", shop.vocabulary).output
    let file = try folder.write("ids", ids)
    let arguments = ["decode", file, "-v", shop.vocabulary]
    let piped = try run(productPath("gobbet"), arguments)
    #expect(piped.text == Self.nasty)
    let atTerminal = try runAtTerminal(productPath("gobbet"), arguments, showsOutput: true)
    // A line feed is text; the terminal puts a carriage return before it.
    #expect(
      atTerminal.errorText
        == Self.nasty.replacing("\u{1B}", with: #"\u{1B}"#).replacing("\u{9B}", with: #"\u{9B}"#)
        .replacing("\u{202E}", with: #"\u{202E}"#).replacing("\n", with: "\r\n"))
  }
}
