internal import GobbetSystem

/// What a program is told as JSON: made of parts, and written on one line.
package indirect enum JSONReport: Sendable {
  case text(String)
  case number(Int)
  case decimal(Double)
  case flag(Bool)
  case list([JSONReport])
  /// Members by their names; those that are nil are left out.
  case object([String: JSONReport?])

  /// A list of texts.
  package static func texts(_ texts: [String]) -> JSONReport { .list(texts.map { .text($0) }) }

  /// The report as UTF-8, the members of an object by their names' bytes.
  package var bytes: [UInt8] {
    var bytes: [UInt8] = []
    append(to: &bytes)
    return bytes
  }

  private func append(to bytes: inout [UInt8]) {
    switch self {
    case .text(let text): JSONString.append(text.utf8, to: &bytes, escapes: .short)
    case .number(let number): bytes += "\(number)".utf8
    case .decimal(let number):
      let digits = "\(number)".utf8
      bytes += digits.suffix(2).elementsEqual(".0".utf8) ? Array(digits.dropLast(2)) : Array(digits)
    case .flag(let flag): bytes += (flag ? "true" : "false").utf8
    case .list(let parts):
      bytes.append(UInt8(ascii: "["))
      for (index, part) in parts.enumerated() {
        if index > 0 { bytes.append(UInt8(ascii: ",")) }
        part.append(to: &bytes)
      }
      bytes.append(UInt8(ascii: "]"))
    case .object(let members):
      bytes.append(UInt8(ascii: "{"))
      var isFirst = true
      for (name, member) in members.sorted(by: {
        $0.key.utf8.lexicographicallyPrecedes($1.key.utf8)
      }) {
        guard let member else { continue }
        if !isFirst { bytes.append(UInt8(ascii: ",")) }
        isFirst = false
        JSONString.append(name.utf8, to: &bytes, escapes: .short)
        bytes.append(UInt8(ascii: ":"))
        member.append(to: &bytes)
      }
      bytes.append(UInt8(ascii: "}"))
    }
  }
}
