import Foundation
import GobbetSystem
import TestSupport
import Testing

@Suite(
  "A write that failed",
  .enabled(if: FileManager.default.fileExists(atPath: "/dev/full"), "needs /dev/full"))
struct FailedWriteTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// The descriptor of the open file in the folder.
  private func descriptor() throws -> Int32 {
    let open = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")
    let found = open.first {
      (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\($0)"))?
        .hasPrefix(folder.path) == true
    }
    return try #require(found.flatMap { Int32($0) })
  }

  /// Runs `body` while what is written to the descriptor goes to a full disk.
  private func onFullDisk(_ descriptor: Int32, _ body: () throws -> Void) throws {
    let kept = dup(descriptor)
    let full = unsafe open("/dev/full", O_WRONLY)
    try #require(kept >= 0 && full >= 0)
    #expect(dup2(full, descriptor) == descriptor)
    defer {
      #expect(dup2(kept, descriptor) == descriptor)
      close(kept)
      close(full)
    }
    try body()
  }

  private let large = [UInt8](repeating: 7, count: 1 << 19)

  @Test("of a new file is told again by every later call, and the file never gets its name")
  func newFile() throws {
    var file = try AtomicFile(folder.file("new"), replacing: false)
    try file.write([1, 2, 3].span)
    var first: FileError?
    try onFullDisk(descriptor()) {
      do { try file.write(large.span) } catch { first = error as? FileError }
    }
    #expect(first?.operation == .write)
    // There is room again, but bytes are missing.
    func failure(_ body: () throws -> Void) -> FileError? {
      do {
        try body()
        return nil
      } catch {
        return error as? FileError
      }
    }
    #expect(failure { try file.write([4].span) } == first)
    #expect(failure { try file.overwrite([4].span, at: 0) } == first)
    #expect(failure { try file.synchronize() } == first)
    #expect(failure { try file.commit() } == first)
    #expect(!FileManager.default.fileExists(atPath: folder.file("new")))
  }

  @Test("of a file that grows is told again by every later call")
  func grownFile() throws {
    let path = try folder.write("old", [1, 2, 3])
    var file = try GrowingFile(path)
    var first: FileError?
    try onFullDisk(descriptor()) {
      do { try file.write(large.span) } catch { first = error as? FileError }
    }
    #expect(first?.operation == .write)
    var later: [FileError?] = []
    do { try file.write([4].span) } catch { later.append(error) }
    do { try file.synchronize() } catch { later.append(error) }
    #expect(later == [first, first])
    #expect(try readFile(path) == [1, 2, 3])
  }
}
