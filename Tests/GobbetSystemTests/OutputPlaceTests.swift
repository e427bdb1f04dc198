import Foundation
import GobbetSystem
import TestSupport
import Testing

@Suite("What an output replaces") struct OutputPlaceTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func replace(_ path: String, by bytes: [UInt8]) throws {
    var file = try AtomicFile(path, replacing: true)
    try file.write(bytes.span)
    try file.commit()
  }

  private func mode(_ path: String) throws -> Int? {
    try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
  }

  @Test("a device and a pipe are refused, and stay what they are", arguments: [true, false])
  func noFiles(replacing: Bool) throws {
    let pipe = folder.file("pipe")
    let made = unsafe mkfifo(pipe, 0o600)
    #expect(made == 0)
    for path in ["/dev/null", pipe] {
      let error = #expect(throws: FileError.self) {
        _ = try AtomicFile(path, replacing: replacing)
      }
      #expect(error?.operation == .create)
      #expect(error?.reason == "is a device, a pipe or a socket, not a regular file")
      #expect(try FileStatus(of: path).kind == .other)
    }
    #expect(try folder.names() == ["pipe"])
  }

  @Test("the file that a link leads to is replaced, and the link stays")
  func links() throws {
    try FileManager.default.createDirectory(
      atPath: folder.file("far"), withIntermediateDirectories: false)
    try folder.write("far/real", [1])
    let link = folder.file("link")
    let second = folder.file("far/second")
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "far/second")
    try FileManager.default.createSymbolicLink(atPath: second, withDestinationPath: "real")
    #expect(throws: FileError.self) { _ = try AtomicFile(link, replacing: false) }
    try replace(link, by: [2])
    #expect(try readFile(folder.file("far/real")) == [2])
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == "far/second")
    #expect(try names(in: "far") == ["real", "second"])
    // One that leads nowhere yet leads to the new file.
    try FileManager.default.removeItem(atPath: folder.file("far/real"))
    try replace(link, by: [3])
    #expect(try readFile(folder.file("far/real")) == [3])
    try FileManager.default.removeItem(atPath: second)
    try FileManager.default.createSymbolicLink(atPath: second, withDestinationPath: "../link")
    #expect(throws: FileError.self) { try replace(link, by: [4]) }
  }

  private func names(in name: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.file(name)).sorted()
  }

  @Test("permissions stay as they were", arguments: [0o600, 0o444, 0o755])
  func permissions(expected: Int) throws {
    let path = try folder.write("file", [1])
    try FileManager.default.setAttributes([.posixPermissions: expected], ofItemAtPath: path)
    try replace(path, by: [2])
    #expect(try readFile(path) == [2])
    #expect(try mode(path) == expected)
  }

  @Test("a name of as many bytes as the system allows can be written, a longer one is refused")
  func longNames() throws {
    for name in [String(repeating: "n", count: 255), String(repeating: "ä", count: 127)] {
      try replace(folder.file(name), by: [1])
      try replace(folder.file(name), by: [2])
      #expect(try readFile(folder.file(name)) == [2])
    }
    #expect(try folder.names().count == 2)
    let error = #expect(throws: FileError.self) {
      _ = try AtomicFile(folder.file(String(repeating: "n", count: 256)), replacing: false)
    }
    #expect(error?.operation == .create)
  }

  @Test("what a killed writer left is removed by the next, what a living one holds is not")
  func leftovers() throws {
    let path = folder.file("file")
    try folder.write(".file.0.partial", [1])
    try folder.write(".file.1.partial", [1])
    try FileManager.default.createDirectory(
      atPath: folder.file(".file.2.partial"), withIntermediateDirectories: false)
    try folder.write(".file.2.partial/0", [1])
    try folder.write(".other.0.partial", [1])
    var first = try AtomicFile(path, replacing: true)
    #expect(try folder.names() == [".file.0.partial", ".other.0.partial"])
    var second = try AtomicFile(path, replacing: true)
    #expect(try folder.names() == [".file.0.partial", ".file.1.partial", ".other.0.partial"])
    try first.write([1].span)
    try second.write([2].span)
    try first.commit()
    try second.commit()
    #expect(try readFile(path) == [2])
    try removeLeftovers(in: folder.path) { $0 == "other" }
    #expect(try folder.names() == ["file"])
  }

  @Test("a staging folder goes with its files, and so does one that was left behind")
  func stagingFolders() throws {
    let output = folder.file("out")
    do {
      let first = try StagingFolder(beside: output)
      let second = try StagingFolder(beside: output)
      try writeFile(first.file("a"), [1])
      try writeFile(second.file("a"), [2])
      #expect(try readFile(first.file("a")) == [1])
    }
    #expect(try folder.names() == [])
    try FileManager.default.createDirectory(
      atPath: folder.file(".out.0.partial"), withIntermediateDirectories: false)
    try folder.write(".out.0.partial/left", [1])
    do {
      let next = try StagingFolder(beside: output)
      #expect(try FileManager.default.contentsOfDirectory(atPath: next.path) == [])
    }
    #expect(try folder.names() == [])
  }

  @Test("a file that is made to be locked is one file for all who lock it")
  func locks() throws {
    let path = folder.file("lock")
    do {
      let held = try GrowingFile(path, creating: true)
      #expect(held.byteCount == 0)
      let error = #expect(throws: FileError.self) { _ = try GrowingFile(path, creating: true) }
      #expect(error?.reason == "another writer has it open")
    }
    _ = try GrowingFile(path, creating: true)
    #expect(throws: FileError.self) { _ = try GrowingFile(folder.file("none")) }
  }
}
