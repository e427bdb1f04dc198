/// A table of a page, with a caption and the names of its columns.
public struct Table: Sendable {
  /// A column.
  public struct Column: Hashable, Sendable, ExpressibleByStringLiteral {
    let name: String
    let isNumber: Bool

    /// Creates a column of texts.
    public init(stringLiteral name: String) { self.init(name) }

    /// Creates a column.
    public init(_ name: String, isNumber: Bool = false) {
      self.name = name
      self.isNumber = isNumber
    }

    /// A column of numbers.
    public static func number(_ name: String) -> Column { Column(name, isNumber: true) }
  }

  /// What the table shows.
  public let caption: String
  let columns: [Column]
  private var rows: [HTML] = []

  /// How many rows there are.
  public var rowCount: Int { rows.count }

  /// Creates a table without rows.
  public init(_ caption: String, _ columns: [Column]) {
    self.caption = caption
    self.columns = columns
  }

  /// Appends a row; its first cell names it.
  ///
  /// - Precondition: there are as many cells as columns.
  public mutating func append(_ cells: [HTML]) {
    precondition(cells.count == columns.count, "Table: a row of another length")
    let html = zip(cells, columns).enumerated().map { index, cell in
      let attributes: [HTML.Attribute] = cell.1.isNumber ? [.class("n")] : []
      return index == 0
        ? HTML("th", [HTML.Attribute("scope", "row")] + attributes, cell.0)
        : HTML("td", attributes, cell.0)
    }
    rows.append(HTML("tr", [], html))
  }

  /// The table in a box of its own, which scrolls if it is long, and can be reached by keyboard.
  public var html: HTML {
    let heads = columns.map { column in
      HTML(
        "th", [HTML.Attribute("scope", "col")] + (column.isNumber ? [.class("n")] : []),
        HTML(text: column.name))
    }
    return HTML(
      "div",
      [
        .class("table"), HTML.Attribute("tabindex", "0"), HTML.Attribute("role", "region"),
        HTML.Attribute("aria-label", caption),
      ],
      HTML(
        "table", [], HTML("caption", [], HTML(text: caption)),
        HTML("thead", [], HTML("tr", [], heads)), HTML("tbody", [], rows)))
  }
}
