internal import GobbetBPE

extension MutableSpan<TokenID> {
  /// Lends a part of the span.
  ///
  /// - Precondition: `range` lies in it.
  mutating func withPart(
    _ range: Range<Int>, _ body: (inout MutableSpan<TokenID>) throws -> Void
  ) rethrows {
    precondition(range.lowerBound >= 0 && range.upperBound <= count, "withPart: not in the span")
    try unsafe withUnsafeMutableBufferPointer { buffer in
      // SAFETY: the range lies in the buffer, which is valid for this closure; the part does not
      // leave `body`.
      var part = unsafe MutableSpan(
        _unsafeElements: UnsafeMutableBufferPointer(rebasing: buffer[range]))
      try body(&part)
    }
  }

  /// Takes the ids of `source`.
  ///
  /// - Precondition: they are as many.
  mutating func copy(_ source: Span<TokenID>) {
    precondition(source.count == count, "MutableSpan: another count")
    // SAFETY: both are of one length, and no span is writable while another one shows its elements.
    unsafe withUnsafeMutableBytes { target in
      unsafe source.withUnsafeBytes { unsafe target.copyMemory(from: $0) }
    }
  }

  /// Takes `count` ids of `source` from place `start` on as the first of these.
  ///
  /// - Precondition: there are as many in both.
  mutating func copyFirst(_ count: Int, of source: Span<TokenID>, from start: Int) {
    let part = source.extracting(start..<(start + count))
    withPart(0..<count) { $0.copy(part) }
  }
}
