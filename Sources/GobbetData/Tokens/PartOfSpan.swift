extension MutableSpan where Element: BitwiseCopyable {
  /// Lends a part of the span.
  ///
  /// - Precondition: `range` lies in it.
  mutating func withPart(
    _ range: Range<Int>, _ body: (inout MutableSpan<Element>) throws -> Void
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

  /// A part of the span, for where a closure would count references of what it captures.
  ///
  /// - Precondition: `range` lies in it.
  @_lifetime(&self)
  mutating func part(_ range: Range<Int>) -> MutableSpan<Element> {
    precondition(range.lowerBound >= 0 && range.upperBound <= count, "part: not in the span")
    let buffer = unsafe withUnsafeMutableBufferPointer { unsafe $0 }
    // SAFETY: the range lies in the buffer, and the part is borrowed from this span.
    return unsafe _overrideLifetime(
      MutableSpan(_unsafeElements: UnsafeMutableBufferPointer(rebasing: buffer[range])),
      mutating: &self)
  }

  /// Takes the elements of `source`, or their bits.
  ///
  /// - Precondition: they are as many, and of one size.
  mutating func copy<Source: BitwiseCopyable>(_ source: Span<Source>) {
    precondition(MemoryLayout<Source>.stride == MemoryLayout<Element>.stride)
    precondition(source.count == count, "MutableSpan: another count")
    // SAFETY: both are of one length, and no span is writable while another one shows its elements.
    unsafe withUnsafeMutableBytes { target in
      unsafe source.withUnsafeBytes { unsafe target.copyMemory(from: $0) }
    }
  }

  /// Takes `count` elements of `source` from place `start` on, or their bits, as the first of these.
  ///
  /// - Precondition: there are as many in both, of one size.
  mutating func copyFirst<Source: BitwiseCopyable>(
    _ count: Int, of source: Span<Source>, from start: Int
  ) {
    var target = part(0..<count)
    target.copy(source.extracting(start..<(start + count)))
  }
}
