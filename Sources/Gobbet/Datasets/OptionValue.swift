internal import GobbetInterchange

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

/// JSON that is about to be written, its members in the order in which they are given.
indirect enum JSONOutput {
  case text(String)
  case number(Int)
  case flag(Bool)
  case null
  case array([JSONOutput])
  case object([(key: String, value: JSONOutput)])

  /// The text, a member a line.
  var lines: [UInt8] {
    var bytes: [UInt8] = []
    append(to: &bytes, indentation: "")
    bytes.append("\n")
    return bytes
  }

  /// The text on one line.
  var line: String {
    var bytes: [UInt8] = []
    append(to: &bytes, indentation: nil)
    return String(decoding: bytes, as: UTF8.self)
  }

  private func append(to bytes: inout [UInt8], indentation: String?) {
    switch self {
    case .text(let text): bytes.append(quoted: text.utf8)
    case .number(let number): bytes.append("\(number)")
    case .flag(let flag): bytes.append(flag ? "true" : "false")
    case .null: bytes.append("null")
    case .array(let elements):
      Self.append(elements.map { (nil, $0) }, "[", "]", to: &bytes, indentation)
    case .object(let members):
      Self.append(members.map { ($0.key, $0.value) }, "{", "}", to: &bytes, indentation)
    }
  }

  private static func append(
    _ members: [(key: String?, value: JSONOutput)], _ start: String, _ end: String,
    to bytes: inout [UInt8], _ indentation: String?
  ) {
    guard !members.isEmpty else { return bytes.append(start + end) }
    let inner = indentation.map { $0 + "  " }
    bytes.append(start)
    for (index, member) in members.enumerated() {
      if index > 0 { bytes.append(inner == nil ? ", " : ",") }
      if let inner { bytes.append("\n" + inner) }
      if let key = member.key {
        bytes.append(quoted: key.utf8)
        bytes.append(": ")
      }
      member.value.append(to: &bytes, indentation: inner)
    }
    if let indentation { bytes.append("\n" + indentation) }
    bytes.append(end)
  }
}
