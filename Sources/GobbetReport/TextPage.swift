public import Gobbet
internal import GobbetPage

/// A page about a text as one vocabulary or several cut it: tokens in colors, ids and bytes on hover,
/// bytes a token by line.
public struct TextPage: Sendable {
  /// A vocabulary with its name and what it makes of the text.
  private struct Entry: Sendable {
    let name: String
    let vocabulary: Vocabulary
    let tokens: [TextToken]
  }

  /// Tokens that are shown in all.
  private static let tokenLimit = 8_000
  /// Lines whose bytes a token are shown.
  private static let lineLimit = 200

  private let text: [UInt8]
  private let entries: [Entry]

  /// Creates the page of a text and the vocabularies that cut it, each with its name.
  ///
  /// - Precondition: there are one to four vocabularies.
  /// - Throws: `SpecialTokenError` where `policy` makes an error of special tokens.
  public init(
    _ text: [UInt8], _ vocabularies: [(name: String, vocabulary: Vocabulary)],
    specials policy: SpecialTokenPolicy = .all
  ) throws(SpecialTokenError) {
    precondition((1...4).contains(vocabularies.count), "TextPage: one to four vocabularies")
    self.text = text
    var entries: [Entry] = []
    for (name, vocabulary) in vocabularies {
      var encoder = Tokenizer(vocabulary).makeEncoder()
      entries.append(
        Entry(
          name: name, vocabulary: vocabulary,
          tokens: try encoder.textTokens(of: text.span, specials: policy)))
    }
    self.entries = entries
  }

  /// The page as HTML.
  public var document: String {
    var page = Page(
      "Tokens of a text", lead: "\(text.count.inGroups("byte")), cut by \(Self.listed(entries))",
      maker: reportMaker)
    page.append("Overview", overview)
    page.append("Tokens", .columns(entries.map { tokens($0) }))
    page.append("Bytes a token by line", lines)
    page.append("Ids and bytes", entries.map { table($0) })
    return page.document
  }

  private static func listed(_ entries: [Entry]) -> String {
    entries.map(\.name).joined(separator: ", ")
  }

  private var overview: HTML {
    var table = Table(
      "The text by vocabulary",
      [
        "vocabulary", .number("tokens"), .number("bytes a token"), .number("special tokens"),
        .number("tokens that aren't whole characters"),
      ])
    for entry in entries {
      let fragments = entry.tokens.count {
        String(validating: bytes(of: $0, entry), as: UTF8.self) == nil
      }
      let ratio = Double(text.count) / Double(max(1, entry.tokens.count))
      table.append([
        HTML(text: entry.name), HTML(text: entry.tokens.count.inGroups), HTML(text: ratio.shown()),
        HTML(text: entry.tokens.count { $0.isSpecial }.inGroups), HTML(text: fragments.inGroups),
      ])
    }
    return table.html
  }

  /// The bytes of the text that a token was made from; its own where it was put around the text.
  private func bytes(of token: TextToken, _ entry: Entry) -> ArraySlice<UInt8> {
    token.range.isEmpty ? entry.vocabulary.bytes(of: token.id) ?? [] : text[token.range]
  }

  private func tokens(_ entry: Entry) -> HTML {
    let limit = Self.tokenLimit / entries.count
    var spans = HTML()
    for (index, token) in entry.tokens.prefix(limit).enumerated() {
      let bytes = bytes(of: token, entry)
      let shown = TokenText(bytes)
      var names = "t\(index % 4)"
      if token.isSpecial { names += " special" }
      if shown.isFragment { names += " bytes" }
      let hexadecimal = hexadecimalPairs(bytes.prefix(32)) + (bytes.count > 32 ? " …" : "")
      let title = "id \(token.id), offset \(token.range.lowerBound), bytes \(hexadecimal)"
      spans += HTML("span", [.class(names), .title(title)], HTML(text: shown.text))
      if bytes.last == 0x0A { spans += .lineEnd }
    }
    let rest = entry.tokens.count - limit
    return HTML([
      .heading(entry.name),
      HTML(
        "div",
        [
          .class("tokens"), HTML.Attribute("tabindex", "0"), HTML.Attribute("role", "region"),
          HTML.Attribute("aria-label", "Tokens by \(entry.name)"),
        ], spans),
      rest > 0 ? .paragraph("and \(rest.inGroups("token")) more") : HTML(),
    ])
  }

  /// Where the lines of the text begin that are shown, and the end of the last.
  private var lineStarts: [Int] {
    var starts = [0]
    for (index, byte) in text.enumerated() where byte == 0x0A && index + 1 < text.count {
      if starts.count > Self.lineLimit { break }
      starts.append(index + 1)
    }
    if starts.count <= Self.lineLimit { starts.append(text.count) }
    return starts
  }

  private var lines: [HTML] {
    let starts = lineStarts
    let count = starts.count - 1
    let series = entries.map { entry in
      var tokenCounts = [Int](repeating: 0, count: count)
      var line = 0
      for token in entry.tokens where !token.range.isEmpty {
        while line < count, token.range.lowerBound >= starts[line + 1] { line += 1 }
        if line == count { break }
        tokenCounts[line] += 1
      }
      return Series(
        fileTitle(entry.name),
        tokenCounts.indices.map { line in
          Double(starts[line + 1] - starts[line]) / Double(max(1, tokenCounts[line]))
        })
    }
    let chart = ColumnChart(
      "Bytes a token by line", ChartAxes(category: "line", value: "bytes a token"),
      categories: (0..<count).map { "\($0 + 1)" }, series)
    return starts.last == text.count
      ? [chart.figure]
      : [chart.figure, .paragraph("Only the first \(count.inGroups("line")) are shown.")]
  }

  private func table(_ entry: Entry) -> HTML {
    let limit = 400 / entries.count
    var table = Table(
      "Tokens by \(entry.name)" + (entry.tokens.count > limit ? ", the first \(limit)" : ""),
      [.number("token"), "text", .number("id"), .number("offset"), "bytes", "kind"])
    for (index, token) in entry.tokens.prefix(limit).enumerated() {
      let bytes = bytes(of: token, entry)
      let shown = TokenText(bytes)
      table.append([
        HTML(text: "\(index)"), shown.code, HTML(text: "\(token.id)"),
        HTML(text: "\(token.range.lowerBound)"),
        .code(hexadecimalPairs(bytes.prefix(64)) + (bytes.count > 64 ? " …" : "")),
        HTML(text: token.isSpecial ? "special" : shown.isFragment ? "bytes" : "text"),
      ])
    }
    return table.html
  }
}
