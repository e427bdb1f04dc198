import ArgumentParser
import Gobbet

/// `gobbet vocabulary compare`.
struct VocabularyCompare: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare", abstract: "Compare two vocabularies on one text.")

  @Argument(help: "The first vocabulary.") var first: String
  @Argument(help: "The second vocabulary.") var second: String
  @OptionGroup var input: InputOptions
  @OptionGroup var threads: ThreadOptions
  @OptionGroup var report: ReportOptions

  @Option(
    help: "The pattern to split text by, if a file doesn't say: a name or an expression.",
    transform: PatternName.orExpression)
  var pattern: PatternName?

  private struct Side: Encodable {
    let vocabulary: String
    let vocabulary_size: Int
    let own_tokens: Int
    let tokens: Int
    let bytes_per_token: Double
  }

  private struct Report: Encodable {
    let bytes: Int
    let common_tokens: Int
    let vocabularies: [Side]
  }

  func run() async throws {
    let paths = [first, second]
    let vocabularies = try paths.map {
      try loadVocabulary($0, pattern: pattern?.pattern)
    }
    let uses = try await input.uses(of: vocabularies, threads, report)
    let tokenSets = vocabularies.map { vocabulary in
      Set((0..<TokenID(vocabulary.tokens.count)).map { Array(vocabulary.tokens[$0]) })
        .subtracting([[]])
    }
    let common = tokenSets[0].intersection(tokenSets[1]).count
    let sides = paths.indices.map {
      Side(
        vocabulary: paths[$0], vocabulary_size: vocabularies[$0].idBound,
        own_tokens: tokenSets[$0].count - common, tokens: uses[$0].tokenCount,
        bytes_per_token: uses[$0].bytesPerToken)
    }
    try show(Report(bytes: uses[0].byteCount, common_tokens: common, vocabularies: sides))
  }

  private func show(_ report: Report) throws {
    if self.report.json {
      try writeJSON(report)
      return
    }
    try writeLine(
      "\(report.bytes.grouped("byte")), \(report.common_tokens.grouped("token")) in common")
    for side in report.vocabularies {
      try writeLine(
        """
        \(side.vocabulary): \(side.vocabulary_size.grouped("id")), \(side.own_tokens.grouped) \
        tokens of its own; the text is \(side.tokens.grouped("token")), \
        \(side.bytes_per_token.rounded(places: 3)) bytes each
        """)
    }
  }
}
