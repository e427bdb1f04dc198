import ArgumentParser
import Gobbet

/// Where documents come from.
struct InputOptions: ParsableArguments {
  @Argument(
    help: ArgumentHelp(
      """
      Files, folders, patterns such as 'a/*.jsonl', or - for standard input; plain, or compressed by gzip, \
      zstd, bzip2, xz or lz4.
      """,
      valueName: "inputs"))
  var paths: [String] = []

  @Option(help: "A file that lists further inputs, one per line, or - for standard input.")
  var filesFrom: String?

  @Option(help: "The format of the inputs; auto goes by the content and the name of each file.")
  var format = Named(CorpusFormat.automatic)

  @Option(
    help: "The key of the text in each JSON object; a.b for nested keys. (default: text)")
  var textKey: String?

  @Option(
    help:
      "The separator of documents in text files, such as '<|end|>' or '\\n\\n'. (default: none)")
  var separator: Separator?

  @Option(help: "What to do with JSON lines that hold no text: fail or skip.")
  var badLines: BadLines?

  @Option(
    help: "The file to write JSON lines without text to, as they are; implies --bad-lines skip.")
  var badLinesFile: String?

  /// Whether inputs are named, rather than left to be standard input.
  var isGiven: Bool { !paths.isEmpty || filesFrom != nil }

  /// The first option given that says how inputs are read; nil if there is none.
  var readingOption: String? {
    if format.value != .automatic { return "--format" }
    if textKey != nil { return "--text-key" }
    if separator != nil { return "--separator" }
    if badLines != nil { return "--bad-lines" }
    return badLinesFile != nil ? "--bad-lines-file" : nil
  }

  func validate() throws {
    if badLinesFile != nil, badLines == .fail {
      throw ValidationError("--bad-lines-file: doesn't go with --bad-lines fail")
    }
    if format.value == .jsonLines, separator != nil {
      throw ValidationError("--separator: ends texts, and --format jsonl has none")
    }
    if format.value == .text {
      for (option, isGiven) in [
        ("--text-key", textKey != nil), ("--bad-lines", badLines != nil),
        ("--bad-lines-file", badLinesFile != nil),
      ] where isGiven {
        throw ValidationError("\(option): is for JSON, and --format text reads none")
      }
    }
  }

  /// The inputs: those that are named and those in the list; standard input if there are none.
  ///
  /// - Throws: ``FileError`` if the list cannot be read; ``Failure`` if it names nothing, or if bad
  ///   lines would go into one of them.
  func inputs() throws -> [String] {
    let inputs = try namedInputs()
    if let badLinesFile {
      try checkIsApart(badLinesFile, from: inputs, option: "--bad-lines-file")
    }
    return inputs
  }

  private func namedInputs() throws -> [String] {
    guard let filesFrom else { return paths.isEmpty ? ["-"] : paths }
    let lines = try readAll(filesFrom).split { $0 == 0x0A || $0 == 0x0D }
    guard !lines.isEmpty || !paths.isEmpty else {
      throw Failure(.badData, "\(filesFrom): is empty")
    }
    let listed = lines.map { pathText($0) }
    for path in listed { try checkIsLocal(path) }
    return paths + listed
  }

  /// How they are read, as the library takes it, with a log for what is left out.
  ///
  /// - Parameter replacing: Whether the file of bad lines may be there already; nil for verbs that
  ///   replace nothing.
  /// - Throws: ``FileError`` or ``Failure`` if the file of bad lines cannot be written.
  func corpus(replacing: Bool? = nil) throws -> CorpusOptions {
    if replacing == nil, let badLinesFile, isThere(badLinesFile) {
      throw Failure(
        .cannotCreate,
        "--bad-lines-file: \(badLinesFile) is there already; give another name, or remove it")
    }
    let log = try badLinesFile.map {
      try CorpusLog(badLinesPath: $0, replacing: replacing ?? false)
    }
    return corpus(log: log ?? CorpusLog())
  }

  /// The same with a log at hand.
  func corpus(log: CorpusLog) -> CorpusOptions {
    CorpusOptions(
      format: format.value, textKey: textKey, textSeparator: separator?.bytes,
      badLines: badLinesFile != nil ? .keepAside : badLines == .skip ? .skip : .fail, log: log)
  }
}

extension CorpusOptions {
  /// Ends the reading of a corpus: puts the file of bad lines in its place and says on standard error
  /// what was left out.
  ///
  /// - Throws: ``FileError``.
  func finish() throws {
    try log?.finish()
    for line in log?.notes ?? [] { note("gobbet: \(line)") }
  }
}

/// Where a new file goes whose format its name, or an option, decides.
struct NamedOutputOptions: ParsableArguments {
  @Option(name: .shortAndLong, help: "The file to write.")
  var output: String

  @Flag(name: .shortAndLong, help: "Replace the output if it exists.")
  var force = false
}

/// Where a new `.gobbet` file, or a folder of them, goes.
struct OutputOptions: ParsableArguments {
  @Option(name: .shortAndLong, help: "The file to write.")
  var output: String

  @Flag(name: .shortAndLong, help: "Replace the output if it exists.")
  var force = false

  func validate() throws { try checkIsGobbetOutput(output) }

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

  @OptionGroup var progress: ProgressOptions
  var quiet: Bool { progress.quiet }
}

/// Whether to show how far a job is.
struct ProgressOptions: ParsableArguments {
  @Flag(name: .shortAndLong, help: "Show no progress.")
  var quiet = false

  @Flag(
    help: """
      Show progress even if standard error isn't a terminal: a line every 30 seconds. (default: only on \
      a terminal)
      """)
  var progress = false

  /// Whether the user said anything about it.
  var isGiven: Bool { quiet || progress }

  func validate() throws {
    if quiet, progress { throw ValidationError("--progress: doesn't go with --quiet") }
  }
}

/// How many threads work.
struct ThreadOptions: ParsableArguments {
  @Option(
    name: [.customShort("T"), .long], parsing: .unconditional,
    help: "How many threads work; the result is the same. (default: one per core)",
    transform: Number.whole(0...maximumWorkerCount))
  var threads = 0

  /// The number to use.
  var count: Int { threads == 0 ? min(processorCount, maximumWorkerCount) : threads }
}

/// Which vocabulary to use.
struct VocabularyOptions: ParsableArguments {
  @Option(
    name: [.customShort("v"), .long],
    help: """
      A .gobbet vocabulary, a tiktoken file, a tokenizer.json, a tekken.json, a vocab.json, a \
      vocab.txt, a SentencePiece model or a GGUF; or the name of one that a cache of this \
      machine has: \(KnownVocabulary.names); or a repository in Hugging Face's cache.
      """)
  var vocabulary: String

  @Option(
    help: """
      The pattern to split text by, if the file doesn't say: \(SplitPattern.listed); or a regular \
      expression, like tiktoken's pat_str.
      """,
    transform: PatternName.orExpression)
  var pattern: PatternName?

  @OptionGroup var ranks: RankOptions

  /// Reads the file.
  func load() throws -> Vocabulary {
    try loadVocabulary(
      vocabulary, pattern: pattern?.pattern, specialTokens: ranks.specialTokens,
      specials: ranks.specials.map(\.token))
  }
}
