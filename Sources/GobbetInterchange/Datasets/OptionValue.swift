/// The value of an option, as a manifest tells it.
public enum OptionValue: Hashable, Sendable, CustomStringConvertible {
  /// A word or a text.
  case text(String)
  /// A number.
  case number(Int)
  /// Yes or no.
  case flag(Bool)
  /// Several texts.
  case list([String])
  /// Nothing was chosen.
  case none
  /// A value of a kind that options here don't have, as JSON without white space: another writer's.
  case json(String)

  /// The value as a person would write it.
  public var description: String {
    switch self {
    case .text(let text): text
    case .number(let number): "\(number)"
    case .flag(let flag): flag ? "yes" : "no"
    case .list(let texts): texts.joined(separator: " ")
    case .none: "none"
    case .json(let text): text
    }
  }

  /// Creates the value that a manifest tells.
  init(_ value: JSONValue) {
    if let text = value.string {
      self = .text(text)
    } else if let number = value.size {
      self = .number(number)
    } else if let flag = value.bool {
      self = .flag(flag)
    } else if value.isNull {
      self = .none
    } else if let texts = Self.texts(value) {
      self = .list(texts)
    } else {
      self = .json(String(decoding: value.text, as: UTF8.self))
    }
  }

  /// The elements of an array of strings; nil for anything else.
  private static func texts(_ value: JSONValue) -> [String]? {
    guard value.isArray else { return nil }
    var texts: [String]? = []
    value.forEach { _, element in
      if let text = element.string { texts?.append(text) } else { texts = nil }
    }
    return texts
  }

  /// The value in JSON.
  var json: JSONOutput {
    switch self {
    case .text(let text): .text(text)
    case .number(let number): .number(number)
    case .flag(let flag): .flag(flag)
    case .list(let texts): .array(texts.map { .text($0) })
    case .none: .null
    case .json(let text): .json(text)
    }
  }
}
