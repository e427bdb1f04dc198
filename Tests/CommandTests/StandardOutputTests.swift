import Foundation
import TestSupport
import Testing

@Suite("Results on standard output") struct StandardOutputTests {
  /// What each verb is called with, so that it has a result to write.
  private static func arguments(
    _ verb: String, _ shop: Workshop, _ folder: TemporaryFolder
  ) throws -> [String]? {
    let text = shop.text
    let model = fixturesFolder + "/tinymodel/model.safetensors"
    let output = folder.file("out.gobbet")
    switch verb {
    case "train": return [text, "--size", "300", "-o", output]
    case "counts of": return [text, "-o", output]
    case "counts merge", "counts prune":
      let counts = folder.file("counts.gobbet")
      #expect(try gobbet("counts", text, "-f", "-o", counts).status == 0)
      return [counts, "-o", output] + (verb == "counts prune" ? ["--minimum-count", "2"] : [])
    case "encode": return [text, "-v", shop.vocabulary]
    case "tokens": return ["a text", "-v", shop.vocabulary]
    case "report": return [shop.vocabulary, "-o", folder.file("report.html")]
    case "decode": return [shop.dataset]
    case "count": return [text]
    case "pack": return [text, "-v", shop.vocabulary, "-o", output]
    case "merge", "shuffle": return [shop.dataset, "-o", output]
    case "export": return [shop.dataset, "--to", "numpy", "-o", folder.file("ids.npy")]
    case "import":
      let ids = folder.file("imported.npy")
      #expect(
        try gobbet("export", shop.dataset, "--to", "numpy", "-f", "-o", ids).status == 0)
      return [ids, "--from", "numpy", "-v", shop.vocabulary, "-o", output]
    case "inspect", "verify": return [shop.dataset]
    case "diff": return [shop.dataset, shop.model]
    case "recover": return [shop.dataset, "-o", output]
    case "sign": return ["--make-key", folder.file("key")]
    case "convert": return [model, "-o", output]
    case "vocabulary stats": return [text, "-v", shop.vocabulary]
    case "vocabulary compare": return [shop.vocabulary, shop.vocabulary, text]
    case "vocabulary add": return [shop.vocabulary, "--token", "xyzzy", "-o", output]
    case "vocabulary truncate": return [shop.vocabulary, "--size", "400", "-o", output]
    case "vocabulary show": return ["97", "-v", shop.vocabulary]
    case "merge-lora": return [model, shop.adapter, "-o", output]
    case "generate": return [model, "--prompt", "ROMEO:", "-n", "2"]
    case "logits": return [model, "--ids", "1,2", "-o", folder.file("logits.npy")]
    case "embed": return [model, "--ids", "1,2", "--json"]
    case "evaluate": return [model, text, "--window", "16"]
    default: return nil
    }
  }

  static let verbs: [String] = (try? CommandLineMap.shared.get().verbs.map(\.name)) ?? []

  @Test(
    "that a full disk or a closed one cannot take end every verb with 74 and one line",
    .enabled(if: FileManager.default.fileExists(atPath: "/dev/full"), "needs /dev/full"),
    arguments: verbs, [" > /dev/full", " >&-"])
  func fullDisk(verb: String, redirection: String) throws {
    let shop = try Workshop.shared.get()
    let folder = try TemporaryFolder()
    let arguments = try #require(
      try Self.arguments(verb, shop, folder), "\(verb) has no example here")
    let result = try run(
      "/bin/sh",
      ["-c", "exec \"$0\" \"$@\"\(redirection)", productPath("gobbet")]
        + verb.split(separator: " ").map(String.init) + arguments)
    #expect(result.status == 74, "\(result.status) \(result.errorText)")
    let about = result.errorText.split(separator: "\n").filter {
      $0.contains("standard output: cannot write: ")
    }
    #expect(about.count == 1, "\(result.errorText)")
    // Nothing that was meant for standard output has got into a file.
    for name in try folder.names() where name == "out.gobbet" {
      #expect(try gobbet("verify", folder.file(name)).status == 0)
    }
  }

  @Test("go through the one writer that checks: no file of the command prints")
  func noPrint() throws {
    let folder = URL(filePath: fixturesFolder).deletingLastPathComponent()
      .appending(path: "Sources/gobbet-cli").path
    let names = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
    #expect(names.contains("Support/StandardOutput.swift"))
    for name in names where name.hasSuffix(".swift") && name != "Support/StandardOutput.swift" {
      let text = String(decoding: try readFile(folder + "/" + name), as: UTF8.self)
      #expect(
        !text.contains(
          /\b(print|puts|printf|debugPrint|dump)\(|FileHandle\.standard(Output|Error)/),
        "\(name)")
    }
  }
}
