internal import Gobbet
internal import GobbetPage

extension DatasetPage {
  /// The first documents as text.
  var documents: [HTML] {
    let counted: [Table.Column] = hasMasks ? [.number("counted of shown")] : []
    var table = Table(
      "The first \(rows.count.inGroups("document"))",
      [.number("document"), "source", .number("tokens")] + counted + ["text"])
    for row in rows {
      let rest = row.tokenCount > row.ids.count ? " …" : ""
      let count = row.counts.count { $0 }
      table.append(
        [HTML(text: "\(row.index)"), HTML(text: row.source), HTML(text: row.tokenCount.inGroups)]
          + (hasMasks ? [HTML(text: "\(count) of \(row.ids.count.inGroups)")] : [])
          + [HTML([HTML("span", [.class("cut")], tokens(of: row)), HTML(text: rest)])])
    }
    var notes: [HTML] = []
    if vocabulary == nil {
      notes.append(.paragraph("The dataset embeds no vocabulary: ids stand for tokens."))
    }
    if hasMasks {
      notes.append(
        .paragraph("Tokens without a color are masked: they don't count in a loss."))
    }
    return notes + [table.html]
  }

  private func tokens(of row: Row) -> [HTML] {
    zip(row.ids, row.counts).enumerated().map { index, token in
      let (id, isCounted) = token
      let title = HTML.Attribute.title("id \(id)" + (isCounted ? "" : ", masked"))
      let color = isCounted ? "t\(index % 4)" : "masked"
      guard let bytes = vocabulary?.bytes(of: id) else {
        return HTML("span", [.class(color), title], HTML(text: " \(id) "))
      }
      let isSpecial = vocabulary?.specialTokens.token(withID: id)?.isSpecial ?? false
      let shown = TokenText(bytes)
      let names = color + (isSpecial ? " special" : "") + (shown.isFragment ? " bytes" : "")
      return HTML("span", [.class(names), title], HTML(text: shown.text))
    }
  }
}
