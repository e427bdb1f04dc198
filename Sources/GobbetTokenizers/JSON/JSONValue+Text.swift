extension JSONValue {
  /// The value as JSON without white space.
  ///
  /// Numbers keep their value, not their spelling.
  package var text: [UInt8] {
    var text: [UInt8] = []
    append(to: &text)
    return text
  }

  private func append(to text: inout [UInt8]) {
    if let bytes {
      text.append(quoted: bytes)
    } else if let bool {
      text.append("\(bool)")
    } else if let size {
      text.append("\(size)")
    } else if let double {
      text.append(Int(exactly: double).map { "\($0)" } ?? "\(double)")
    } else if isArray || isObject {
      text.append(isArray ? "[" : "{")
      var isFirst = true
      forEach { key, member in
        if !isFirst { text.append(",") }
        isFirst = false
        if isObject {
          text.append(quoted: key)
          text.append(":")
        }
        member.append(to: &text)
      }
      text.append(isArray ? "]" : "}")
    } else {
      text.append("null")
    }
  }
}
