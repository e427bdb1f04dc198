/// How a vocabulary of SentencePiece's spells spaces as U+2581, where its encoder can do so on the
/// way: then the text is not copied for it, and pretokens are known by their own bytes.
///
/// `PipelineTables` does the same step by step.
struct EscapedSpaces: Sendable {
  /// When U+2581 stands in front of a part.
  private enum Prefix {
    case never
    case always
    /// Unless the part begins with one, or with a space.
    case whereMissing
    /// The same, but only for the part that the text begins with.
    case whereMissingAtFirst
  }

  private let prefix: Prefix
  /// What happens to a text before its spaces are spelled so.
  let normalizers: [Normalizer]
  /// Added tokens that every text yields, if to cut them out of a text first is the same as to make
  /// each a symbol that never merges; else empty.
  let addedSymbols: [SpecialToken]

  private static let space: [UInt8] = [0x20]
  private static let metaspace = MergeBorders.metaspace

  /// Nil if the vocabulary's pipeline does something else, or a pretoken would not merge as its parts
  /// do.
  init?(_ vocabulary: Vocabulary) {
    let pipeline = vocabulary.pipeline
    guard pipeline.symbols.unit == .scalar, pipeline.symbols.endOfWordSuffix.isEmpty,
      pipeline.symbols.wholeSymbols.isEmpty, vocabulary.pattern == .whole,
      vocabulary.mergeRule == .learnedPairs, pipeline.symbols.pieceOrder?.mergesTexts != true,
      vocabulary.ordinaryID(of: Self.metaspace.span) != nil
    else { return nil }
    if case .metaspace(Self.metaspace, let scheme, false) = pipeline.pretokenizers.first {
      guard pipeline.pretokenizers.count == 1 else { return nil }
      normalizers = pipeline.normalizers
      prefix =
        switch scheme {
        case .always: .whereMissing
        case .first: .whereMissingAtFirst
        case .never: .never
        }
      addedSymbols =
        scheme == .never && normalizers.isEmpty ? Self.symbols(among: vocabulary.specialTokens) : []
      return
    }
    // Where no spaces are left, nothing can be cut at them.
    for step in pipeline.pretokenizers {
      guard case .split(let bytes, _, false) = step, bytes.contains(0x20) else { return nil }
    }
    let replacement = Normalizer.replace(Self.space, with: Self.metaspace)
    let prefixes = [Normalizer.prepend(Self.metaspace), .prepend(Self.space)]
    var rest = pipeline.normalizers[...]
    if rest.last == replacement {
      rest.removeLast()
      let hasPrefix = rest.last.map { prefixes.contains($0) } ?? false
      if hasPrefix { rest.removeLast() }
      prefix = hasPrefix ? .always : .never
    } else {
      guard rest.last == prefixes[0], rest.dropLast().last == replacement else { return nil }
      rest.removeLast(2)
      prefix = .always
    }
    normalizers = Array(rest)
    addedSymbols =
      prefix == .never && normalizers.isEmpty ? Self.symbols(among: vocabulary.specialTokens) : []
  }

  /// The tokens that every text yields, if they are found by their bytes, whole scalars, and no special
  /// token has a byte in common with one of them where both are found.
  private static func symbols(among added: SpecialTokens) -> [SpecialToken] {
    let ordinary = added.filter { !$0.isSpecial }
    var begin = [Bool](repeating: false, count: 256)
    var beginSpecial = begin
    for token in added {
      if token.isSpecial {
        beginSpecial[Int(token.bytes[0])] = true
      } else {
        begin[Int(token.bytes[0])] = true
      }
    }
    for token in ordinary {
      guard token.matching == [.ordinary], String(validating: token.bytes, as: UTF8.self) != nil,
        !token.bytes.dropFirst().contains(where: { beginSpecial[Int($0)] })
      else { return [] }
    }
    let matcher = SpecialTokenMatcher(ordinary.map(\.bytes))
    for token in added where token.isSpecial {
      guard !token.bytes.dropFirst().contains(where: { begin[Int($0)] }),
        !begin[Int(token.bytes[0])] || matcher.matches(in: token.bytes.span).isEmpty
      else { return [] }
    }
    return ordinary
  }

  /// Whether U+2581 stands in front of a part that is not empty.
  func addsPrefix(to part: Span<UInt8>, isFirst: Bool) -> Bool {
    switch prefix {
    case .never: return false
    case .always: return true
    case .whereMissingAtFirst where !isFirst: return false
    case .whereMissing, .whereMissingAtFirst:
      if part[0] == 0x20 { return false }
      return part.count < 3 || Self.metaspace.indices.contains { part[$0] != Self.metaspace[$0] }
    }
  }
}
