import Foundation
import GobbetCorpus
import GobbetSystem
import TestSupport
import Testing

@Suite("Lists and directories of inputs") struct InputWalkTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func write(_ name: String) throws {
    let url = URL(filePath: folder.file(name))
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try folder.write(name, Array(name.utf8))
  }

  private func link(_ name: String, to target: String) throws {
    try FileManager.default.createSymbolicLink(
      atPath: folder.file(name), withDestinationPath: target)
  }

  @Test(
    "a directory gives its files in the order of the bytes of their paths, hidden ones left out")
  func order() throws {
    let names = ["Z", "a-", "a.txt", "a/1", "a/b/c", "a/é", "a0", "é"]
    for name in names + [".hidden", "a/.hidden", ".git/config"] { try write(name) }
    #expect(names == names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
    #expect(try CorpusReader.texts([folder.path]) == names)
    #expect(try CorpusReader.texts([folder.path + "/"]) == names)
    #expect(try CorpusReader.texts([folder.file("é"), folder.file("a/b")]) == ["é", "a/b/c"])
    #expect(try CorpusReader.texts([folder.file(".hidden")]) == [".hidden"])
  }

  @Test("links are followed, and one that leads back is not walked twice")
  func links() throws {
    try write("a/b/file")
    try link("a/b/up", to: "..")
    try link("a/b/self", to: ".")
    try link("copy", to: "a/b/file")
    #expect(try CorpusReader.texts([folder.path]) == ["a/b/file", "a/b/file"])
  }

  @Test("a missing input is named before anything is read")
  func missing() throws {
    try write("a")
    let error = #expect(throws: FileError.self) {
      _ = try CorpusReader(inputs: [folder.file("a"), folder.file("none")])
    }
    #expect(error?.path == folder.file("none"))
  }

  @Test("the name of a file says its format, and an option overrules it")
  func formats() throws {
    let content = Array("{\"text\":\"x\"}\n".utf8)
    for name in ["a.jsonl", "a.ndjson", "a.jsonl.gz", "a.jsonl.zst", "a.ndjson.zstd"] {
      #expect(try CorpusReader.texts([folder.write(name, content)]) == ["x"])
    }
    for name in ["a.json", "a.txt", "jsonl", "a.jsonl.bak", "a"] {
      #expect(try CorpusReader.documents([folder.write(name, content)]).map(\.text) == [content])
    }
    #expect(
      try CorpusReader.texts([folder.file("a")], CorpusOptions(format: .jsonLines)) == ["x"])
    #expect(
      try CorpusReader.documents([folder.file("a.jsonl")], CorpusOptions(format: .text))
        .map(\.text) == [content])
  }
}
