import TestSupport
import Testing

@Suite("The verbs on datasets") struct DatasetVerbTests {
  private let folder: TemporaryFolder
  private let shop: Workshop

  init() throws {
    folder = try TemporaryFolder()
    shop = try Workshop.shared.get()
  }

  @Test(
    "formats of the Python package are named with its command",
    arguments: ["datatrove", "litdata", "mds", "olmo"])
  func formatsOfPython(format: String) throws {
    for verb in [["export", "--to"], ["import", "--from"]] {
      let result = try gobbet(verb[0], "x", verb[1], format, "-o", "y", "-v", "z")
      let plain = try gobbet(verb[0], "x", verb[1], format, "-o", "y")
      let text = result.errorText + plain.errorText
      #expect(result.status == 2 && plain.status == 2)
      #expect(
        text.contains("python -m gobbet.exchange \(verb[0]) \(verb[1]) \(format)"), "\(text)")
      #expect(try gobbet(verb[0], "--help").text.contains("python -m gobbet.exchange"))
    }
  }

  @Test("merge has the documents of all, shuffle the same in the order of a seed")
  func rearranging() throws {
    let merged = folder.file("merged.gobbet")
    let result = try gobbet("merge", shop.dataset, shop.dataset, "-o", merged)
    #expect(result.status == 0, "\(result.errorText)")
    let text = try gobbet("decode", shop.dataset).text
    #expect(try gobbet("decode", merged).text == text + text)
    let ordinary = text.replacing("<|endoftext|>", with: "")
    #expect(try gobbet("decode", shop.dataset, "--skip-special-tokens").text == ordinary)
    #expect(try gobbet("merge", shop.dataset, "-o", merged).status == 73)
    for (name, seed, memory) in [("a", "5", "1M"), ("b", "5", "1G"), ("c", "6", "1M")] {
      let result = try gobbet(
        "shuffle", shop.dataset, "--seed", seed, "--memory", memory, "-o", folder.file(name))
      #expect(result.status == 0, "\(result.errorText)")
      #expect(try gobbet("verify", folder.file(name)).status == 0)
    }
    #expect(try readFile(folder.file("a")) == readFile(folder.file("b")))
    #expect(try readFile(folder.file("a")) != readFile(folder.file("c")))
    let shuffled = try gobbet("decode", folder.file("a")).text
    #expect(shuffled != text)
    let end = "<|endoftext|>"
    #expect(shuffled.split(separator: end).sorted() == text.split(separator: end).sorted())
    let shards = folder.file("shards")
    #expect(
      try gobbet("shuffle", shop.dataset, "--seed", "5", "--shard-tokens", "10k", "-o", shards)
        .status == 0)
    #expect(try gobbet("decode", shards).text == shuffled)
    #expect(try gobbet("shuffle", shards, "--memory", "3k", "-o", folder.file("d")).status == 2)
  }

  @Test(
    "tokens go to other programs and back", arguments: ["nanogpt", "llmc", "megatron", "numpy"])
  func exchange(format: String) throws {
    let foreign = folder.file("foreign")
    let back = folder.file("back.gobbet")
    let exported = try gobbet("export", shop.dataset, "--to", format, "-o", foreign)
    #expect(exported.status == 0, "\(exported.errorText)")
    let imported = try gobbet(
      "import", foreign, "--from", format, "-v", shop.vocabulary, "--end", "<|endoftext|>", "-o",
      back)
    #expect(imported.status == 0, "\(imported.errorText)")
    // The same tokens and documents give the same bytes.
    #expect(try readFile(back) == readFile(shop.dataset))
    #expect(
      try gobbet("import", foreign, "--from", format, "-v", shop.vocabulary, "-o", back).status
        == 73)
  }

  @Test("a file that isn't of the format ends with 65, and a missing one with 66")
  func badInput() throws {
    let path = try folder.write("odd.bin", [1, 2, 3])
    let out = folder.file("out.gobbet")
    for format in ["nanogpt", "llmc", "numpy"] {
      let result = try gobbet("import", path, "--from", format, "-v", shop.vocabulary, "-o", out)
      #expect(result.status == 65, "\(format): \(result.errorText)")
      #expect(result.errorText.contains("odd.bin"))
    }
    // An id that the vocabulary does not have.
    let large = try folder.write("large.bin", [0xFF, 0xFF])
    let result = try gobbet("import", large, "--from", "nanogpt", "-v", shop.vocabulary, "-o", out)
    #expect(result.status == 65)
    #expect(result.errorText.contains("65535"))
    for verb in [["merge"], ["shuffle"], ["export", "--to", "numpy"]] {
      let missing = try run(
        productPath("gobbet"), verb + [folder.file("no-such-file"), "-o", out])
      #expect(missing.status == 66, "\(verb): \(missing.errorText)")
      let foreign = try run(productPath("gobbet"), verb + [path, "-o", out])
      #expect(foreign.status == 65, "\(verb): \(foreign.errorText)")
      let folderWithout = try run(productPath("gobbet"), verb + [folder.path, "-o", out])
      #expect(folderWithout.status == 66, "\(verb): \(folderWithout.errorText)")
    }
    #expect(try folder.names() == ["large.bin", "odd.bin"])
  }
}
