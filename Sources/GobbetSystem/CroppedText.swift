extension String {
  /// The text, or its beginning and end, with its length between them, if it takes more than `limit`
  /// bytes.
  ///
  /// Files of others may have names of a megabyte, which nobody reads in a line. Those that Gobbet
  /// files may have are never cropped.
  ///
  /// - Precondition: a `limit` of at least 16.
  /// - Complexity: O(`limit`) for native strings.
  package func cropped(to limit: Int = 600) -> String {
    guard utf8.count > limit else { return self }
    precondition(limit >= 16, "cropped: no room for a beginning and an end")
    let start = utf8.index(utf8.startIndex, offsetBy: limit / 2)
    let end = utf8.index(utf8.endIndex, offsetBy: -limit / 2)
    // Not in the middle of a scalar.
    let (head, tail) = (unicodeScalars[..<start.scalar(in: self)], self[end.scalar(in: self)...])
    return "\(String(head))…(\(utf8.count.counted("byte")))…\(tail)"
  }
}

extension String.Index {
  /// The place of the scalar that the index lies in.
  fileprivate func scalar(in text: String) -> Self {
    var index = self
    while index.samePosition(in: text.unicodeScalars) == nil { text.utf8.formIndex(before: &index) }
    return index
  }
}
