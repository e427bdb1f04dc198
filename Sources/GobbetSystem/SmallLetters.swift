extension String {
  /// The text with A to Z made small: what a system or a library says, for the middle of a line.
  ///
  /// `lowercased()` would bring Unicode's tables along wherever the library goes, 0.6 MB.
  package var withSmallLetters: String {
    String(decoding: utf8.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }, as: UTF8.self)
  }
}
