/// What stands at a place of a text, as Rust's expressions tell it.
enum TextEdges {
  /// Where white space that begins at `start` ends.
  static func endOfWhiteSpace(in text: Span<UInt8>, from start: Int) -> Int {
    unsafe text.withUnsafeBufferPointer { buffer in
      // SAFETY: the text does not outlive the buffer, which ends with this closure.
      unsafe ClassifiedText(buffer).endOfRun(.whitespace, from: start)
    }
  }

  /// Where the white space that ends at `end` begins.
  static func startOfWhiteSpace(in text: Span<UInt8>, before end: Int) -> Int {
    unsafe text.withUnsafeBufferPointer { buffer in
      // SAFETY: as above.
      let units = unsafe ClassifiedText(buffer)
      var start = end
      while start > 0 {
        let before = units.startOfScalar(before: start)
        guard UnicodeClassSet.whitespace.contains(units.unit(at: before).unicodeClass) else {
          break
        }
        start = before
      }
      return start
    }
  }

  /// Whether the scalar that begins at `place` is in `\w`.
  static func isWord(in text: Span<UInt8>, at place: Int) -> Bool {
    unsafe text.withUnsafeBufferPointer { buffer in
      // SAFETY: as above.
      let units = unsafe ClassifiedText(buffer)
      return place < units.count && isWord(units.scalarOrByte(at: place).value)
    }
  }

  /// Whether the scalar that ends at `place` is in `\w`.
  static func isWord(in text: Span<UInt8>, before place: Int) -> Bool {
    unsafe text.withUnsafeBufferPointer { buffer in
      // SAFETY: as above.
      let units = unsafe ClassifiedText(buffer)
      return place > 0 && isWord(units.scalarOrByte(at: units.startOfScalar(before: place)).value)
    }
  }

  /// Whether a scalar is in `\w`; false for -1.
  static func isWord(_ value: Int) -> Bool {
    guard value >= 0 else { return false }
    let scalar = UInt32(truncatingIfNeeded: value)
    if UnicodeClassSet.lettersMarksAndNumbers.contains(ClassifiedText.unicodeClass(of: scalar)) {
      return !otherNumbers.contains { $0.contains(scalar) }
    }
    return otherWords.contains { $0.contains(scalar) }
  }

  private static let otherWords = ScalarRanges.ranges(WordTables.otherWords)
  private static let otherNumbers = ScalarRanges.ranges(WordTables.otherNumbers)
}
