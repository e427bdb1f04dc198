/// What SentencePiece does to a text in which user-defined symbols stand: these stay as they are.
///
/// They are found from the left, the longest first, in the text as it is. What the table makes of the rest
/// isn't searched for them again.
/// - Source: `Normalizer::Normalize` of SentencePiece 0.2.3.
struct PieceNormalization: Sendable {
  private let symbols: TextCuts
  private let map: CharacterMap?
  private let collapsesSpaces: Bool

  /// Nil if the pipeline has no user-defined symbols, or does nothing that they are protected from.
  ///
  /// `rest` is what comes after it.
  init?(_ vocabulary: Vocabulary, rest: inout [Normalizer]) {
    let pipeline = vocabulary.pipeline
    guard !pipeline.symbols.wholeSymbols.isEmpty else { return nil }
    var normalizers = pipeline.normalizers[...]
    if case .characterMap(let map) = normalizers.first {
      self.map = map
      normalizers.removeFirst()
    } else {
      map = nil
    }
    collapsesSpaces = normalizers.first == .collapseSpaces
    if collapsesSpaces { normalizers.removeFirst() }
    guard map != nil || collapsesSpaces else { return nil }
    symbols = TextCuts(pipeline.symbols.wholeSymbols.map { Array(vocabulary.tokens[$0]) })
    rest = Array(normalizers)
  }

  /// The text as it is then; nil if that is as it was.
  func normalized(_ text: Span<UInt8>, _ source: SourceEnds) -> AlignedText? {
    let space = UInt8(ascii: " ")
    var change = TextChange(of: text, source)
    // Spaces at the beginning are dropped like those after a space.
    var isBehindSpace = collapsesSpaces
    var place = 0
    while place < text.count {
      let (end, replacement) = unit(of: text, at: place)
      var kept: Range<Int>
      if let replacement {
        kept = replacement.indices
        while isBehindSpace, let first = kept.first, replacement[first] == space {
          kept = kept.dropFirst()
        }
        change.replace(place..<end, by: replacement[kept], in: text)
        if let last = kept.last { isBehindSpace = collapsesSpaces && replacement[last] == space }
      } else {
        kept = place..<end
        while isBehindSpace, let first = kept.first, text[first] == space {
          kept = kept.dropFirst()
        }
        if kept.lowerBound > place { change.replace(place..<kept.lowerBound, by: [], in: text) }
        if let last = kept.last { isBehindSpace = collapsesSpaces && text[last] == space }
      }
      place = end
    }
    let changed = change.finish(text)
    guard collapsesSpaces else { return changed }
    if let changed { return Self.trimmed(changed.bytes.span, changed.ends) ?? changed }
    return Self.trimmed(text, source)
  }

  /// Where the symbol, the sequence of the table or else the scalar at `place` ends, and what the table
  /// makes of it.
  private func unit(of text: Span<UInt8>, at place: Int) -> (end: Int, ArraySlice<UInt8>?) {
    let length = symbols.length(at: place, in: text)
    if length > 0 { return (place + length, nil) }
    if let map, let match = map.match(in: text, place..<text.count, isShortest: false) {
      return (place + match.length, map.replacement(match))
    }
    return (place + UTF8Scalar.scalarOrByte(of: text, at: place).length, nil)
  }

  /// The text without spaces at its end; nil if there are none.
  private static func trimmed(_ text: Span<UInt8>, _ source: SourceEnds) -> AlignedText? {
    let end = Normalizer.endWithoutSpaces(of: text)
    guard end < text.count else { return nil }
    var result = AlignedText(from: source, byteCount: end)
    result.copy(0..<end, of: text, source)
    return result
  }
}
