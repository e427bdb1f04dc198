import Foundation
import GobbetBPE
import GobbetData
import GobbetFile
import TestSupport
import Testing

/// With `GOBBET_WRITE_FIXTURES=1` the files are written first.
@Suite("Broken content") struct BrokenContentTests {
  @Test("content that breaks a rule names its fault, and where it is")
  func broken() throws {
    for file in try BrokenContents.all.get() {
      let folder = "\(fixturesFolder)/broken/\(file.kind)"
      if ProcessInfo.processInfo.environment["GOBBET_WRITE_FIXTURES"] == "1" {
        try FileManager.default.createDirectory(
          atPath: folder, withIntermediateDirectories: true)
        try writeFile("\(folder)/\(file.name).gobbet", file.bytes)
      }
      #expect(try readFile("\(folder)/\(file.name).gobbet") == file.bytes, "\(file.name)")
      let container = try ContainerReader(MemorySource(file.bytes), named: "x")
      try container.verify()
      do {
        _ = try GoldenContentTests.lines(container)
        Issue.record("\(file.name): nothing was found")
      } catch {
        #expect("\(error)" == "x: " + file.error, "\(file.name)")
      }
    }
  }

  @Test("no two files have the same name, and none is kept that is not made")
  func names() throws {
    let files = try BrokenContents.all.get()
    for kind in GoldenContents.Kind.allCases {
      let names = files.filter { $0.kind == kind }.map { $0.name + ".gobbet" }
      let kept = try FileManager.default.contentsOfDirectory(
        atPath: "\(fixturesFolder)/broken/\(kind)")
      #expect(names.sorted() == kept.sorted())
    }
  }
}
