import ArgumentParser
import Foundation
import Gobbet

/// `gobbet tokens`: text → its tokens, to look at.
struct Tokens: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tokens",
    abstract: "Show the tokens of a text, with their ids and offsets.",
    discussion: """
      Each token stands above its id and the offset of its first byte. Spaces are shown as ␣, bytes \
      that aren't a whole character in hexadecimal, and special tokens have a * after their id. \
      'gobbet encode --json' gives the same to programs.
      """)

  @Argument(help: "The text, or - for standard input.") var text: String
  @OptionGroup var vocabulary: VocabularyOptions
  @OptionGroup var specials: SpecialTokenOptions

  @Option(help: "When to use colors: auto means on a terminal, unless NO_COLOR is set.")
  var color = ColorChoice.auto

  @Option(
    parsing: .unconditional,
    help: "The width of a line, in columns. (default: the terminal's, or 80)",
    transform: Number.whole(20...10_000))
  var width: Int?

  func run() throws {
    let vocabulary = try vocabulary.load()
    let policy = try specials.allowed.policy(vocabulary)
    let added = specials.added(vocabulary)
    let bytes = text == "-" ? try readAll("-") : Array(text.utf8)
    var encoder = Tokenizer(vocabulary).makeEncoder()
    let tokens = try encoder.textTokens(of: bytes.span, specials: policy, adding: added)
    let lines = TokenLines(
      width: width ?? StandardOutput.terminalWidth ?? 80, isColored: color.isColored)
    var cells: [TokenLines.Cell] = []
    cells.reserveCapacity(tokens.count)
    for token in tokens {
      let own = token.bytes(bytes.span, vocabulary)
      cells.append(TokenLines.Cell(token, own, index: cells.count))
    }
    try lines.write(cells)
    var total = "\(tokens.count.grouped("token")), \(bytes.count.grouped("byte"))"
    if !tokens.isEmpty {
      total += ", \((Double(bytes.count) / Double(tokens.count)).rounded(places: 2)) bytes a token"
    }
    try writeLine(total)
  }
}

/// When a result has colors.
enum ColorChoice: String, ExpressibleByArgument, CaseIterable {
  case auto
  case always
  case never

  /// Whether standard output gets colors, by the setting and by what the person has said once for all
  /// commands.
  var isColored: Bool {
    let environment = ProcessInfo.processInfo.environment
    return switch self {
    case .always: true
    case .never: false
    case .auto:
      StandardOutput.isTerminal && environment["NO_COLOR", default: ""].isEmpty
        && environment["TERM"] != "dumb"
    }
  }
}
