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

  /// The value as a person would write it.
  public var description: String {
    switch self {
    case .text(let text): text
    case .number(let number): "\(number)"
    case .flag(let flag): flag ? "yes" : "no"
    case .list(let texts): texts.joined(separator: " ")
    case .none: "none"
    }
  }

  /// The value in a manifest; nil if it is of no kind that options have.
  init?(_ value: JSONValue) {
    if let text = value.string {
      self = .text(text)
    } else if let number = value.size {
      self = .number(number)
    } else if let flag = value.bool {
      self = .flag(flag)
    } else if value.isNull {
      self = .none
    } else if value.isArray {
      var texts: [String] = []
      var isList = true
      value.forEach { _, element in
        if let text = element.string { texts.append(text) } else { isList = false }
      }
      guard isList else { return nil }
      self = .list(texts)
    } else {
      return nil
    }
  }

  /// The value in JSON.
  var json: JSONOutput {
    switch self {
    case .text(let text): .text(text)
    case .number(let number): .number(number)
    case .flag(let flag): .flag(flag)
    case .list(let texts): .array(texts.map { .text($0) })
    case .none: .null
    }
  }
}
