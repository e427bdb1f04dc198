import ArgumentParser
import Gobbet

/// `gobbet diff`: how two files differ in what they hold.
struct Diff: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff",
    abstract: "Compare the contents of two files, not their bytes.",
    discussion: """
      Vocabularies, tokens and tensors are compared whatever codec stores them. Weights and \
      vocabularies may be in any format that convert reads. Exits with 0 if both files hold the same, with 1 if they don't.
      """)

  @Argument(help: "The first file.") var first: String
  @Argument(help: "The second file.") var second: String
  @Flag(help: "Print one JSON object.") var json = false
  @OptionGroup var progressOptions: ProgressOptions

  func run() throws {
    let progress = Progress(progressOptions)
    let comparison = try FileComparison(first, second) { progress.showBytes($0, of: $1) }
    progress.finish()
    if json {
      try writeJSON(ComparisonReport(comparison))
    } else if !comparison.isSame {
      try writeLines(ComparisonReport(comparison).lines)
    }
    if !comparison.isSame { throw ExitCode(ExitStatus.negative.rawValue) }
  }
}
