import ArgumentParser
import Gobbet

/// `gobbet recover`: a damaged file → what is whole of it.
struct Recover: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "recover",
    abstract: "Save the intact sections of a damaged .gobbet file.",
    discussion: """
      Sections are found by scanning the file, even if its tables are damaged. Exits with 1 if \
      something was lost, and says what.
      """)

  @Argument(help: "The damaged file.") var input: String
  @Option(name: .shortAndLong, help: "The file to write; it must not exist.") var output: String
  @Flag(help: "Print one JSON object.") var json = false
  @OptionGroup var progressOptions: ProgressOptions

  private struct Report: Encodable {
    struct Part: Encodable {
      let kind: String
      let name: String
      let bytes: Int
    }

    let recovered: [Part]
    let faults: [String]
    let lost_bytes: Int
  }

  func validate() throws { try checkIsGobbetOutput(output) }

  func run() throws {
    guard !isThere(output) else {
      throw Failure(.cannotCreate, "\(output): cannot create: file exists, and nothing is replaced")
    }
    let progress = Progress(progressOptions)
    let recovery = try ContainerReader.recover(input, to: output) { progress.showBytes($0, of: $1) }
    progress.finish()
    if json {
      try writeJSON(
        Report(
          recovered: recovery.recovered.map {
            Report.Part(kind: $0.kind.description, name: $0.name, bytes: $0.byteCount)
          },
          faults: recovery.faults.map(\.description), lost_bytes: recovery.lostByteCount))
    } else {
      try writeLine("\(output): \(recovery.recovered.count.grouped("whole section"))")
      for fault in recovery.faults { try writeLine("lost: \(fault)") }
      if recovery.lostByteCount > 0 {
        try writeLine(
          "lost: \(recovery.lostByteCount.grouped("byte")) that belong to no whole section")
      }
    }
    guard recovery.faults.isEmpty, recovery.lostByteCount == 0 else {
      throw ExitCode(ExitStatus.negative.rawValue)
    }
  }
}
