internal import CTerminal
import Foundation

/// Runs the program at `path` with a terminal for its standard error, and waits for its end; `error` is
/// what the terminal was sent.
///
/// With `input` the terminal is its standard input too, at which that is typed: a byte 4 is Ctrl-D.
/// If `showsOutput`, it is its standard output too, and `error` has both.
public func runAtTerminal(
  _ path: String, _ arguments: [String], input: [UInt8]? = nil, showsOutput: Bool = false,
  environment: [String: String] = [:]
) throws -> CommandResult {
  let folder = try TemporaryFolder()
  try folder.write("output", [])
  var ends: [CInt] = [-1, -1]
  // SAFETY: the call fills both elements.
  guard
    unsafe ends.withUnsafeMutableBufferPointer({ ends in
      // SAFETY: the array is not empty, so it has an address.
      unsafe ends.baseAddress.map { unsafe gobbet_test_open_terminal($0) } ?? -1
    }) == 0
  else { throw NoTerminal() }
  let terminal = ends[0]
  defer { close(terminal) }
  let end = FileHandle(fileDescriptor: ends[1], closeOnDealloc: true)
  let process = Process()
  process.executableURL = URL(filePath: path)
  process.arguments = arguments
  process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
  if let input {
    process.standardInput = end
    let typing = FileHandle(fileDescriptor: terminal, closeOnDealloc: false)
    try typing.write(contentsOf: Data(input))
  } else {
    process.standardInput = FileHandle.nullDevice
  }
  process.standardOutput =
    showsOutput ? end : try FileHandle(forWritingTo: URL(filePath: folder.file("output")))
  process.standardError = end
  try process.run()
  try end.close()
  var shown: [UInt8] = []
  var piece = [UInt8](repeating: 0, count: 4096)
  while true {
    // SAFETY: the call fills no more than the bytes of the buffer.
    let count = unsafe piece.withUnsafeMutableBytes { buffer in
      unsafe read(terminal, buffer.baseAddress, buffer.count)
    }
    // Once nobody has the other end open, Linux answers with an error, and macOS with nothing.
    guard count > 0 else { break }
    shown += piece[..<count]
  }
  process.waitUntilExit()
  let signalled = process.terminationReason == .uncaughtSignal
  return CommandResult(
    status: process.terminationStatus + (signalled ? 128 : 0),
    output: try readFile(folder.file("output")), error: shown)
}

private struct NoTerminal: Error {}
