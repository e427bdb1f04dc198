import Foundation
import TestSupport
import Testing

/// A real HTTP server in front of a folder, by `Tests/serve.py`: another process, which ends with this one.
final class FileServer {
  /// The folder whose files it serves.
  let folder: TemporaryFolder
  private let process = Process()
  private let input = Pipe()
  private let output = Pipe()
  private let address: String

  init() throws {
    folder = try TemporaryFolder()
    let script = URL(filePath: fixturesFolder).deletingLastPathComponent()
      .appending(path: "Tests/serve.py")
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["python3", script.path, folder.path]
    process.standardInput = input
    process.standardOutput = output
    try process.run()
    address = Self.line(of: output)
  }

  deinit {
    try? input.fileHandleForWriting.close()
    process.waitUntilExit()
  }

  /// The URL of a file behind a fault.
  func url(_ name: String, behind fault: String = "plain") -> String {
    address + fault + "/" + name
  }

  /// Bytes of files that were sent since this was asked last.
  func sentByteCount() throws -> Int {
    try input.fileHandleForWriting.write(contentsOf: Data("sent\n".utf8))
    return try #require(Int(Self.line(of: output)))
  }

  /// The next line that the server prints; what there is of it if the server has ended.
  private static func line(of pipe: Pipe) -> String {
    var line: [UInt8] = []
    while let byte = try? pipe.fileHandleForReading.read(upToCount: 1)?.first,
      byte != UInt8(ascii: "\n")
    { line.append(byte) }
    return String(decoding: line, as: UTF8.self)
  }
}
