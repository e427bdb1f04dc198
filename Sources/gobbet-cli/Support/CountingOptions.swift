import ArgumentParser
import Gobbet

/// Which part of a corpus is counted, and with how much memory.
struct CountingOptions: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: "Memory for counting, such as 256M. Further counts go to disk, with the same result.",
    transform: Number.bytes(atLeast: 1 << 20))
  var memory: ByteCount?

  @Option(help: "The folder for those counts. (default: the folder of the output)")
  var temporaryFolder: String?

  @Option(
    parsing: .unconditional,
    help: "Stop reading after the document that holds this byte of the inputs, such as 4G.",
    transform: Number.bytes())
  var limit: ByteCount?

  @Option(
    parsing: .unconditional,
    help: "Cut pretokens that are longer than this many bytes. (default: 65535)",
    transform: Number.whole(1...TokenTable.maximumTokenByteCount))
  var maximumPretokenLength = TokenTable.maximumTokenByteCount

  @Flag(
    help: """
      Take each line of a text file as a document, as tokenizers and sentencepiece do.
      """)
  var lines = false

  /// Whether any of them was given.
  var isGiven: Bool {
    lines || memory != nil || temporaryFolder != nil || limit != nil
      || maximumPretokenLength != TokenTable.maximumTokenByteCount
  }

  /// A run with these options that works for the file at `output`; `keepsLineEnds` says whether a line
  /// that is a document ends with its newline.
  func run(
    _ input: InputOptions, _ pattern: SplitPattern, _ threads: ThreadOptions,
    for output: OutputOptions, keepsLineEnds: Bool = true
  ) throws -> PretokenCountingJob {
    if lines, input.separator != nil || input.format.value == .jsonLines {
      throw Failure(.usage, "--lines: lines end documents; leave out --separator, --format jsonl")
    }
    var run = PretokenCountingJob(
      inputs: try input.inputs(), corpus: try input.corpus(replacing: output.force),
      pattern: pattern, workerCount: threads.count)
    run.memoryByteBudget = memory?.value
    run.temporaryFolder = temporaryFolder ?? folder(of: output.output)
    run.byteLimit = limit?.value
    run.maximumPretokenLength = maximumPretokenLength
    if lines {
      run.corpus.textSeparator = [UInt8(ascii: "\n")]
      run.corpus.keepsSeparators = keepsLineEnds
    }
    return run
  }
}
