import ArgumentParser
import Gobbet

/// How a dataset made out of others is written.
struct DatasetOutputArguments: ParsableArguments {
  @OptionGroup var output: OutputOptions

  @Option(help: "The codec that stores the tokens. (default: the input's)")
  var codec: Named<TokenCodec>?

  @Option(
    parsing: .unconditional,
    help: "Write a folder of shards of about this many tokens each, such as 100M.",
    transform: Number.quantity)
  var shardTokens: Quantity?

  /// Refuses an output that is a folder where a file is to be written.
  ///
  /// - Throws: ``Failure`` (`cannotCreate`).
  func check() throws(Failure) {
    if shardTokens == nil { try checkIsNoFolder(output.output) }
  }

  /// The same, as the library takes it.
  var options: DatasetOutputOptions {
    DatasetOutputOptions(
      codec: codec?.value, shardTokenCount: shardTokens?.value, replaces: output.force)
  }
}

/// `gobbet merge`: several datasets → one.
struct Merge: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "merge",
    abstract: "Concatenate token datasets.")

  @Argument(help: "The datasets: .gobbet files or folders of shards.")
  var inputs: [String]

  @Option(help: "The split to read when an input is a folder of shards.")
  var split = DatasetSplit.train

  @OptionGroup var output: DatasetOutputArguments
  @OptionGroup var report: ReportOptions

  func run() throws {
    try output.check()
    let datasets = try inputs.map { try TokenDataset(recognizing: $0, split: split) }
    try writeDataset(
      output.output.output, report, total: datasets.reduce(0) { $0 + $1.tokenCount }
    ) { progress in
      try DatasetMerging(datasets, options: output.options).write(
        to: output.output.output, progress: progress)
    }
  }
}

/// `gobbet shuffle`: a dataset → its documents in another order.
struct Shuffle: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "shuffle",
    abstract: "Shuffle the documents of a token dataset.",
    discussion: """
      The order depends on the seed only, not on the memory used. Temporary files beside the output \
      take 8 bytes per token.
      """)

  @Argument(help: "The dataset: a .gobbet file or a folder of shards.")
  var input: String

  @Option(
    parsing: .unconditional, help: "The seed of the order. (default: 0)",
    transform: Number.whole(0...UInt64.max))
  var seed: UInt64 = 0

  @Option(
    parsing: .unconditional, help: "About how much memory to use, such as 64M. (default: 256M)",
    transform: Number.bytes(atLeast: 1 << 20))
  var memory: ByteCount?

  @Option(help: "The split to read when the input is a folder of shards.")
  var split = DatasetSplit.train

  @OptionGroup var output: DatasetOutputArguments
  @OptionGroup var report: ReportOptions

  func run() throws {
    try output.check()
    let dataset = try TokenDataset(recognizing: input, split: split)
    try writeDataset(output.output.output, report, total: 2 * dataset.tokenCount) { progress in
      try DatasetShuffling(
        dataset, seed: seed, memoryByteBudget: memory?.value ?? 256 << 20, options: output.options
      ).write(to: output.output.output, progress: progress)
    }
  }
}

private struct DatasetReport: Encodable {
  let output: String
  let documents: Int
  let tokens: Int
}

/// Runs `body`, shows how far of `total` tokens it is, and says what it has written at `path`.
func writeDataset(
  _ path: String, _ report: ReportOptions, total: Int, _ body: ((Int) -> Bool) throws -> Void
) throws {
  Interruption.watch()
  let progress = Progress(report.progress)
  try body { count in
    progress.showTokens(count, of: total)
  }
  progress.finish()
  let dataset = try TokenDataset(recognizing: path)
  if report.json {
    try writeJSON(
      DatasetReport(output: path, documents: dataset.documentCount, tokens: dataset.tokenCount))
  } else {
    try writeLine(
      "\(path): \(dataset.tokenCount.grouped("token")) of "
        + dataset.documentCount.grouped("document"))
  }
}
