import ArgumentParser
import Gobbet

/// `gobbet verify`: whether everything in a file is as it was written.
struct Verify: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Check every checksum, index, id and signature of .gobbet files.",
    discussion: """
      Exits with 1 if a file is damaged, and says where the first fault is. In a folder of shards, \
      every file is checked and compared with the manifest; in any other, every .gobbet file is checked.
      """)

  @Argument(help: "The files, or folders of them.") var inputs: [String]
  @Option(help: "The public key of the signer: 64 hexadecimal digits or a file of them.")
  var key: String?
  @Flag(help: "Print one JSON object per file.") var json = false
  @OptionGroup var progressOptions: ProgressOptions

  func run() async throws {
    let publicKey = try key.map { try KeyFiles.publicKey($0) }
    var damaged = 0
    Interruption.watch("nothing was changed, run the command again")
    for input in try inputs.flatMap({ try VerificationInput.all(at: $0) }) {
      let report = try await report(on: input, publicKey)
      damaged += report.isWhole ? 0 : 1
      if json {
        try writeJSON(report.json)
      } else if let fault = report.fault {
        note("gobbet: \(fault)")
      } else {
        try writeLine(
          "\(input.path): ok, \((report.sectionCount ?? 0).grouped("section")), "
            + "content id \(report.contentID ?? "")"
            + (report.signer.map { ", signed by \($0)" } ?? ""))
      }
    }
    if damaged > 0 { throw ExitCode(ExitStatus.negative.rawValue) }
  }

  private func report(
    on input: VerificationInput, _ publicKey: [UInt8]?
  ) async throws -> VerificationReport {
    let progress = Progress(progressOptions)
    defer { progress.finish() }
    do {
      let verification = try await FileVerification(input.opened(), signedBy: publicKey) {
        progress.showBytes($0, of: $1)
      }
      return VerificationReport(input.path, verification)
    } catch {
      // Neither says what is in the file.
      if error is FileError || error is CancellationError { throw error }
      return VerificationReport(input.path, fault: error)
    }
  }
}
