import ArgumentParser
import Gobbet

/// `gobbet inspect`: what a file holds.
struct Inspect: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show what a file holds: its sections, their sizes, what they mean.",
    discussion: "Of tiktoken ranks, tokenizer.json and safetensors it shows what they mean.")

  @Argument(help: "The file.") var input: String
  @Flag(
    help: "List every tensor: its smallest, largest and mean element, and how many are no number.")
  var tensors = false
  @Flag(help: "Print one JSON object.") var json = false

  func run() throws {
    if let report = try ForeignReport(input, listingTensors: tensors) {
      if json { try writeJSON(report) } else { try writeLine(report.text) }
      return
    }
    let container = try ContainerReader(path: input)
    let report = try InspectionReport(container, listingTensors: tensors)
    if json { try writeJSON(report) } else { try writeLine(report.text) }
  }
}
