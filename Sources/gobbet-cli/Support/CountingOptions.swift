import ArgumentParser
import Gobbet

/// Which part of a corpus is counted, and with how much memory.
struct CountingOptions: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: "Memory for counting, as 256M. Further counts go to disk, with the same result.",
    transform: Number.bytes(atLeast: 1 << 20))
  var memory: ByteCount?

  @Option(help: "The folder for those counts. (default: the folder of the output)")
  var temporaryFolder: String?

  @Option(
    parsing: .unconditional,
    help: "Stop reading after the document that holds this byte of the inputs, as 4G.",
    transform: Number.bytes())
  var limit: ByteCount?

  @Option(
    parsing: .unconditional, help: "Cut pretokens that are longer than this many bytes.",
    transform: Number.whole(1...TokenTable.maximumTokenByteCount))
  var maximumPretokenLength = TokenTable.maximumTokenByteCount

  /// Whether any of them was given.
  var isGiven: Bool {
    memory != nil || temporaryFolder != nil || limit != nil
      || maximumPretokenLength != TokenTable.maximumTokenByteCount
  }

  /// A run with these options that works for the file at `output`.
  func run(
    _ input: InputOptions, _ pattern: SplitPattern, _ threads: ThreadOptions,
    for output: OutputOptions
  ) throws -> PretokenCountingJob {
    var run = PretokenCountingJob(
      inputs: try input.inputs(), corpus: try input.corpus(replacing: output.force),
      pattern: pattern, workerCount: threads.count)
    run.memoryByteBudget = memory?.value
    run.temporaryFolder = temporaryFolder ?? folder(of: output.output)
    run.byteLimit = limit?.value
    run.maximumPretokenLength = maximumPretokenLength
    return run
  }
}
