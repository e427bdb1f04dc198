import ArgumentParser
import Gobbet

/// `gobbet inspect`: what a file holds.
struct Inspect: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show what a .gobbet file holds: its sections, their sizes, what they mean.")

  @Argument(help: "The file.") var input: String
  @Flag(help: "List every tensor.") var tensors = false
  @Flag(help: "Print one JSON object.") var json = false

  func run() throws {
    let container = try ContainerReader(path: input)
    let report = try InspectionReport(container, listingTensors: tensors)
    if json { try printJSON(report) } else { print(report.text) }
  }
}
