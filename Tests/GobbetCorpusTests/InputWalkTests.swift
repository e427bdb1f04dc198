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

  @Test("an option overrules what content and name say")
  func formats() throws {
    let content = Array("{\"text\":\"x\"}\n".utf8)
    for name in ["a.jsonl", "a.json.gz", "a.txt", "a"] {
      let path = try folder.write(name, content)
      #expect(
        try CorpusReader.documents([path], CorpusOptions(format: .text)).map(\.text) == [content])
      #expect(try CorpusReader.texts([path], CorpusOptions(format: .jsonLines)) == ["x"])
    }
  }

  @Test("names that are not UTF-8 are found, read, sorted by their bytes and shown")
  func foreignNames() throws {
    let names: [[UInt8]] = [
      Array("caf".utf8) + [0xE9], Array("caf\u{E9}".utf8), [0xFF, 0x2E], [0xF4, 0x8F, 0xBF, 0xBF],
      [0xF4, 0x8F, 0xBF, 0xC0], Array("z".utf8),
    ]
    for name in names {
      #expect(pathBytes(pathText(name)) == name)
      try writeFile(folder.path, name, name)
    }
    let expected = names.sorted { $0.lexicographicallyPrecedes($1) }
    let documents = try CorpusReader.documents([folder.path], CorpusOptions(format: .text))
    #expect(documents.map(\.text) == expected)
    let path = folder.file(pathText(names[0]))
    #expect(
      try CorpusReader.documents([path], CorpusOptions(format: .text)).map(\.source.description)
        == [folder.file("caf\\xE9")])
    #expect(
      try CorpusReader.documents([folder.path + "/c*"], CorpusOptions(format: .text)).count == 2)
  }

  /// Writes a file whose name is any bytes.
  private func writeFile(_ folder: String, _ name: [UInt8], _ content: [UInt8]) throws {
    let path = (Array(folder.utf8) + [0x2F] + name + [0]).map { CChar(bitPattern: $0) }
    let opened = unsafe fopen(path, "wb")
    guard let file = unsafe opened else { throw CocoaError(.fileWriteUnknown) }
    let written = unsafe fwrite(content, 1, content.count, file)
    unsafe fclose(file)
    #expect(written == content.count)
  }
}
