import Foundation
import GobbetFile
import GobbetSystem
import TestSupport
import Testing

@Suite("Paths that aren't containers") struct PathTests {
  /// The error of opening `path` for reading and for appending.
  private func errors(_ path: String) -> [FileError?] {
    var errors: [FileError?] = []
    do { _ = try ContainerReader(path: path) } catch { errors.append(error as? FileError) }
    do { _ = try ContainerWriter(appendingTo: path) } catch { errors.append(error as? FileError) }
    return errors
  }

  @Test("a directory, a named pipe, a loop of links and a missing file are refused at once")
  func refused() throws {
    let folder = try TemporaryFolder()
    let loop = folder.file("loop")
    try FileManager.default.createSymbolicLink(atPath: loop, withDestinationPath: loop)
    let pipe = folder.file("pipe")
    #expect(unsafe mkfifo(pipe, 0o600) == 0)
    for path in [folder.path, loop, pipe, folder.file("missing")] {
      let errors = errors(path)
      #expect(errors.count == 2, "\(path)")
      #expect(errors.allSatisfy { $0?.operation == .open && $0?.path == path }, "\(path)")
    }
  }

  @Test("a new file does not take the place of another unless it is told to")
  func existing() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("x.gobbet", [1, 2, 3])
    let error = #expect(throws: FileError.self) {
      _ = try ContainerWriter(path: path, profile: .bundle)
    }
    #expect(error?.operation == .create)
    do {
      // Not finished: the old file stays, and nothing is left beside it.
      var writer = try ContainerWriter(path: path, profile: .bundle, replacing: true)
      try writer.add(SectionKind("DATA"), [1], level: nil)
    }
    #expect(try readFile(path) == [1, 2, 3])
    #expect(try folder.names() == ["x.gobbet"])
  }
}
