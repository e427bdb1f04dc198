/// A page that needs nothing but itself: no script, no address, its style inside.
public struct Page: Sendable {
  /// The title, which is the first heading too.
  public let title: String
  private let lead: String
  private let maker: String
  private var sections: [(heading: String, content: HTML)] = []

  /// Creates a page without sections; `lead` says in a sentence what it shows, `maker` what made it.
  public init(_ title: String, lead: String, maker: String) {
    self.title = title
    self.lead = lead
    self.maker = maker
  }

  /// Appends a section.
  public mutating func append(_ heading: String, _ content: HTML...) {
    sections.append((heading, HTML(content)))
  }

  /// Appends a section of several pieces.
  public mutating func append(_ heading: String, _ content: [HTML]) {
    sections.append((heading, HTML(content)))
  }

  /// The whole document.
  public var document: String {
    let head = HTML(
      "head", [], HTML(meta: [HTML.Attribute("charset", "utf-8")]),
      // Whatever else is wrong: nothing is run and nothing is fetched.
      HTML(meta: [
        HTML.Attribute("http-equiv", "Content-Security-Policy"),
        HTML.Attribute("content", "default-src 'none'; style-src 'unsafe-inline'"),
      ]),
      HTML(meta: [
        HTML.Attribute("name", "viewport"),
        HTML.Attribute("content", "width=device-width, initial-scale=1"),
      ]),
      HTML(meta: [
        HTML.Attribute("name", "color-scheme"), HTML.Attribute("content", "light dark"),
      ]),
      HTML("title", [], HTML(text: title)), HTML(style: Self.style))
    let links = sections.enumerated().map { index, section in
      HTML("li", [], HTML("a", [.link(to: "s\(index)")], HTML(text: section.heading)))
    }
    let body = HTML(
      "body", [],
      HTML("a", [.link(to: "content"), .class("skip")], "Skip to the content"),
      HTML("header", [], HTML("h1", [], HTML(text: title)), HTML("p", [], HTML(text: lead))),
      HTML(
        "nav", [HTML.Attribute("aria-label", "Sections")], HTML("ul", [], links)),
      HTML(
        "main", [HTML.Attribute("id", "content")],
        sections.enumerated().map { index, section in
          HTML(
            "section", [HTML.Attribute("id", "s\(index)")],
            HTML("h2", [], HTML(text: section.heading)), section.content)
        }),
      HTML("footer", [], HTML("p", [], HTML(text: maker))))
    return HTML(documentOf: head, body).markup
  }
}

extension HTML {
  /// A paragraph of text.
  public static func paragraph(_ text: String) -> HTML { HTML("p", [], HTML(text: text)) }

  /// A heading below that of a section.
  public static func heading(_ text: String) -> HTML { HTML("h3", [], HTML(text: text)) }

  /// A text in the letters of code.
  public static func code(_ text: String) -> HTML { HTML("code", [], HTML(text: text)) }

  /// Names and what belongs to them.
  public static func facts(_ facts: [(name: String, value: String)]) -> HTML {
    HTML(
      "dl", [],
      facts.map { fact in
        HTML(
          "div", [], HTML("dt", [], HTML(text: fact.name)), HTML("dd", [], HTML(text: fact.value)))
      })
  }

  /// Pieces side by side where there is room.
  public static func columns(_ pieces: [HTML]) -> HTML {
    HTML("div", [.class("columns")], pieces.map { HTML("div", [], $0) })
  }
}
