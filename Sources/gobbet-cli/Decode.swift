import ArgumentParser
import Gobbet

/// `gobbet decode`: ids → text.
struct Decode: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "decode",
    abstract: "Print the text of ids, or of a token dataset.",
    discussion: """
      Ids are decimal numbers, separated by white space or commas. A .gobbet dataset usually embeds \
      its vocabulary.
      """)

  @Argument(
    help: "A file of ids, a .gobbet token dataset, a folder of shards, or - for standard input.")
  var input = "-"

  @Option(
    name: [.customShort("v"), .long], help: "The vocabulary, if the input doesn't embed one.")
  var vocabulary: String?

  @Option(
    help: "The pattern to split text by, if the vocabulary doesn't say: a name or an expression.",
    transform: PatternName.orExpression)
  var pattern: PatternName?

  @Option(help: "The split to read when the input is a folder of shards.")
  var split = DatasetSplit.train

  @Option(
    parsing: .unconditional, help: "Decode only this document of the dataset; the first is 0.",
    transform: Number.whole(0...1_000_000_000_000))
  var document: Int?

  @Option(
    parsing: .unconditional,
    help: "Decode only these tokens of the dataset, or of the document, such as 50..<54.",
    transform: Number.indices)
  var range: IndexRange?

  @Flag(help: "Leave special tokens out; added tokens that aren't special stay.")
  var skipSpecialTokens = false

  @OptionGroup var progressOptions: ProgressOptions

  func run() throws {
    let given = try vocabulary.map { try loadVocabulary($0, pattern: pattern?.pattern) }
    let file = input == "-" || isFolder(input) ? nil : try OpenedFile(input)
    if let dataset = try dataset(file) {
      try decodeDataset(dataset, given)
    } else {
      guard document == nil, range == nil else {
        throw Failure(.usage, "--document and --range are for token datasets")
      }
      let ids = try parsedIDs(file)
      guard let given else { throw Failure(.usage, "\(input): ids need a --vocabulary") }
      var bytes: [UInt8] = []
      let decoder = TokenDecoder(given, skippingSpecialTokens: skipSpecialTokens)
      try decoder.decode(ids.span, into: &bytes)
      var output = TextOutput()
      try output.write(bytes)
      try output.finish()
    }
  }

  /// The token dataset in a file, or in the folder that is the input; nil if the input is ids.
  private func dataset(_ file: OpenedFile?) throws -> TokenDataset? {
    guard let file else {
      // Of a folder without a manifest the library says what is wrong.
      return input == "-" ? nil : try TokenDataset(recognizing: input, split: split)
    }
    switch try file.format() {
    case .gobbet, .json: return try TokenDataset(file, split: split)
    default: return nil
    }
  }

  private func decodeDataset(_ dataset: TokenDataset, _ given: Vocabulary?) throws {
    guard let vocabulary = try dataset.vocabulary(given: given) else {
      throw Failure(.usage, "\(input): names its vocabulary only; add --vocabulary")
    }
    var wanted = 0..<dataset.tokenCount
    if let document {
      guard (0..<dataset.documentCount).contains(document) else {
        throw Failure(.usage, "--document: \(input) has documents 0..<\(dataset.documentCount)")
      }
      wanted = try dataset.document(document)
    }
    if let range {
      guard range.bounds.upperBound <= wanted.count else {
        throw Failure(.usage, "--range: there are tokens 0..<\(wanted.count)")
      }
      let first = wanted.lowerBound
      wanted = (first + range.bounds.lowerBound)..<(first + range.bounds.upperBound)
    }
    let decoder = TokenDecoder(vocabulary, skippingSpecialTokens: skipSpecialTokens)
    var state = decoder.makeState()
    let step = 1 << 20
    var output = TextOutput()
    let progress = Progress(progressOptions, sharingOutput: true)
    defer { progress.finish() }
    for start in stride(from: wanted.lowerBound, to: wanted.upperBound, by: step) {
      progress.showTokens(start - wanted.lowerBound, of: wanted.count)
      let ids = try dataset.tokens(in: start..<min(start + step, wanted.upperBound))
      var bytes: [UInt8] = []
      try decoder.decode(ids.span, &state, into: &bytes)
      if start + step >= wanted.upperBound { state.finish(&bytes) }
      try output.write(bytes)
    }
    try output.finish()
  }

  private func parsedIDs(_ file: OpenedFile?) throws -> [TokenID] {
    var ids: [TokenID] = []
    let text = try file.map { try $0.bytes(limit: .max) } ?? readAll(input)
    for word in text.split(whereSeparator: { $0 <= 0x20 || $0 == 0x2C }) {
      let text = String(decoding: word, as: UTF8.self)
      guard let id = TokenID(text) else {
        throw Failure(.badData, "\(input): not a token id: \(text.prefix(40).debugDescription)")
      }
      ids.append(id)
    }
    // What was meant for a dataset is told so; no ids at all are fine where ids were meant.
    if ids.isEmpty, vocabulary == nil { throw Failure(.badData, "\(input): is empty") }
    return ids
  }
}
