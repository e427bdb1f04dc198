import Foundation
import Gobbet
import GobbetPage

extension Int {
  /// The number in groups of three digits: 1,234,567.
  var grouped: String {
    var groups: [Substring] = []
    var digits = Substring(String(magnitude))
    while digits.count > 3 {
      groups.append(digits.suffix(3))
      digits = digits.dropLast(3)
    }
    groups.append(digits)
    return (self < 0 ? "-" : "") + groups.reversed().joined(separator: ",")
  }
}

extension Double {
  /// The number with `places` digits after the point.
  func rounded(places: Int) -> String { String(format: "%.\(places)f", self) }
}

/// A token's bytes as a person can read them: quoted text, or hexadecimal where they are none.
func displayed(_ bytes: some Collection<UInt8>) -> String {
  if let text = String(validating: bytes, as: UTF8.self) {
    return visibleText(text.debugDescription)
  }
  return "<" + bytes.map { String(format: "%02X", $0) }.joined(separator: " ") + ">"
}
