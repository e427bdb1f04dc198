import TestSupport
import Testing

@Suite("Counts, and training with them") struct CountsTests {
  static let corpus = fixturesFolder + "/corpus"

  @Test("parts merge into the bytes of the whole, and train the same vocabulary")
  func parts() throws {
    let folder = try TemporaryFolder()
    let names = ["ar", "code", "de", "el", "en", "es", "fr", "hi", "ja", "ru", "zh"]
    let halves = [names.prefix(4), names.dropFirst(4)]
    for (index, half) in halves.enumerated() {
      let inputs = half.map { Self.corpus + "/" + $0 }
      let arguments = ["counts"] + inputs + ["-o", folder.file("part\(index)")]
      #expect(try run(productPath("gobbet"), arguments).status == 0)
    }
    #expect(try gobbet("counts", Self.corpus, "-o", folder.file("whole")).status == 0)
    let merged = try gobbet(
      "counts", "merge", folder.file("part1"), folder.file("part0"), "-o", folder.file("merged"))
    #expect(merged.status == 0, "\(merged.errorText)")
    #expect(try readFile(folder.file("merged")) == readFile(folder.file("whole")))
    let budgeted = try gobbet(
      "counts", Self.corpus, "--memory", "1M", "-T", "3", "-o", folder.file("budgeted"))
    #expect(budgeted.status == 0, "\(budgeted.errorText)")
    #expect(try readFile(folder.file("budgeted")) == readFile(folder.file("whole")))
    for (name, arguments) in [
      ("text", [Self.corpus]), ("memory", [Self.corpus, "--memory", "1M"]),
      ("counts", ["--counts", folder.file("whole")]),
      ("two", ["--counts", folder.file("part0"), "--counts", folder.file("part1")]),
    ] {
      let result = try run(
        productPath("gobbet"), ["train"] + arguments + ["--size", "900", "-o", folder.file(name)])
      #expect(result.status == 0, "\(name): \(result.errorText)")
      #expect(try readFile(folder.file(name)) == readFile(folder.file("text")), "\(name)")
    }
    #expect(try folder.names().allSatisfy { !$0.hasPrefix(".") })
  }

  @Test("pruning leaves out what is rare")
  func pruning() throws {
    let folder = try TemporaryFolder()
    let input = try folder.write("a.txt", Array("a a a b b c".utf8))
    #expect(try gobbet("counts", input, "-o", folder.file("whole")).status == 0)
    let pruned = try gobbet(
      "counts", "prune", folder.file("whole"), "--minimum-count", "2", "-o", folder.file("kept"))
    // Of "a", " a" twice, " b" twice and " c".
    #expect(pruned.text.hasSuffix("kept: 2 unique pretokens of 4\n"), "\(pruned.text)")
  }

  @Test("counts of two patterns do not merge, and other files aren't counts")
  func refusals() throws {
    let folder = try TemporaryFolder()
    for pattern in ["gpt2", "o200k"] {
      let result = try gobbet(
        "counts", Self.corpus + "/en", "--pattern", pattern, "-o", folder.file(pattern))
      #expect(result.status == 0)
    }
    let mixed = try gobbet(
      "counts", "merge", folder.file("gpt2"), folder.file("o200k"), "-o", folder.file("out"))
    #expect(mixed.status == 65)
    #expect(mixed.errorText.contains("another pattern"))
    let shop = try Workshop.shared.get()
    let foreign = try gobbet(
      "train", "--counts", shop.vocabulary, "--size", "300", "-o", folder.file("out"))
    #expect(foreign.status == 65)
    #expect(foreign.errorText.split(separator: "\n").count == 1)
    let both = try gobbet(
      "train", Self.corpus, "--counts", folder.file("gpt2"), "-o", folder.file("out"))
    #expect(both.status == 2)
    #expect(try folder.names() == ["gpt2", "o200k"])
  }

  @Test("a damaged file of counts is refused, and leaves no output", arguments: 0..<12)
  func damage(position: Int) throws {
    let folder = try TemporaryFolder()
    let file = folder.file("counts")
    #expect(try gobbet("counts", fixturesFolder + "/corpus-heldout", "-o", file).status == 0)
    let sound = try readFile(file)
    var flipped = sound
    flipped[sound.count * position / 12] ^= 0x10
    for bytes in [flipped, Array(sound.prefix(sound.count * position / 12))] {
      try folder.write("counts", bytes)
      for arguments in [
        ["train", "--counts", file, "--size", "300"], ["counts", "merge", file, file],
        ["counts", "prune", file, "--minimum-count", "2"],
      ] {
        let result = try run(productPath("gobbet"), arguments + ["-o", folder.file("out")])
        #expect(result.status == 65, "\(arguments): \(result.errorText)")
        #expect(result.errorText.split(separator: "\n").count == 1)
        #expect(result.errorText.contains(file))
      }
      #expect(try folder.names() == ["counts"])
    }
  }
}
