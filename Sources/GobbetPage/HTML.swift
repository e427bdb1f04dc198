/// A piece of HTML in which every text is escaped.
///
/// Only literals of the source become names of elements and attributes; whatever comes from a file
/// is a text or the value of an attribute, which are escaped when they are put in. There is no
/// initialiser that takes markup.
public struct HTML: Hashable, Sendable, ExpressibleByStringInterpolation {
  /// The markup.
  public private(set) var markup: String

  private init(markup: String) { self.markup = markup }

  /// Creates an empty piece.
  public init() { markup = "" }

  /// Creates a text, with its hidden characters shown as escapes.
  public init(text: String) { markup = Self.escaped(visibleText(text)) }

  /// Creates a text out of a literal.
  public init(stringLiteral text: String) { self.init(text: text) }

  /// Creates an element.
  public init(_ name: StaticString, _ attributes: [Attribute] = [], _ content: HTML...) {
    self.init(name, attributes, content)
  }

  /// Creates an element with a list of pieces in it.
  public init(_ name: StaticString, _ attributes: [Attribute] = [], _ content: [HTML]) {
    var markup = "<\(name)"
    for attribute in attributes {
      markup += " \(attribute.name)=\"\(Self.escaped(visibleText(attribute.value)))\""
    }
    markup += ">"
    for piece in content { markup += piece.markup }
    markup += "</\(name)>"
    self.markup = markup
  }

  /// Creates an element `style`.
  init(style: StaticString) { markup = "<style>\(style)</style>" }

  /// Creates an element `meta`, which has no end.
  init(meta attributes: [Attribute]) {
    let element = HTML("meta", attributes).markup
    markup = String(element.dropLast("</meta>".count))
  }

  /// Creates a document of a head and a body.
  init(documentOf head: HTML, _ body: HTML) {
    markup = "<!DOCTYPE html>\n<html lang=\"en\">\n\(head.markup)\n\(body.markup)\n</html>\n"
  }

  /// Puts pieces one after the other.
  public init(_ pieces: [HTML]) {
    markup = ""
    for piece in pieces { markup += piece.markup }
  }

  /// The end of a line, where lines are kept as they are.
  public static let lineEnd = HTML(markup: "\n")

  /// Appends a piece.
  public static func += (left: inout HTML, right: HTML) { left.markup += right.markup }

  /// The name and the value of an attribute.
  public struct Attribute: Hashable, Sendable {
    let name: String
    let value: String

    /// Creates an attribute.
    ///
    /// - Precondition: `name` isn't that of an attribute that holds a script or an address.
    public init(_ name: StaticString, _ value: String) {
      let name = "\(name)"
      precondition(
        !name.hasPrefix("on") && name != "href" && name != "src" && name != "style",
        "HTML: \(name) isn't an attribute for a value")
      self.name = name
      self.value = value
    }

    private init(link value: String) { (name, value: self.value) = ("href", value) }

    /// A link to the element of this page with an id.
    public static func link(to id: String) -> Attribute { Attribute(link: "#\(id)") }
    /// The classes of an element.
    public static func `class`(_ names: String) -> Attribute { Attribute("class", names) }
    /// What a pointer that rests on the element shows.
    public static func title(_ text: String) -> Attribute { Attribute("title", text) }
  }

  /// The text with what HTML has a meaning for written as entities.
  private static func escaped(_ text: String) -> String {
    let isPlain = text.utf8.allSatisfy { byte in
      byte != 0x26 && byte != 0x3C && byte != 0x3E && byte != 0x22 && byte != 0x27
    }
    if isPlain { return text }
    var escaped: [UInt8] = []
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "&"): escaped += "&amp;".utf8
      case UInt8(ascii: "<"): escaped += "&lt;".utf8
      case UInt8(ascii: ">"): escaped += "&gt;".utf8
      case UInt8(ascii: "\""): escaped += "&quot;".utf8
      case UInt8(ascii: "'"): escaped += "&#39;".utf8
      default: escaped.append(byte)
      }
    }
    return String(decoding: escaped, as: UTF8.self)
  }
}
