import ArgumentParser
import Gobbet

/// The command: it parses, calls the library and prints.
///
/// Results go to standard output, everything else to standard error. Exit codes: 0 done, 1 a
/// negative answer, 2 usage, 65 bad data, 66 no input, 73 cannot create, 74 input or output
/// failed, 130 interrupted.
@main struct GobbetCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "gobbet",
    abstract:
      "Trains byte-level BPE vocabularies, packs corpora into token files, runs small GPTs.",
    version: "0.1.0",
    subcommands: [
      Train.self, Counts.self, Encode.self, Decode.self, Count.self, Pack.self, Merge.self,
      Shuffle.self, Export.self, Import.self, Inspect.self,
      Verify.self, Diff.self, Recover.self, Sign.self, Convert.self, VocabularyCommand.self,
      MergeLoRA.self, Generate.self, Evaluate.self,
    ])

  static func main() async {
    Interruption.takeFileSizeLimitAsError()
    do {
      var command = try parseAsRoot(commandLineArguments())
      if var asynchronous = command as? any AsyncParsableCommand {
        try await asynchronous.run()
      } else {
        try command.run()
      }
    } catch {
      end(with: error)
    }
  }
}
