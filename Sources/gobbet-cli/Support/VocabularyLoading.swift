import ArgumentParser
import Gobbet

/// The vocabulary in the file at `path`, or, where there is none, that of the name that `path` is.
///
/// `specials` are special tokens that the file doesn't say.
/// - Throws: ``Failure``; the errors of reading it.
func loadVocabulary(
  _ path: String, pattern: SplitPattern? = nil, specialTokens: String? = nil,
  specials: [SpecialToken] = [], refusingUnusedPattern: Bool = false
) throws -> Vocabulary {
  if let known = KnownVocabulary(named: path), !isThere(path) {
    if pattern != nil { throw Failure(.usage, "--pattern: \(path) already says how text is split") }
    if !specials.isEmpty {
      throw Failure(.usage, "--special: \(path) has special tokens of its own")
    }
    return try known.load(specialTokens: specialTokens)
  }
  return try loadVocabulary(
    vocabularyFile(path), path, pattern: pattern, specialTokens: specialTokens,
    specials: specials, refusingUnusedPattern: refusingUnusedPattern)
}

/// The vocabulary in an open file, which `path` led to.
func loadVocabulary(
  _ file: OpenedFile, _ path: String, pattern: SplitPattern? = nil, specialTokens: String? = nil,
  specials: [SpecialToken] = [], refusingUnusedPattern: Bool = false
) throws -> Vocabulary {
  let leavesThemOpen = try file.format() == .tiktoken
  for (option, isGiven) in [
    ("--special-tokens", specialTokens != nil), ("--special", !specials.isEmpty),
  ] where isGiven && !leavesThemOpen {
    throw Failure(.usage, "\(option): \(path) has special tokens of its own")
  }
  if refusingUnusedPattern, pattern != nil, try !Vocabulary.leavesPatternOpen(file) {
    throw Failure(.usage, "--pattern: \(path) already says how text is split")
  }
  return try Vocabulary(file, pattern: pattern, specialTokens: specialTokens, specials: specials)
}

/// The open file that `path` leads to: itself, that of a folder, or that of a repository of Hugging
/// Face's in its cache.
private func vocabularyFile(_ path: String) throws -> OpenedFile {
  guard !isThere(path), path != "-" else { return try OpenedFile(Vocabulary.file(in: path)) }
  if FileFormat(ofFileNamed: path) == nil {
    if let snapshot = HubSnapshot(named: path) { return try snapshot.file() }
    if !path.contains("/"), !path.contains(".") {
      throw Failure(
        .noInput,
        "\(path): no such file, and no known name: those are \(KnownVocabulary.names), and "
          + "repositories in Hugging Face's cache, such as Qwen/Qwen3-0.6B")
    }
  }
  return try OpenedFile(path)
}

/// A special token that a file doesn't say, as `NAME=ID` names it.
struct SpecialTokenArgument: ExpressibleByArgument {
  let token: SpecialToken

  init?(argument: String) {
    // A name may hold an equals sign, an id can't.
    guard let mark = argument.lastIndex(of: "="), mark != argument.startIndex,
      let id = TokenID(argument[argument.index(after: mark)...]), id < TokenTable.maximumCount
    else { return nil }
    token = SpecialToken(String(argument[..<mark]), id: id)
  }
}

/// What a file of ranks leaves open besides how text is split.
struct RankOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The set of special tokens, for tiktoken files that go with several, such as o200k_harmony.",
      valueName: "name"))
  var specialTokens: String?

  @Option(
    name: .customLong("special"),
    help: ArgumentHelp(
      "A special token and its id, for tiktoken files, which list none; repeatable.",
      valueName: "name=id"))
  var specials: [SpecialTokenArgument] = []
}
