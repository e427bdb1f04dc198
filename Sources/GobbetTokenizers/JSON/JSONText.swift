internal import GobbetSystem

extension [UInt8] {
  /// Appends `text` as it is.
  package mutating func append(_ text: String) { append(contentsOf: text.utf8) }

  /// Appends a JSON string of UTF-8 bytes, escaping what has to be, as serde and Python do without
  /// escaping other scripts.
  package mutating func append(quoted bytes: some Sequence<UInt8>) {
    JSONString.append(bytes, to: &self, escapes: .short)
  }
}

/// Whether `bytes` are UTF-8, which JSON strings have to be.
package func isUTF8(_ bytes: some Collection<UInt8>) -> Bool {
  String(validating: bytes, as: UTF8.self) != nil
}

extension UInt8 {
  /// Whether JSON has no meaning for the byte between values.
  package var isJSONSpace: Bool { self == 0x20 || self == 0x0A || self == 0x0D || self == 0x09 }
}

extension Collection<UInt8> {
  /// Whether JSON that begins so is an object, as far as its first character tells.
  package var beginsJSONObject: Bool { first { !$0.isJSONSpace } == UInt8(ascii: "{") }
}
