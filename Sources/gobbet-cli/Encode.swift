import ArgumentParser
import Gobbet

/// `gobbet encode`: text → ids.
struct Encode: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Print the ids of text, one line a document.")

  @OptionGroup var input: InputOptions
  @OptionGroup var vocabulary: VocabularyOptions

  @Option(help: "Encode this text instead of inputs.")
  var text: String?

  @Option(
    name: .customLong("allow-special"),
    help: "Take this special token for one where it stands in the text; repeatable.")
  var allowedSpecials: [String] = []

  @Flag(help: "Take every special token for one where it stands in the text.")
  var allowAllSpecials = false

  @Flag(help: "Add the special tokens of the vocabulary's post-processor to each document.")
  var addSpecialTokens = false

  @Flag(help: "Print one JSON object a document.")
  var json = false

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
        try printJSON(Report(source: source, tokens: ids))
      } else {
        print(ids.map(String.init).joined(separator: " "))
      }
    }
    if let text {
      try show(Array(text.utf8).span, nil)
      return
    }
    var reader = try CorpusReader(inputs: try input.inputs(), options: input.corpus)
    while let document = try reader.next() {
      try show(document.text.span, document.source.description)
    }
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
