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
    help: "The dictionary to take the tensors from in a PyTorch checkpoint, as optimizer.state.")
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
    let listing = tensors ? progress : nil
    if let report = try ForeignReport(file, key: key, listingTensors: listing) {
      progress.finish()
      if json { try writeJSON(report) } else { try writeLines(report.lines) }
      return
    }
    if key != nil { throw Failure(.usage, "--key: \(input) isn't a checkpoint of PyTorch") }
    let container: ContainerReader
    do {
      container = try file.container()
    } catch let error as FormatError {
      // What is damaged is told by the reader, what is something else by its own name.
      guard case .notAContainer("it begins otherwise") = error.code else { throw error }
      throw try FileDescription.error(file, wanted: "a vocabulary, tokens or weights")
    }
    let report = try InspectionReport(container, listingTensors: listing)
    progress.finish()
    if json { try writeJSON(report) } else { try writeLines(report.lines) }
  }
}
