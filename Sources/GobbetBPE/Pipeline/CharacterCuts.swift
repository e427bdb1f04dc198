/// Where steps of a pre-tokenizer cut a text that look at nothing but single scalars.
///
/// They never look for a byte that isn't part of a scalar.
enum CharacterCuts {
  /// Every punctuation mark, and what is between, in order.
  static func punctuation(in text: Span<UInt8>) -> [PartCutter.Piece] {
    var pieces: [PartCutter.Piece] = []
    var start = 0
    forEachScalar(of: text) { scalar, range in
      guard ScalarTable.punctuation.contains(scalar) else { return }
      if range.lowerBound > start { pieces.append((start..<range.lowerBound, false)) }
      pieces.append((range, true))
      start = range.upperBound
    }
    if start < text.count { pieces.append((start..<text.count, false)) }
    return pieces
  }

  /// Words and punctuation marks, as BERT takes them apart.
  static func bert(_ text: Span<UInt8>) -> [Range<Int>] {
    let punctuation = ScalarTable.punctuation
    return runs(in: text) { punctuation.contains($0) ? .alone : isWhitespace($0) ? .out : .run(1) }
  }

  /// What is between white space.
  static func whitespaceSplit(_ text: Span<UInt8>) -> [Range<Int>] {
    runs(in: text) { isWhitespace($0) ? .out : .run(1) }
  }

  /// Runs of `\w`, and runs of what is neither that nor white space.
  static func words(_ text: Span<UInt8>) -> [Range<Int>] {
    runs(in: text) { isWhitespace($0) ? .out : .run(TextEdges.isWord($0) ? 1 : 2) }
  }

  /// Parts of `count` scalars each.
  static func parts(of count: Int, _ text: Span<UInt8>) -> [Range<Int>] {
    var parts: [Range<Int>] = []
    var start = 0
    var left = count
    forEachScalar(of: text) { _, range in
      left -= 1
      guard left == 0 || range.upperBound == text.count else { return }
      parts.append(start..<range.upperBound)
      start = range.upperBound
      left = count
    }
    return parts
  }

  /// Parts of one script each, from the first scalar that has one.
  static func scripts(_ text: Span<UInt8>) -> [Range<Int>] {
    var starts: [Int] = []
    var last: Int32 = 0
    forEachScalar(of: text) { scalar, range in
      let script = ScalarTable.scripts[scalar]
      guard script != 0 else { return }
      if script != last { starts.append(range.lowerBound) }
      last = script
    }
    return zip(starts, starts.dropFirst() + [text.count]).map { $0..<$1 }
  }

  /// What a scalar is for ``runs(in:_:)``.
  private enum Role: Equatable {
    /// It is left out.
    case out
    /// It is a part of its own.
    case alone
    /// It is a part together with those of the same kind beside it.
    case run(Int)
  }

  private static func runs(in text: Span<UInt8>, _ role: (Int) -> Role) -> [Range<Int>] {
    var parts: [Range<Int>] = []
    var last = Role.out
    forEachScalar(of: text) { scalar, range in
      let role = role(scalar)
      if case .run = role, role == last, let part = parts.popLast() {
        parts.append(part.lowerBound..<range.upperBound)
      } else if role != .out {
        parts.append(range)
      }
      last = role
    }
    return parts
  }

  private static func isWhitespace(_ scalar: Int) -> Bool {
    guard scalar >= 0 else { return false }
    return UnicodeClassSet.whitespace.contains(
      ClassifiedText.unicodeClass(of: UInt32(truncatingIfNeeded: scalar)))
  }

  /// Calls `body` with each scalar, or -1 for a byte that isn't part of one, and where it is.
  @inline(__always) private static func forEachScalar(
    of text: Span<UInt8>, _ body: (Int, Range<Int>) -> Void
  ) {
    unsafe text.withUnsafeBufferPointer { buffer in
      // SAFETY: the text does not outlive the buffer, which ends with this closure.
      let units = unsafe ClassifiedText(buffer)
      var place = 0
      while place < units.count {
        let (value, length) = units.scalarOrByte(at: place)
        body(value, place..<(place + length))
        place += length
      }
    }
  }
}
