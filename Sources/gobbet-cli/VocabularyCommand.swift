import ArgumentParser
import Gobbet

/// `gobbet vocabulary`: a look into vocabularies.
struct VocabularyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "vocabulary",
    abstract: "Examine and extend vocabularies: their statistics, differences, sizes and tokens.",
    subcommands: [
      VocabularyStats.self, VocabularyCompare.self, VocabularyTruncate.self, VocabularyShow.self,
      VocabularyAdd.self,
    ])
}

/// `gobbet vocabulary truncate`.
struct VocabularyTruncate: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "truncate", abstract: "Cut a vocabulary down to its first merges.")

  @Argument(help: "The vocabulary.") var input: String
  @Option(
    parsing: .unconditional, help: "How many tokens to keep, special tokens included.",
    transform: Number.whole(256...TokenTable.maximumCount))
  var size: Int
  @Option(
    help: "The pattern to split text by, if the file doesn't say: a name or an expression.",
    transform: PatternName.orExpression)
  var pattern: PatternName?
  @OptionGroup var output: OutputOptions

  func run() throws {
    let whole = try loadVocabulary(input, pattern: pattern?.pattern)
    guard size <= whole.idBound else {
      throw Failure(.usage, "--size: \(input) has only \(whole.idBound.grouped("token"))")
    }
    let small = try whole.truncated(to: size)
    try small.write(to: output.output, replacing: output.force)
    try writeLine("\(output.output): a vocabulary of \(small.idBound.grouped("id"))")
  }
}

/// `gobbet vocabulary show`.
struct VocabularyShow: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show the merges that make a token, as a tree.",
    discussion:
      "A number is an id, anything else the text of a token; with --text a number is text, too.")

  @Argument(help: "The id or the text of the token.") var token: String
  @OptionGroup var vocabulary: VocabularyOptions
  @Flag(help: "Read a number as text, not as an id.") var text = false
  @Flag(help: "Print one JSON object.") var json = false

  private struct Report: Encodable {
    let id: TokenID
    let text: String
    let bytes: [UInt8]
    let rank: Int?
    let parts: [Report]

    init(_ tree: VocabularyMergeTree) {
      id = tree.id
      text = String(decoding: tree.bytes, as: UTF8.self)
      bytes = tree.bytes
      rank = tree.rank
      parts = tree.parts.map { Report($0) }
    }
  }

  func run() throws {
    let vocabulary = try vocabulary.load()
    let number = text ? nil : TokenID(token)
    guard let id = number ?? vocabulary.id(of: Array(token.utf8)),
      let tree = VocabularyMergeTree(of: id, in: vocabulary)
    else { throw Failure(.negative, "the vocabulary has no token \(token.debugDescription)") }
    if json {
      try writeJSON(Report(tree))
      return
    }
    let lines = tree.lines { tree in
      let rank = tree.rank.map { ", merge \($0.grouped)" } ?? ""
      return "\(displayed(tree.bytes).cropped()) \(tree.id)\(rank)"
    }
    for line in lines { try writeLine(line) }
  }
}
