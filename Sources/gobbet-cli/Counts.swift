import ArgumentParser
import Gobbet

/// `gobbet counts`: corpus → counted pretokens, in a file, which others add to and train on.
struct Counts: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "counts",
    abstract: "Count the pretokens of a corpus, and merge and prune the files of counts.",
    discussion: """
      'gobbet train --counts' trains on such files. Parts of a corpus can be counted on several \
      machines; merging their files gives the same bytes as counting the whole corpus.
      """,
    subcommands: [CountsOfCorpus.self, CountsMerge.self, CountsPrune.self],
    defaultSubcommand: CountsOfCorpus.self)
}

/// `gobbet counts INPUTS`.
struct CountsOfCorpus: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "of", abstract: "Count the pretokens of a corpus.")

  @OptionGroup var input: InputOptions
  @OptionGroup var output: OutputOptions
  @OptionGroup var pattern: PatternOptions
  @OptionGroup var counting: CountingOptions
  @OptionGroup var threads: ThreadOptions
  @OptionGroup var report: ReportOptions

  private struct Report: Encodable {
    let output: String
    let documents: Int
    let bytes: Int
    let unique_pretokens: Int
    let cut_pretokens: Int
  }

  func run() async throws {
    let run = try counting.run(input, try pattern.chosen(), threads, for: output)
    try output.checkWritable([output.output])
    Interruption.watch()
    let progress = Progress(report.progress)
    let counted = try await run.result { state in
      progress.update(state.description)
      return !Interruption.isRequested
    }
    progress.finish()
    try run.corpus.finish()
    try counted.write(to: output.output, replacing: output.force)
    if report.json {
      try writeJSON(
        Report(
          output: output.output, documents: counted.documentCount, bytes: counted.byteCount,
          unique_pretokens: counted.uniquePretokenCount, cut_pretokens: counted.cutPretokenCount))
      return
    }
    try writeLine(
      """
      \(output.output): \(counted.uniquePretokenCount.grouped("unique pretoken")) of \
      \(counted.byteCount.grouped("byte")) in \(counted.documentCount.grouped("document"))
      """)
    noteCuts(counted.cutPretokenCount, counting)
  }
}

/// `gobbet counts merge`.
struct CountsMerge: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "merge", abstract: "Merge files of counts by adding them up.")

  @Argument(help: "The files of counts, all made with the same pattern.") var inputs: [String]
  @OptionGroup var output: OutputOptions

  func run() throws {
    let merged = try PretokenCountsFile.merge(
      inputs, to: output.output, replacing: output.force)
    try writeLine("\(output.output): \(merged.uniqueCount.grouped("unique pretoken"))")
  }
}

/// `gobbet counts prune`.
struct CountsPrune: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "prune", abstract: "Leave out rare pretokens.")

  @Argument(help: "The file of counts.") var input: String
  @OptionGroup var output: OutputOptions
  @Option(
    parsing: .unconditional, help: "Keep pretokens that occur at least this often.",
    transform: Number.whole(1...1_000_000_000_000))
  var minimumCount: UInt64

  func run() throws {
    let whole = try PretokenCountsFile(path: input)
    let kept = try whole.prune(
      below: minimumCount, to: output.output, replacing: output.force)
    try writeLine(
      """
      \(output.output): \(kept.uniqueCount.grouped("unique pretoken")) of \
      \(whole.uniqueCount.grouped)
      """)
  }
}

/// Says how many pretokens were counted in pieces.
func noteCuts(_ count: Int, _ options: CountingOptions) {
  guard count > 0 else { return }
  note(
    """
    gobbet: cut \(count.grouped("pretoken")) longer than \
    \(options.maximumPretokenLength.grouped) bytes
    """)
}
