extension BinaryInteger {
  /// The number and what it counts: 1 byte, 2 bytes.
  ///
  /// `plural` is the noun for every count but 1; by default `noun` with an s.
  package func counted(_ noun: String, plural: String? = nil) -> String {
    "\(self) \(self.noun(noun, plural: plural))"
  }

  /// The form of a noun that goes with the number: byte with 1, bytes with all others.
  package func noun(_ singular: String, plural: String? = nil) -> String {
    self == 1 ? singular : plural ?? singular + "s"
  }
}
