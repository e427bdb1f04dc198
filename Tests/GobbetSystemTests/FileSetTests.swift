import Foundation
import GobbetSystem
import TestSupport
import Testing

@Suite("Files that belong together") struct FileSetTests {
  private let folder: TemporaryFolder
  private let paths: [String]

  init() throws {
    folder = try TemporaryFolder()
    let folder = folder
    paths = ["one", "two", "last"].map { folder.file($0) }
  }

  @Test("all take their places, and nothing stays beside them")
  func commit() throws {
    for round in 0..<2 {
      let files = try FileSet(paths, replacing: round > 0)
      for index in paths.indices { try writeFile(files.stagedPath(index), [UInt8(round)]) }
      try files.commit()
    }
    #expect(try paths.map { try readFile($0) } == [[1], [1], [1]])
    #expect(try folder.names() == ["last", "one", "two"])
    #expect(throws: FileError.self) { _ = try FileSet(paths, replacing: false) }
  }

  @Test("where one cannot be put in its place, all are as they were", arguments: [true, false])
  func failure(isThere: Bool) throws {
    if isThere { for path in paths { try writeFile(path, [7]) } }
    do {
      let files = try FileSet(paths, replacing: isThere)
      for index in [0, 1, 2] { try writeFile(files.stagedPath(index), [1]) }
      // A folder has taken the name meanwhile.
      try? FileManager.default.removeItem(atPath: paths[1])
      try FileManager.default.createDirectory(
        atPath: paths[1], withIntermediateDirectories: false)
      try writeFile(paths[1] + "/x", [1])
      #expect(throws: FileError.self) { try files.commit() }
    }
    if isThere {
      #expect(try readFile(paths[0]) == [7])
      #expect(try readFile(paths[2]) == [7])
    }
    #expect(try folder.names() == (isThere ? ["last", "one", "two"] : ["two"]))
  }
}
