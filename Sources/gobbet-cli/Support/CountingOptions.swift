import ArgumentParser
import Gobbet

/// Which part of a corpus is counted, and with how much memory.
struct CountingOptions: ParsableArguments {
  @Option(help: "Memory for counting, as 256M; what is more goes to disk and changes no result.")
  var memory: ByteCount?

  @Option(help: "Where it goes. (default: the folder of the output)")
  var temporaryFolder: String?

  @Option(help: "Read no more of the inputs than the document with this byte, as 4G.")
  var limit: ByteCount?

  @Option(help: "Cut pretokens longer than this many bytes, at most 65535.")
  var maximumPretokenLength = TokenTable.maximumTokenByteCount

  func validate() throws {
    guard (1...TokenTable.maximumTokenByteCount).contains(maximumPretokenLength) else {
      throw ValidationError("--maximum-pretoken-length: 1 to \(TokenTable.maximumTokenByteCount)")
    }
    if let memory, memory.value < 1 << 20 {
      throw ValidationError("--memory: not below 1M")
    }
  }

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
