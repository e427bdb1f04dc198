/// Cuts text into pretokens, as the regular expression of its pattern would.
///
/// - Source: `Spec/Pretokenization.md`; `Fixtures/pretokenization/` holds what PyPI's `regex` finds.
public struct PretokenScanner: Sendable {
  /// The settings of the grammar.
  public let pattern: SplitPattern
  /// Where a whole text is cut all the same, for no merge of the vocabulary crosses the places.
  private let borders: MergeBorders?

  /// A scanner for `pattern`.
  public init(_ pattern: SplitPattern) { self.init(pattern, borders: nil) }

  /// A scanner for the pattern of a vocabulary.
  init(_ pattern: SplitPattern, borders: MergeBorders?) {
    self.pattern = pattern
    self.borders = borders
  }

  /// Calls `body` with the range of each pretoken in turn; together they are all of `bytes`, but for what
  /// an expression leaves out.
  ///
  /// - Complexity: O(n), no allocation, but for expressions that look far ahead.
  @inline(__always) public func forEachPretoken<Failure: Error>(
    in bytes: Span<UInt8>, _ body: (Range<Int>) throws(Failure) -> Void
  ) throws(Failure) {
    if let expression = pattern.expression {
      return try expression.forEachPart(of: bytes, body)
    }
    try unsafe bytes.withUnsafeBufferPointer { buffer throws(Failure) in
      // SAFETY: the text does not outlive the buffer, which ends with this closure.
      let text = unsafe ClassifiedText(buffer)
      var start = 0
      if pattern.words == .everything {
        if let borders {
          try borders.forEachPart(of: text, body)
        } else if text.count > 0 {
          try body(0..<text.count)
        }
        return
      }
      // How many pretokens are left to the grammar before masks are tried again, and how many will
      // be if they fail again: where they fail once they may do so for long.
      var patience = 0
      var nextPatience = 0
      while start < text.count {
        var ends = patience == 0 ? endsOfPretokens(from: start, in: text) : 0
        if ends == 0 {
          if patience > 0 {
            patience -= 1
          } else {
            patience = nextPatience
            nextPatience = min(2 * nextPatience + 1, 31)
          }
          let end = endOfPretoken(from: start, in: text)
          try body(start..<end)
          start = end
        } else {
          nextPatience = 0
          let window = start
          repeat {
            let end = window + ends.trailingZeroBitCount
            try body(start..<end)
            start = end
            ends &= ends &- 1
          } while ends != 0
        }
      }
    }
  }

  /// The end of the pretoken that begins at `start`, by the grammar alone: slower than
  /// ``forEachPretoken(in:_:)``, which must find the same.
  ///
  /// - Precondition: another pretoken ends at `start`, or `bytes` begin there; and they go on.
  package func endOfPretoken(from start: Int, in bytes: Span<UInt8>) -> Int {
    precondition(bytes.indices.contains(start), "PretokenScanner: no pretoken begins here")
    return unsafe bytes.withUnsafeBufferPointer { buffer in
      // SAFETY: the text does not outlive the buffer, which ends with this closure.
      endOfPretoken(from: start, in: unsafe ClassifiedText(buffer))
    }
  }

  /// The end of the first pretoken of a whole text that has a space in front.
  func endOfFirstPart(of bytes: Span<UInt8>) -> Int {
    borders?.endOfFirstPart(of: bytes) ?? bytes.count
  }

  /// The ends of the pretokens that one window of masks gives away; zero if it gives none away.
  ///
  /// Bit `i` says that one pretoken ends, and the next begins, `i` bytes after `start`.
  @inline(__always) func endsOfPretokens(from start: Int, in text: ClassifiedText) -> UInt64 {
    // For a word or two the masks do not pay.
    guard text.count >= ClassMasks.byteCount, text.count - start > 16 else { return 0 }
    return windowEnds(from: start, in: text)
  }
}
