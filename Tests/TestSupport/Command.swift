import Foundation

/// A program run by a test, and what came of it.
public struct CommandResult: Sendable {
  /// The exit code; 128 + the signal where one ended it.
  public let status: Int32
  /// Standard output.
  public let output: [UInt8]
  /// Standard error.
  public let error: [UInt8]

  /// Standard output as text.
  public var text: String { String(decoding: output, as: UTF8.self) }
  /// Standard error as text.
  public var errorText: String { String(decoding: error, as: UTF8.self) }
}

/// Runs the program at `path` and waits for its end.
public func run(
  _ path: String, _ arguments: [String], input: [UInt8] = [],
  environment: [String: String] = [:]
) throws -> CommandResult {
  // Files rather than pipes: nothing to drain, so nothing that can block.
  let folder = try TemporaryFolder()
  for name in ["output", "error"] { try folder.write(name, []) }
  try folder.write("input", input)
  let process = Process()
  process.executableURL = URL(filePath: path)
  process.arguments = arguments
  process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
  process.standardInput = try FileHandle(forReadingFrom: URL(filePath: folder.file("input")))
  process.standardOutput = try FileHandle(forWritingTo: URL(filePath: folder.file("output")))
  process.standardError = try FileHandle(forWritingTo: URL(filePath: folder.file("error")))
  try process.run()
  process.waitUntilExit()
  let signalled = process.terminationReason == .uncaughtSignal
  return CommandResult(
    status: process.terminationStatus + (signalled ? 128 : 0),
    output: try readFile(folder.file("output")), error: try readFile(folder.file("error")))
}

/// A program of this package, beside the test bundle.
public func productPath(_ name: String) -> String {
  let arguments = ProcessInfo.processInfo.arguments
  // macOS hands the bundle to a runner by a path; on Linux the runner is the bundle itself.
  let bundle = arguments.first { $0.contains(".xctest") } ?? arguments[0]
  var url = URL(filePath: bundle)
  while url.path.contains(".xctest") { url.deleteLastPathComponent() }
  return url.appending(path: name).path
}

/// The sanitizer that the tests and the command were built with, `address` or `thread`; nil if they
/// were not.
public let sanitizer = ProcessInfo.processInfo.environment["GOBBET_SANITIZER"]

/// The Python of the virtual environment with the peers; nil where `GOBBET_PEERS_PYTHON` is not
/// set, and then the tests that run a peer say ``peersNeeded``.
public let peersPython: String? =
  ProcessInfo.processInfo.environment["GOBBET_PEERS_PYTHON"].flatMap { $0.isEmpty ? nil : $0 }

/// Why a test is skipped without the peers, and how to get them.
public let peersNeeded = """
  needs other programs' Python packages: run Tests/run.sh where PyPI can be reached, or set \
  GOBBET_PEERS_PYTHON to a Python with what Tests/peers.txt lists
  """
