/// A text as an array of scalars with their classes, for `ReferenceScanner`.
///
/// A byte that isn't part of a well-formed scalar counts as a scalar of its own.
struct ReferenceText {
  /// The scalars; U+FFFD for a byte that is not part of one.
  private(set) var scalars: [Unicode.Scalar] = []
  /// Their classes.
  private(set) var categories: [ReferenceCategory] = []
  /// Where each scalar starts in the bytes, and at the end where the last one stops.
  private(set) var offsets = [0]

  /// How many scalars there are.
  var count: Int { scalars.count }

  init(_ bytes: [UInt8]) {
    var offset = 0
    while offset < bytes.count {
      let (scalar, length) = Self.scalar(in: bytes[offset...])
      scalars.append(scalar ?? "\u{FFFD}")
      categories.append(scalar.map(ReferenceCategory.init) ?? .other)
      offset += length
      offsets.append(offset)
    }
  }

  /// The well-formed scalar in front, and its length; nil and 1 if there is none.
  private static func scalar(in bytes: ArraySlice<UInt8>) -> (Unicode.Scalar?, Int) {
    for length in 1...min(4, bytes.count) {
      if let text = String(validating: bytes.prefix(length), as: UTF8.self) {
        return (text.unicodeScalars.first, length)
      }
    }
    return (nil, 1)
  }

  /// Where the scalars of a class end that start at `position`, at most that many.
  func end(of set: ScalarSet, from position: Int, atMost maximum: Int) -> Int {
    var end = position
    while end < count, end - position < maximum, set.contains(self, end) { end += 1 }
    return end
  }

  /// The lengths of the contractions at `position`: none or one.
  func contractions(at position: Int, anyCase: Bool) -> [Int] {
    guard position < count, scalars[position] == "'" else { return [] }
    let folded = scalars[position...].prefix(3).map { scalar in
      if !anyCase { return scalar }
      // The simple case folding of the scalars that can match: A–Z, and the long s.
      if scalar == "\u{17F}" { return "s" }
      return ("A"..."Z").contains(scalar) ? Unicode.Scalar(UInt8(scalar.value + 32)) : scalar
    }
    let endings: [[Unicode.Scalar]] = [
      ["s"], ["d"], ["m"], ["t"], ["l", "l"], ["v", "e"], ["r", "e"],
    ]
    return endings.filter { folded.dropFirst().starts(with: $0) }.map { $0.count + 1 }
  }
}

/// What the expressions tell apart.
enum ReferenceCategory: Sendable {
  /// Lu, Lt.
  case uppercase
  /// Ll.
  case lowercase
  /// Lm, Lo.
  case otherLetter
  /// M.
  case mark
  /// N.
  case number
  /// `\s`.
  case whitespace
  /// P.
  case punctuation
  /// S.
  case symbol
  /// Everything else.
  case other

  /// Whether the class is part of `\p{L}`.
  var isLetter: Bool { self == .uppercase || self == .lowercase || self == .otherLetter }

  init(_ scalar: Unicode.Scalar) {
    self =
      switch ClassifiedText.unicodeClass(of: scalar.value) {
      case UnicodeClass.upper: .uppercase
      case UnicodeClass.lower: .lowercase
      case UnicodeClass.caseless: .otherLetter
      case UnicodeClass.mark: .mark
      case UnicodeClass.number: .number
      case UnicodeClass.space, UnicodeClass.newline: .whitespace
      case UnicodeClass.punctuation: .punctuation
      case UnicodeClass.symbol: .symbol
      default: .other
      }
  }
}
