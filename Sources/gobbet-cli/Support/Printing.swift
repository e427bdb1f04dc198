import Foundation
import Gobbet
import GobbetPage

extension BinaryInteger {
  /// The number in groups of three digits: 1,234,567.
  var grouped: String { inGroups }

  /// The number in groups of three digits and what it counts.
  func grouped(_ noun: String, plural: String? = nil) -> String { inGroups(noun, plural: plural) }
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
