import ArgumentParser
import Gobbet

/// `gobbet inspect`: what a file holds.
struct Inspect: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Show what a file holds: its sections, their sizes and their contents.",
    discussion: "Vocabularies and weights in other formats are shown, too.")

  @Argument(help: "The file.") var input: String
  @Flag(
    help: "List every tensor, with its smallest, largest and mean element and how many are NaN.")
  var tensors = false
  @Option(
    help: "The dictionary of a PyTorch checkpoint to take tensors from, such as optimizer.state.")
  var key: String?

  @Flag(help: "Print one JSON object.") var json = false
  @OptionGroup var progressOptions: ProgressOptions

  func validate() throws {
    if progressOptions.isGiven, !tensors {
      let option = progressOptions.quiet ? "--quiet" : "--progress"
      throw ValidationError("\(option): has no effect without --tensors")
    }
  }

  func run() throws {
    let file = try OpenedFile(input)
    let progress = Progress(progressOptions)
    defer { progress.finish() }
    let listing: InspectionReport.Progress? =
      tensors ? { _ = progress.showBytes($0, of: $1) } : nil
    let inspection = try WeightsOptions.checked {
      try FileInspection(file, key: key, listingTensors: listing)
    }
    progress.finish()
    if json { try writeJSON(inspection.json) } else { try writeLines(inspection.lines) }
  }
}
