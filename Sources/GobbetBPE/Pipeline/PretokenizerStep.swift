/// A step that cuts a text, or puts something in front of its parts, before the pattern cuts it.
///
/// - Source: the pre-tokenizers of `tokenizers` 0.23.3.
public enum PretokenizerStep: Hashable, Sendable {
  /// What becomes of the matches of something that is looked for.
  public enum Behavior: UInt8, Hashable, Sendable, CaseIterable {
    /// They are left out.
    case removed = 0
    /// Each is a part of its own.
    case isolated = 1
    /// Each ends the part in front of it.
    case mergedWithPrevious = 2
    /// Each begins the part after it.
    case mergedWithNext = 3
    /// Those that follow each other are one part.
    case contiguous = 4
  }

  /// When ``metaspace(replacement:scheme:splits:)`` puts its replacement in front of a part.
  public enum PrependScheme: UInt8, Hashable, Sendable, CaseIterable {
    /// Always, unless the part begins with it.
    case always = 0
    /// Only in front of parts that come from the text's first scalar.
    case first = 1
    /// Not at all.
    case never = 2
  }

  /// Numerals are parts of their own, each digit or each run of them.
  ///
  /// What a numeral is follows Rust's `char::is_numeric`, which is of Unicode 17.
  case digits(individual: Bool)
  /// A space in front of each part that does not begin with one.
  case prefixSpace
  /// Spaces become `replacement`, which may also be put in front and cut before.
  case metaspace(replacement: [UInt8], scheme: PrependScheme, splits: Bool)
  /// Cuts at every occurrence of bytes, or, if `isInverted`, takes what is between them for matches.
  case split([UInt8], Behavior, isInverted: Bool)
  /// Cuts by the matches of an expression.
  case expression(SplitExpression)
  /// What BERT does: white space is left out, and punctuation marks are parts of their own.
  case bert
  /// Cuts at every punctuation mark.
  case punctuation(Behavior)
  /// White space is left out, and cuts.
  case whitespaceSplit
  /// Runs of `\w` and runs of what is neither that nor white space, which is left out.
  case words
  /// Parts of that many scalars, which is more than none; the last may have fewer.
  case fixedLength(Int)
  /// Cuts where the script changes; Kana go with Han, and what belongs to no script with any. What is
  /// in front of the first scalar of a script is left out.
  case scripts
}

extension ArraySlice<PretokenizerStep> {
  /// Calls `body` with each part of `text` that is left after these steps.
  func forEachPart<Failure: Error>(
    of text: Span<UInt8>, _ source: SourceEnds,
    _ body: (Span<UInt8>, SourceEnds) throws(Failure) -> Void
  ) throws(Failure) {
    guard let step = first else { return try body(text, source) }
    let rest = dropFirst()
    switch step {
    case .digits(let individual):
      var parts = PartCutter(individual ? .isolated : .contiguous)
      parts.cut(Numerals.pieces(in: text))
      try rest.forEachPart(parts.parts, of: text, source, body)
    case .split(let bytes, let behavior, let isInverted):
      var parts = PartCutter(behavior)
      parts.cut(Self.occurrences(of: bytes, in: text, isInverted: isInverted))
      try rest.forEachPart(parts.parts, of: text, source, body)
    case .expression(let expression):
      var parts: [Range<Int>] = []
      expression.forEachPart(of: text) { parts.append($0) }
      try rest.forEachPart(parts, of: text, source, body)
    case .punctuation(let behavior):
      var parts = PartCutter(behavior)
      parts.cut(CharacterCuts.punctuation(in: text))
      try rest.forEachPart(parts.parts, of: text, source, body)
    case .bert:
      try rest.forEachPart(CharacterCuts.bert(text), of: text, source, body)
    case .whitespaceSplit:
      try rest.forEachPart(CharacterCuts.whitespaceSplit(text), of: text, source, body)
    case .words:
      try rest.forEachPart(CharacterCuts.words(text), of: text, source, body)
    case .fixedLength(let count):
      try rest.forEachPart(CharacterCuts.parts(of: count, text), of: text, source, body)
    case .scripts:
      try rest.forEachPart(CharacterCuts.scripts(text), of: text, source, body)
    case .prefixSpace:
      if !text.isEmpty, text[0] != UInt8(ascii: " "),
        let prefixed = Normalizer.prepended([UInt8(ascii: " ")], to: text, source)
      {
        try rest.forEachPart(of: prefixed.bytes.span, prefixed.ends, body)
      } else {
        try rest.forEachPart(of: text, source, body)
      }
    case .metaspace(let replacement, let scheme, let splits):
      let space = [UInt8(ascii: " ")]
      var changed = Normalizer.replaced(space, by: replacement, in: text, source)
      let begins = { (text: Span<UInt8>) in
        text.count >= replacement.count
          && replacement.indices.allSatisfy { text[$0] == replacement[$0] }
      }
      let hasIt = if let changed { begins(changed.bytes.span) } else { begins(text) }
      if !hasIt, scheme == .always || scheme == .first && source.isFirst {
        if let current = changed {
          changed = Normalizer.prepended(replacement, to: current.bytes.span, current.ends)
        } else {
          changed = Normalizer.prepended(replacement, to: text, source)
        }
      }
      let next = (splits ? [.split(replacement, .mergedWithNext, isInverted: false)] : []) + rest
      if let changed {
        try next[...].forEachPart(of: changed.bytes.span, changed.ends, body)
      } else {
        try next[...].forEachPart(of: text, source, body)
      }
    }
  }

  private func forEachPart<Failure: Error>(
    _ parts: [Range<Int>], of text: Span<UInt8>, _ source: SourceEnds,
    _ body: (Span<UInt8>, SourceEnds) throws(Failure) -> Void
  ) throws(Failure) {
    for part in parts {
      try forEachPart(of: text.extracting(part), source.dropping(part.lowerBound), body)
    }
  }

  /// Where bytes occur and what is between, in order.
  private static func occurrences(
    of bytes: [UInt8], in text: Span<UInt8>, isInverted: Bool
  ) -> [PartCutter.Piece] {
    var pieces: [PartCutter.Piece] = []
    var end = 0
    var place = 0
    while place + bytes.count <= text.count {
      guard bytes.indices.allSatisfy({ text[place + $0] == bytes[$0] }) else {
        place += 1
        continue
      }
      if place > end { pieces.append((end..<place, isInverted)) }
      end = place + bytes.count
      pieces.append((place..<end, !isInverted))
      place = end
    }
    if end < text.count { pieces.append((end..<text.count, isInverted)) }
    return pieces
  }
}

/// Makes parts of the matches of something and of what is between them.
struct PartCutter {
  /// A range of a text, and whether it is a match.
  typealias Piece = (range: Range<Int>, isMatch: Bool)

  private let behavior: PretokenizerStep.Behavior
  /// The parts, none of them empty.
  private(set) var parts: [Range<Int>] = []

  init(_ behavior: PretokenizerStep.Behavior) { self.behavior = behavior }

  /// Makes the parts of `pieces`, which are in order and together all of a text.
  mutating func cut(_ pieces: [Piece]) {
    switch behavior {
    case .isolated: parts = pieces.map(\.range)
    case .removed: parts = pieces.filter { !$0.isMatch }.map(\.range)
    case .contiguous:
      var wasMatch: Bool?
      for piece in pieces {
        append(piece.range, extending: piece.isMatch == wasMatch)
        wasMatch = piece.isMatch
      }
    case .mergedWithPrevious:
      var wasMatch = false
      for piece in pieces {
        append(piece.range, extending: piece.isMatch && !wasMatch)
        wasMatch = piece.isMatch
      }
    case .mergedWithNext:
      var wasMatch = false
      for piece in pieces.reversed() {
        if piece.isMatch && !wasMatch, let last = parts.last {
          parts[parts.count - 1] = piece.range.lowerBound..<last.upperBound
        } else {
          parts.append(piece.range)
        }
        wasMatch = piece.isMatch
      }
      parts.reverse()
    }
  }

  private mutating func append(_ range: Range<Int>, extending: Bool) {
    if extending, let last = parts.last {
      parts[parts.count - 1] = last.lowerBound..<range.upperBound
    } else {
      parts.append(range)
    }
  }
}

/// The scalars of Rust's `char::is_numeric`.
enum Numerals {
  private static let newer = ScalarRanges.ranges(WordTables.newNumerals)

  /// Each numeral, and what is between, in order.
  static func pieces(in text: Span<UInt8>) -> [PartCutter.Piece] {
    unsafe text.withUnsafeBufferPointer { buffer in
      // SAFETY: the text does not outlive the buffer, which ends with this closure.
      let units = unsafe ClassifiedText(buffer)
      var pieces: [PartCutter.Piece] = []
      var start = 0
      var place = 0
      while place < units.count {
        let unit = units.unit(at: place)
        if unit.unicodeClass == UnicodeClass.number || isNewer(units, place, unit.end) {
          if place > start { pieces.append((start..<place, false)) }
          pieces.append((place..<unit.end, true))
          start = unit.end
        }
        place = unit.end
      }
      if start < units.count { pieces.append((start..<units.count, false)) }
      return pieces
    }
  }

  private static func isNewer(_ text: ClassifiedText, _ place: Int, _ end: Int) -> Bool {
    guard end - place == 4 else { return false }
    let value = text.scalarOrByte(at: place).value
    return value >= 0 && newer.contains { $0.contains(UInt32(truncatingIfNeeded: value)) }
  }
}
