import ArgumentParser
import Gobbet

/// `gobbet encode`: text → ids.
struct Encode: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "encode",
    abstract: "Print the ids of text, one line per document.",
    discussion: """
      With --json, each document is an object with the ids of its tokens, the text of each, in which \
      bytes that aren't a whole character are U+FFFD, and the offset of its first byte.
      """)

  @OptionGroup var input: InputOptions
  @OptionGroup var vocabulary: VocabularyOptions
  @OptionGroup var specials: SpecialTokenOptions
  @OptionGroup var lengths: LengthOptions

  @Option(help: "Encode this text instead of the inputs.")
  var text: String?

  @Flag(help: "Print one JSON object per document.")
  var json = false

  @OptionGroup var progressOptions: ProgressOptions

  func validate() throws {
    guard text != nil else { return }
    if input.isGiven { throw ValidationError("--text: inputs do not go with it") }
    if let option = input.readingOption {
      throw ValidationError("\(option): is for inputs, and --text has none")
    }
  }

  func run() async throws {
    let tokenizer = Tokenizer(try vocabulary.load())
    let added = specials.added(tokenizer.vocabulary)
    var encoder = tokenizer.makeEncoder()
    let policy = try specials.allowed.policy(tokenizer.vocabulary)
    let lengths = try lengths.lengths(tokenizer.vocabulary, added)
    /// What waits until the longest is known.
    var waiting: [EncodedLine] = []
    let loaded = tokenizer.vocabulary
    func show(_ document: Span<UInt8>, _ source: String?) throws {
      var encoded: EncodedLine
      if json {
        let tokens = try encoder.textTokens(of: document, specials: policy, adding: added)
        var list: [EncodedLine.ShownToken] = []
        list.reserveCapacity(tokens.count)
        for token in tokens {
          let text = String(decoding: token.bytes(document, loaded), as: UTF8.self)
          list.append(.init(id: token.id, text: text, offset: token.range.lowerBound))
        }
        encoded = .tokens(list, source: source)
      } else {
        var ids: [TokenID] = []
        try encoder.encode(document, specials: policy, adding: added, into: &ids)
        encoded = .ids(ids)
      }
      try encoded.cut(lengths)
      guard !lengths.needsAll else { return waiting.append(encoded) }
      try encoded.write(lengths, longest: 0, loaded)
    }
    func showWaiting() throws {
      let longest = waiting.lazy.map(\.count).max() ?? 0
      for encoded in waiting { try encoded.write(lengths, longest: longest, loaded) }
    }
    if let text {
      try show(Array(text.utf8).span, nil)
      return try showWaiting()
    }
    let inputs = try input.inputs()
    let corpus = try input.corpus()
    var reader = try CorpusReader(inputs: inputs, options: corpus)
    let progress = Progress(progressOptions, sharingOutput: true)
    defer { progress.finish() }
    let byteCount = try progress.isShown ? CorpusReader.byteCount(of: inputs) : nil
    var documentCount = 0
    while let document = try reader.next() {
      let readByteCount = reader.readByteCount
      progress.update(
        "\(documentCount.grouped("document")), " + progress.bytes(readByteCount, of: byteCount))
      try show(document.text.span, document.source.description)
      documentCount += 1
    }
    try showWaiting()
    progress.finish()
    try corpus.finish()
  }
}

extension TextToken {
  /// The bytes of the text that the token was made from; its own where it was put around the text.
  func bytes(_ text: Span<UInt8>, _ vocabulary: Vocabulary) -> [UInt8] {
    if range.isEmpty { return Array(vocabulary.bytes(of: id) ?? []) }
    return range.map { text[$0] }
  }
}
