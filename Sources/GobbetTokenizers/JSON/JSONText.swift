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
