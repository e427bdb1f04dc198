/// A change to a text before it is cut.
///
/// - Source: the normalizers of `tokenizers` 0.23.3 with the same names.
public enum Normalizer: Hashable, Sendable {
  /// Canonical composition.
  case nfc
  /// Canonical decomposition.
  case nfd
  /// Compatibility composition.
  case nfkc
  /// Compatibility decomposition.
  case nfkd
  /// Puts bytes in front of a text, unless it is empty.
  case prepend([UInt8])
  /// Replaces every occurrence of the first bytes, from the left, by the second ones.
  ///
  /// The first are not empty.
  case replace([UInt8], with: [UInt8])
  /// Replaces every match of an expression, from the left, by bytes; what becomes of matches elsewhere
  /// does not count.
  case replaceMatches(SplitExpression, with: [UInt8])
  /// Takes white space off the ends.
  case strip(left: Bool, right: Bool)
  /// Makes every scalar lower case by itself.
  case lowercase
  /// Removes marks.
  case stripAccents
  /// What BERT does to a text.
  case bert(BERTNormalization)
  /// SentencePiece's cleaning: removes control characters, and makes others spaces.
  case nmt
  /// Replaces what a table of SentencePiece's has, from the left and the longest first.
  case characterMap(CharacterMap)
  /// What `tokenizers` does with such a table: grapheme clusters of fewer than six bytes, and the
  /// scalars of other clusters, become what the table has for the shortest of their beginnings.
  case precompiled(CharacterMap)
  /// Makes one of several spaces, and none of those at the ends.
  case collapseSpaces
  /// Spells each byte as a letter, as GPT-2's files do.
  case byteLevel

  /// The text as the normalizer leaves it; nil if that is as it was.
  func normalized(_ text: Span<UInt8>, _ source: SourceEnds) -> AlignedText? {
    switch self {
    case .nfc: NormalForm.nfc.normalized(text, source)
    case .nfd: NormalForm.nfd.normalized(text, source)
    case .nfkc: NormalForm.nfkc.normalized(text, source)
    case .nfkd: NormalForm.nfkd.normalized(text, source)
    case .prepend(let bytes): Self.prepended(bytes, to: text, source)
    case .replace(let old, let new): Self.replaced(old, by: new, in: text, source)
    case .replaceMatches(let expression, let new): expression.replaced(by: new, in: text, source)
    case .strip(let left, let right): Self.stripped(text, left, right, source)
    case .lowercase: CharacterChange.applied(to: text, source, CharacterChange.lowercase)
    case .stripAccents:
      CharacterChange.applied(to: text, source) {
        $0 >= 0x300 && ScalarTable.marks.contains($0) ? .removal : .none
      }
    case .bert(let options): options.normalized(text, source)
    case .nmt: CharacterChange.applied(to: text, source, CharacterChange.nmt)
    case .characterMap(let map): map.normalized(text, source)
    case .precompiled(let map): map.normalizedByClusters(text, source)
    case .collapseSpaces: Self.spacesCollapsed(in: text, source)
    case .byteLevel: ByteLetters.spelled(text, source)
    }
  }

  /// The text with `bytes` in front; nil if the text is empty.
  static func prepended(
    _ bytes: [UInt8], to text: Span<UInt8>, _ source: SourceEnds
  ) -> AlignedText? {
    guard !text.isEmpty, !bytes.isEmpty else { return nil }
    var result = AlignedText(from: source, byteCount: text.count + bytes.count)
    // What is added stands for nothing: it ends where the text begins.
    result.append(
      bytes, endingAt: source.start, firstCount: source.isFirst ? bytes.count : 0)
    result.copy(0..<text.count, of: text, source)
    return result
  }

  /// The text with occurrences of `old` replaced; nil if there are none.
  static func replaced(
    _ old: [UInt8], by new: [UInt8], in text: Span<UInt8>, _ source: SourceEnds
  ) -> AlignedText? {
    var result: AlignedText?
    var copied = 0
    var place = 0
    let first = old[0]
    while place + old.count <= text.count {
      guard text[place] == first, old.indices.allSatisfy({ text[place + $0] == old[$0] }) else {
        place += 1
        continue
      }
      if result == nil {
        result = AlignedText(from: source, byteCount: text.count + text.count / 2)
      }
      result?.copy(copied..<place, of: text, source)
      result?.append(new, replacing: place + old.count - 1, of: source)
      place += old.count
      copied = place
    }
    result?.copy(copied..<text.count, of: text, source)
    return result
  }

  private static func stripped(
    _ text: Span<UInt8>, _ left: Bool, _ right: Bool, _ source: SourceEnds
  ) -> AlignedText? {
    let start = left ? TextEdges.endOfWhiteSpace(in: text, from: 0) : 0
    let last = right ? TextEdges.startOfWhiteSpace(in: text, before: text.count) : text.count
    let end = max(start, last)
    guard end - start < text.count else { return nil }
    var result = AlignedText(from: source, byteCount: end - start)
    result.copy(start..<end, of: text, source)
    return result
  }
}

extension [Normalizer] {
  /// The text after all of them; nil if none changes it.
  func normalized(_ text: Span<UInt8>, _ source: SourceEnds) -> AlignedText? {
    var result: AlignedText?
    for normalizer in self {
      let next =
        if let current = result {
          normalizer.normalized(current.bytes.span, current.ends)
        } else {
          normalizer.normalized(text, source)
        }
      if let next { result = next }
    }
    return result
  }
}
