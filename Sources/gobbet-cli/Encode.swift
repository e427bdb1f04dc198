import ArgumentParser
import Gobbet

/// `gobbet encode`: text → ids.
struct Encode: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Print the ids of text, one line per document.")

  @OptionGroup var input: InputOptions
  @OptionGroup var vocabulary: VocabularyOptions

  @Option(help: "Encode this text instead of the inputs.")
  var text: String?

  @Option(
    name: .customLong("allow-special"),
    help: "Encode this special token as one token where its text occurs; repeatable.")
  var allowedSpecials: [String] = []

  @Flag(help: "Encode every special token as one token where its text occurs.")
  var allowAllSpecials = false

  @Flag(help: "Add the special tokens of the vocabulary's post-processor to each document.")
  var addSpecialTokens = false

  @Flag(help: "Print one JSON object per document.")
  var json = false

  func validate() throws {
    guard text != nil else { return }
    if input.isGiven { throw ValidationError("--text: inputs do not go with it") }
    if let option = input.readingOption {
      throw ValidationError("\(option): is for inputs, and --text has none")
    }
  }

  func run() async throws {
    let tokenizer = Tokenizer(try vocabulary.load())
    if addSpecialTokens, tokenizer.vocabulary.pipeline.template == nil {
      throw Failure(
        .usage, "--add-special-tokens: the vocabulary has no post-processor that adds any")
    }
    var encoder = tokenizer.makeEncoder()
    let policy = try specialTokenPolicy(tokenizer.vocabulary)
    var ids: [TokenID] = []
    func show(_ document: Span<UInt8>, _ source: String?) throws {
      ids.removeAll(keepingCapacity: true)
      try encoder.encode(
        document, specials: policy, adding: addSpecialTokens ? .template : .none, into: &ids)
      if json {
        try writeJSON(Report(source: source, tokens: ids))
      } else {
        try writeLine(ids.map(String.init).joined(separator: " "))
      }
    }
    if let text {
      try show(Array(text.utf8).span, nil)
      return
    }
    let inputs = try input.inputs()
    let corpus = try input.corpus()
    var reader = try CorpusReader(inputs: inputs, options: corpus)
    while let document = try reader.next() {
      try show(document.text.span, document.source.description)
    }
    try corpus.finish()
  }

  private struct Report: Encodable {
    let source: String?
    let tokens: [TokenID]
  }

  private func specialTokenPolicy(_ vocabulary: Vocabulary) throws -> SpecialTokenPolicy {
    if allowAllSpecials { return .all }
    for text in allowedSpecials where !vocabulary.specialTokens.contains(where: { $0.text == text })
    {
      throw Failure(.usage, "--allow-special: the vocabulary has no special token \(text)")
    }
    return allowedSpecials.isEmpty ? .none : .only(Set(allowedSpecials))
  }
}
