import ArgumentParser
import Gobbet

/// Where documents come from.
struct InputOptions: ParsableArguments {
  @Argument(help: "Files, directories, or - for standard input; plain, gzip or zstd.")
  var inputs: [String] = ["-"]

  @Option(help: "text, jsonl, or auto: by the name of each file.")
  var format: CorpusFormat = .automatic

  @Option(help: "The key of a JSON line that holds the text; a.b for nested ones.")
  var textKey = "text"

  /// The same, as the library takes it.
  var corpus: CorpusOptions { CorpusOptions(format: format, textKey: textKey) }
}

/// Where a new file goes.
struct OutputOptions: ParsableArguments {
  @Option(name: .shortAndLong, help: "The file to write.")
  var output: String

  @Flag(name: .shortAndLong, help: "Replace the output if it exists.")
  var force = false

  /// Finds out before long work whether files of these names can be written in the end.
  ///
  /// - Throws: ``FileError`` (`create`); nothing is left behind either way.
  func checkWritable(_ names: [String]) throws {
    for name in names { _ = try AtomicFile(name, replacing: force) }
  }
}

/// How much is said, and how.
struct ReportOptions: ParsableArguments {
  @Flag(help: "Print the result as one JSON object.")
  var json = false

  @Flag(name: .shortAndLong, help: "No progress on standard error.")
  var quiet = false
}

/// How many threads work.
struct ThreadOptions: ParsableArguments {
  @Option(name: [.customShort("T"), .long], help: "Threads; 0 for one a core. Changes no result.")
  var threads = 0

  func validate() throws {
    guard threads >= 0 else { throw ValidationError("--threads: not below 0") }
  }

  /// The number to use.
  var count: Int { threads == 0 ? processorCount : threads }
}

/// Which vocabulary to use.
struct VocabularyOptions: ParsableArguments {
  @Option(
    name: [.customShort("v"), .long],
    help: "A .gobbet vocabulary, a tiktoken file, a tokenizer.json, or a vocab.json.")
  var vocabulary: String

  @Option(help: "How text is split, for files that do not say (tiktoken's): \(Pattern.listed).")
  var pattern: PatternName?

  /// Reads the file.
  func load() throws -> Vocabulary {
    try Vocabulary(recognizing: vocabulary, pattern: pattern?.pattern)
  }
}
