import ArgumentParser
import Gobbet

/// `gobbet merge-lora`: weights + a low-rank adapter → weights.
struct MergeLoRA: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "merge-lora",
    abstract: "Merge a low-rank adapter into weights: W += (alpha / r) (A B)ᵀ.",
    discussion: """
      The adapter is a folder as PEFT saves it, a file with adapter_config.json beside it, or the \
      matrices of the book's appendix E (….lora.A, ….lora.B), for which --alpha is needed and \
      which may be in the weights' own file. Weights may be in any format that convert reads, and are \
      written as it writes them.
      """)

  @Argument(help: "The weights.") var weights: String
  @Argument(help: "The adapter.") var adapter: String
  @OptionGroup var output: NamedOutputOptions
  @OptionGroup var options: WeightsOptions

  @Option(
    parsing: .unconditional, help: "The alpha of the scale alpha / r. (default: the adapter's)",
    transform: Number.real(0.000_001...1_000_000))
  var alpha: Double?

  @OptionGroup var progressOptions: ProgressOptions

  func validate() throws { try checkIsNamed(output.output) }

  func run() throws {
    let format = try options.format(ofFileNamed: output.output)
    let progress = Progress(progressOptions)
    defer { progress.finish() }
    Interruption.watch()
    let merged = try WeightsOptions.checked {
      try options.conversion(format).mergeLoRA(
        adapter, into: weights, alpha: alpha, to: output.output, format: format,
        replacing: output.force, progress: progress.converting)
    }
    progress.finish()
    merged.result.printNotes(for: output.output)
    try writeLine(
      "\(output.output): \(merged.result.text), \(merged.updateCount.grouped("layer")) changed")
  }
}
