import ArgumentParser
import Foundation
import Gobbet
import GobbetSystem

/// Loads a vocabulary in fresh processes, up to its first encoded text.
struct LoadBench: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "load",
    abstract: "CPU time until a vocabulary is ready to encode, each run in a fresh process.")

  @Option(help: "A .gobbet vocabulary, a tiktoken file or a tokenizer.json.")
  var vocabulary: String

  @Option(help: "The name of the pattern, for files that do not say.")
  var pattern: String?

  @Option(help: "How many processes.")
  var runs = 11

  @Flag(help: "Load once in this process.")
  var once = false

  private struct Once: Codable {
    let load_cpu_ms: Double
    let process_cpu_ms: Double
  }

  private struct Report: Encodable {
    let load_cpu_ms: Double
    let smallest_load_cpu_ms: Double
    let process_cpu_ms: Double
    let runs: Int
  }

  func validate() throws {
    guard runs > 0 else { throw ValidationError("--runs: at least 1") }
  }

  func run() async throws {
    let pattern = try pattern.map { try namedPattern($0) }
    if once {
      let seconds = try cpuSeconds {
        _ = Tokenizer(try Vocabulary(recognizing: vocabulary, pattern: pattern)).encoded("hello")
      }
      let process = ProcessUsage().cpuSeconds
      try printJSON(
        Once(
          load_cpu_ms: (seconds * 1000).rounded(2), process_cpu_ms: (process * 1000).rounded(2)))
      return
    }
    let results = try (0..<runs).map { _ in try freshProcess() }
    let loads = results.map(\.load_cpu_ms)
    try printJSON(
      Report(
        load_cpu_ms: median(loads), smallest_load_cpu_ms: loads.min() ?? 0,
        process_cpu_ms: median(results.map(\.process_cpu_ms)), runs: runs))
  }

  private func freshProcess() throws -> Once {
    let process = Process()
    process.executableURL = Bundle.main.executableURL
    process.arguments =
      ["load", "--once", "--vocabulary", vocabulary]
      + (pattern.map { ["--pattern", $0] } ?? [])
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let line = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw ExitCode(process.terminationStatus) }
    return try JSONDecoder().decode(Once.self, from: line)
  }
}
