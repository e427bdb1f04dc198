extension JSONParser {
  /// Parses the number at the position.
  ///
  /// - Throws: ``JSONFault`` for one that is malformed, or that neither an integer of 64 bits nor a double
  ///   can be.
  @_lifetime(self: copy self)
  mutating func parsedNumber() throws(JSONFault) -> JSONNode {
    let start = position
    if text[position] == UInt8(ascii: "-") { position += 1 }
    let first = position
    let digitCount = skipDigits()
    guard digitCount > 0, digitCount == 1 || text[first] != UInt8(ascii: "0") else {
      throw fault("not a number", at: start)
    }
    var isInteger = true
    if position < text.count, text[position] == UInt8(ascii: ".") {
      isInteger = false
      position += 1
      guard skipDigits() > 0 else { throw fault("not a number", at: start) }
    }
    var hasExponent = false
    if position < text.count, text[position] | 0x20 == UInt8(ascii: "e") {
      isInteger = false
      hasExponent = true
      position += 1
      if position < text.count,
        text[position] == UInt8(ascii: "+") || text[position] == UInt8(ascii: "-")
      {
        position += 1
      }
      guard skipDigits() > 0 else { throw fault("not a number", at: start) }
    }
    let node = node(.number, from: start)
    let number = JSONNumber(text.bytes.extracting(start..<position))
    // Fewer digits always fit.
    if isInteger {
      guard digitCount < 19 || number.isInteger else {
        throw fault("an integer of more than 64 bits", at: start)
      }
    } else if hasExponent || digitCount > 300 {
      guard number.double.isFinite else { throw fault("a number that no double can be", at: start) }
    }
    return node
  }

  /// Passes over digits; returns how many.
  @_lifetime(self: copy self)
  @inline(__always)
  private mutating func skipDigits() -> Int {
    let start = position
    while position < text.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(text[position]) {
      position += 1
    }
    return position - start
  }
}

/// The spelling of a number in a JSON text.
struct JSONNumber: ~Escapable {
  private let text: Span<UInt8>

  @_lifetime(copy text)
  init(_ text: Span<UInt8>) { self.text = text }

  /// Whether it is an integer of 64 bits, with a sign or without.
  var isInteger: Bool { magnitude != nil }

  /// The number without its sign, if it is an integer of 64 bits.
  private var magnitude: UInt64? {
    let isNegative = text[0] == UInt8(ascii: "-")
    var value: UInt64 = 0
    for index in (isNegative ? 1 : 0)..<text.count {
      let digit = UInt64(text[index] ^ 0x30)
      guard digit < 10 else { return nil }
      let (product, overflows) = value.multipliedReportingOverflow(by: 10)
      let (sum, carries) = product.addingReportingOverflow(digit)
      if overflows || carries { return nil }
      value = sum
    }
    return isNegative && value > Int64.min.magnitude ? nil : value
  }

  /// The integer that it is, if it is not negative.
  var unsigned: UInt64? {
    magnitude.flatMap { text[0] != UInt8(ascii: "-") || $0 == 0 ? $0 : nil }
  }

  /// The nearest double.
  var double: Double {
    if let magnitude {
      let value = Double(magnitude)
      return text[0] == UInt8(ascii: "-") ? 0 - value : value
    }
    var spelling = ""
    for index in text.indices { spelling.unicodeScalars.append(Unicode.Scalar(text[index])) }
    return Double(spelling) ?? .infinity
  }
}
