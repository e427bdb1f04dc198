/// JSON that is about to be written, its members in the order in which they are given.
package indirect enum JSONOutput {
  case text(String)
  case number(Int)
  case flag(Bool)
  case null
  /// A value that is JSON already.
  case json(String)
  case array([JSONOutput])
  case object([(key: String, value: JSONOutput)])

  /// The text, a member a line.
  package var lines: [UInt8] {
    var bytes: [UInt8] = []
    append(to: &bytes, indentation: "")
    bytes.append("\n")
    return bytes
  }

  /// The text on one line.
  package var line: String {
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
    case .json(let text): bytes.append(text)
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
