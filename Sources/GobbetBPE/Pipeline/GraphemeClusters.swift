/// Where grapheme clusters end, as `tokenizers` finds them.
///
/// Two flags side by side aren't joined: that only makes a difference to clusters of six bytes or more,
/// and ``Normalizer/precompiled(_:)`` takes those apart anyway.
/// - Source: rules GB3 to GB11 of Unicode Standard Annex 29, with classes that `tokenizers` 0.23.3 was
///   asked for: `Fixtures/unicode/make_character_tables.py`.
struct GraphemeClusters {
  /// How a scalar joins what stands beside it.
  private struct Joining: OptionSet {
    let rawValue: Int32

    /// It never begins a cluster that something else could begin.
    static let joinsPrevious = Joining(rawValue: 1)
    /// It may stand between a pictograph and U+200D.
    static let followsPictograph = Joining(rawValue: 2)
    /// It may stand between a consonant and its linker, or after that.
    static let followsConsonant = Joining(rawValue: 4)
    /// Two consonants are one cluster if it stands between them.
    static let linksConsonants = Joining(rawValue: 8)
    /// It joins what follows.
    static let prepended = Joining(rawValue: 16)
    /// It is a cluster of its own.
    static let control = Joining(rawValue: 32)
    static let pictograph = Joining(rawValue: 64)
    static let consonant = Joining(rawValue: 128)
  }

  /// What a syllable of Hangul has at its beginning or its end.
  private enum Jamo { case leading, vowel, trailing }

  /// What was read of a sequence that can go on.
  private enum Sequence { case none, begun, linked }

  private var last: (scalar: Int, joining: Joining)?
  private var pictographs = Sequence.none
  private var consonants = Sequence.none

  /// The end of the cluster that begins at `start`; a byte that isn't part of a scalar is one.
  static func end(in text: ClassifiedText, from start: Int) -> Int {
    var clusters = GraphemeClusters()
    var place = start
    while place < text.count {
      let (scalar, length) = text.scalarOrByte(at: place)
      guard scalar >= 0 else { return max(place, start + 1) }
      guard clusters.take(scalar) else { return place }
      place += length
    }
    return place
  }

  /// Takes the next scalar, unless a new cluster begins with it.
  private mutating func take(_ scalar: Int) -> Bool {
    let joining = Joining(rawValue: ScalarTable.clusters[scalar])
    if let last {
      guard joins(last.scalar, last.joining, scalar, joining) else { return false }
    }
    last = (scalar, joining)
    if joining.contains(.pictograph) {
      pictographs = .begun
    } else if pictographs == .begun, scalar == 0x200D {
      pictographs = .linked
    } else if pictographs != .begun || !joining.contains(.followsPictograph) {
      pictographs = .none
    }
    if joining.contains(.consonant) {
      consonants = .begun
    } else if consonants != .none, joining.contains(.linksConsonants) {
      consonants = .linked
    } else if !joining.contains(.followsConsonant) {
      consonants = .none
    }
    return true
  }

  private func joins(
    _ before: Int, _ joiningBefore: Joining, _ scalar: Int, _ joining: Joining
  ) -> Bool {
    if before == 0x0D, scalar == 0x0A { return true }
    if joiningBefore.contains(.control) || joining.contains(.control) { return false }
    if joining.contains(.joinsPrevious) || joiningBefore.contains(.prepended) { return true }
    if joining.contains(.pictograph) { return pictographs == .linked }
    if joining.contains(.consonant) { return consonants == .linked }
    switch (Self.jamo(before).last, Self.jamo(scalar).first) {
    case (.leading, .leading), (.leading, .vowel), (.vowel, .vowel): return true
    case (.vowel, .trailing), (.trailing, .trailing): return true
    default: return false
    }
  }

  /// What a scalar of Hangul begins and ends with; a syllable begins as a leading jamo does.
  private static func jamo(_ scalar: Int) -> (first: Jamo?, last: Jamo?) {
    switch scalar {
    case 0x1100...0x115F, 0xA960...0xA97C: (.leading, .leading)
    case 0x1160...0x11A7, 0xD7B0...0xD7C6, 0x16D63, 0x16D67...0x16D6A: (.vowel, .vowel)
    case 0x11A8...0x11FF, 0xD7CB...0xD7FB: (.trailing, .trailing)
    case 0xAC00...0xD7A3: (.leading, (scalar - 0xAC00) % 28 == 0 ? .vowel : .trailing)
    default: (nil, nil)
    }
  }
}
