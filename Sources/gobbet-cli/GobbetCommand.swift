import ArgumentParser
import Gobbet

/// The command: it parses, calls the library and prints.
@main struct GobbetCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "gobbet",
    abstract:
      "Train BPE vocabularies, pack corpora into token files, convert weights, run language models.",
    discussion: """
      Text comes from files, folders and - for standard input, plain, or compressed by gzip, zstd, bzip2, \
      xz or lz4. The content of a file says what it is. Results go to standard output, everything else to standard error.

      Exit codes: 0 done, 1 a negative answer, 2 usage, 65 bad data, 66 no input, 73 cannot create, \
      74 reading or writing failed; 130, 143, 129 and 141 ended by INT, TERM, HUP or PIPE.
      """,
    version: "\(gobbetVersion)",
    subcommands: [
      Train.self, Counts.self, Encode.self, Tokens.self, Decode.self, Count.self, Pack.self,
      Merge.self,
      Shuffle.self, Export.self, Import.self, Inspect.self,
      Verify.self, Diff.self, Recover.self, Sign.self, Convert.self, VocabularyCommand.self,
      MergeLoRA.self, ReportCommand.self, Generate.self, Evaluate.self, Logits.self, Embed.self,
    ])

  static func main() async {
    fillStandardStreams()
    Interruption.begin()
    Interruption.takeFileSizeLimitAsError()
    do {
      let arguments = commandLineArguments()
      try checkVerb(arguments)
      try checkAddresses(arguments)
      try checkRepeatedOptions(arguments)
      var command = try parseAsRoot(arguments)
      if var asynchronous = command as? any AsyncParsableCommand {
        try await asynchronous.run()
      } else {
        try command.run()
      }
      noteReplacedFrames()
      try StandardOutput.finish()
    } catch {
      noteReplacedFrames()
      end(with: error)
    }
  }

  /// Says so if libzstd made frames that did not decode to what they were made of.
  private static func noteReplacedFrames() {
    let count = ReplacedFrames.count
    guard count > 0 else { return }
    note(
      "gobbet: this libzstd compressed \(count.grouped("block")) wrongly; the output is right, "
        + "since they were stored at a lower level")
  }
}
