import Gobbet

/// The tokens of a text, as they are printed.
enum EncodedLine {
  /// A line of ids.
  case ids([TokenID])
  /// An object with what `--json` shows of each token, and where the text is from.
  case tokens([ShownToken], source: String?)

  struct ShownToken {
    let id: TokenID
    let text: String
    let offset: Int
  }

  private struct Report: Encodable {
    let source: String?
    let tokens: [TokenID]
    let texts: [String]
    let offsets: [Int]
  }

  var count: Int {
    switch self {
    case .ids(let ids): ids.count
    case .tokens(let tokens, _): tokens.count
    }
  }

  mutating func cut(_ lengths: LengthOptions.Lengths) throws(TruncationError) {
    switch self {
    case .ids(var ids):
      try lengths.cut(&ids)
      self = .ids(ids)
    case .tokens(var tokens, let source):
      try lengths.cut(&tokens)
      self = .tokens(tokens, source: source)
    }
  }

  /// Fills the line up among those of which the longest has `longest` tokens, and prints it.
  func write(
    _ lengths: LengthOptions.Lengths, longest: Int, _ vocabulary: Vocabulary
  ) throws {
    switch self {
    case .ids(var ids):
      lengths.fill(&ids, longest: longest) { $0 }
      try writeLine(ids.map(String.init).joined(separator: " "))
    case .tokens(var tokens, let source):
      lengths.fill(&tokens, longest: longest) { id in
        let bytes = vocabulary.bytes(of: id) ?? []
        return ShownToken(id: id, text: String(decoding: bytes, as: UTF8.self), offset: 0)
      }
      try writeJSON(
        Report(
          source: source, tokens: tokens.map(\.id), texts: tokens.map(\.text),
          offsets: tokens.map(\.offset)))
    }
  }
}
