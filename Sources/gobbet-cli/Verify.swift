import ArgumentParser
import Gobbet

/// `gobbet verify`: whether everything in a file is as it was written.
struct Verify: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Check every checksum, index and id of .gobbet files.",
    discussion: "Exits with 1 if a file is damaged, and says where the first fault is.")

  @Argument(help: "The files.") var inputs: [String]
  @Flag(help: "Print one JSON object a file.") var json = false

  private struct Report: Encodable {
    let file: String
    let ok: Bool
    let sections: Int?
    let content_id: String?
    let fault: String?
  }

  func run() throws {
    var damaged = 0
    for input in inputs {
      do {
        let container = try FileVerification(path: input).container
        if json {
          try printJSON(
            Report(
              file: input, ok: true, sections: container.sections.count,
              content_id: "\(container.contentID)", fault: nil))
        } else {
          print(
            "\(input): ok, \(container.sections.count) sections, content id \(container.contentID)")
        }
      } catch let error as FileError {
        throw error
      } catch {
        damaged += 1
        if json {
          try printJSON(
            Report(file: input, ok: false, sections: nil, content_id: nil, fault: "\(error)"))
        } else {
          note("gobbet: \(error)")
        }
      }
    }
    if damaged > 0 { throw ExitCode(ExitStatus.negative.rawValue) }
  }
}
