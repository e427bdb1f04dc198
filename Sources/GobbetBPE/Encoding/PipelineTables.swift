/// What happens to a text before the scanner gets it, made ready; threads can share it.
struct PipelineTables: Sendable {
  /// What comes in front of the normalizers, in place of those that would change user-defined symbols.
  private let pieces: PieceNormalization?
  private let normalizers: [Normalizer]
  private let steps: [PretokenizerStep]
  /// The added tokens that are found in the text as it is, and in the normalized one.
  private let raw: AddedTokenMatcher?
  private let normalized: AddedTokenMatcher?

  /// Tables that leave every text as it is.
  static let none = PipelineTables()

  private init() {
    pieces = nil
    normalizers = []
    steps = []
    raw = nil
    normalized = nil
  }

  /// The tables of a pipeline without any added tokens.
  init(training pipeline: TextPipeline) {
    pieces = nil
    normalizers = pipeline.normalizers
    steps = pipeline.pretokenizers
    raw = nil
    normalized = nil
  }

  /// The tables of a vocabulary; nil if a text goes to the scanner as it is, and added tokens are
  /// nothing but special tokens that are found by their bytes.
  init?(_ vocabulary: Vocabulary) {
    let pipeline = vocabulary.pipeline
    let added = vocabulary.specialTokens
    guard added.haveMatching || !pipeline.leavesText else { return nil }
    var normalizers = pipeline.normalizers
    pieces = PieceNormalization(vocabulary, rest: &normalizers)
    self.normalizers = normalizers
    steps = pipeline.pretokenizers
    raw = AddedTokenMatcher(added.filter { !$0.matching.contains(.normalized) }, normalizers: [])
    normalized = AddedTokenMatcher(
      added.filter { $0.matching.contains(.normalized) }, normalizers: pipeline.normalizers)
  }

  /// Calls `body` with each added token of a text, and with each part of what is between them, in
  /// order.
  ///
  /// `body` has the token or, if that is nil, the part; and where what they came from ends.
  /// - Returns: the first special token that the policy refuses, where it does; the rest of the text
  ///   is then left out.
  func forEachPart<Failure: Error>(
    of text: Span<UInt8>, _ source: SourceEnds, _ policy: SpecialTokenPolicy,
    _ body: (SpecialToken?, Span<UInt8>, SourceEnds) throws(Failure) -> Void
  ) throws(Failure) -> SpecialTokenError? {
    let source = source.beginning(text)
    guard let raw, raw.matters(to: policy) else {
      return try forEachNormalizedPart(of: text, 0, source, policy, body)
    }
    for piece in raw.pieces(in: text, policy) {
      let range = piece.range
      if let token = piece.token {
        if !policy.allows(token) {
          return SpecialTokenError(token: token, offset: range.lowerBound)
        }
        try body(token, text.extracting(range), source.dropping(range.lowerBound))
      } else {
        let error = try forEachNormalizedPart(
          of: text.extracting(range), range.lowerBound, source.dropping(range.lowerBound), policy,
          body)
        if let error { return error }
      }
    }
    return nil
  }

  /// Whether added tokens are looked for in the normalized text under a policy.
  func findsNormalizedTokens(_ policy: SpecialTokenPolicy) -> Bool {
    normalized?.matters(to: policy) ?? false
  }

  /// Calls `body` with each added token of a text, and with each part of what is between them whose
  /// spaces are still to be spelled; with a part it says whether the text begins with it.
  ///
  /// - Precondition: no added tokens are looked for in the normalized text.
  /// - Returns: the first special token that the policy refuses, where it does; the rest of the text
  ///   is then left out.
  func forEachPart<Failure: Error>(
    of text: Span<UInt8>, _ escaped: EscapedSpaces, _ policy: SpecialTokenPolicy,
    _ body: (SpecialToken?, Span<UInt8>, _ isFirst: Bool) throws(Failure) -> Void
  ) throws(Failure) -> SpecialTokenError? {
    func forPart(_ part: Span<UInt8>, isFirst: Bool) throws(Failure) {
      if escaped.normalizers.isEmpty { return try body(nil, part, isFirst) }
      let source = isFirst ? SourceEnds.untracked.beginning(part) : .untracked
      if let changed = escaped.normalizers.normalized(part, source) {
        let bytes = changed.bytes
        if !bytes.isEmpty { try body(nil, bytes.span, changed.ends.isFirst) }
      } else {
        try body(nil, part, isFirst)
      }
    }
    // Where no special tokens count, ordinary ones may be symbols.
    let areSymbols = policy == .none && !escaped.addedSymbols.isEmpty
    guard let raw, !areSymbols, raw.matters(to: policy) else {
      if !text.isEmpty { try forPart(text, isFirst: true) }
      return nil
    }
    for piece in raw.pieces(in: text, policy) {
      let range = piece.range
      if let token = piece.token {
        if !policy.allows(token) {
          return SpecialTokenError(token: token, offset: range.lowerBound)
        }
        try body(token, text.extracting(range), false)
      } else {
        try forPart(text.extracting(range), isFirst: range.lowerBound == 0)
      }
    }
    return nil
  }

  /// The same for a part, `offset` bytes into the text, that no token found in the raw text crosses.
  private func forEachNormalizedPart<Failure: Error>(
    of text: Span<UInt8>, _ offset: Int, _ source: SourceEnds, _ policy: SpecialTokenPolicy,
    _ body: (SpecialToken?, Span<UInt8>, SourceEnds) throws(Failure) -> Void
  ) throws(Failure) -> SpecialTokenError? {
    var changed = pieces?.normalized(text, source)
    if let current = changed {
      changed = normalizers.normalized(current.bytes.span, current.ends) ?? current
    } else {
      changed = normalizers.normalized(text, source)
    }
    if let changed {
      return try forEachStepPart(of: changed.bytes.span, offset, changed.ends, policy, body)
    }
    return try forEachStepPart(of: text, offset, source, policy, body)
  }

  private func forEachStepPart<Failure: Error>(
    of text: Span<UInt8>, _ offset: Int, _ source: SourceEnds, _ policy: SpecialTokenPolicy,
    _ body: (SpecialToken?, Span<UInt8>, SourceEnds) throws(Failure) -> Void
  ) throws(Failure) -> SpecialTokenError? {
    func cut(_ part: Span<UInt8>, _ source: SourceEnds) throws(Failure) {
      guard !part.isEmpty else { return }
      guard !steps.isEmpty else { return try body(nil, part, source) }
      try steps[...].forEachPart(of: part, source) { (part, source) throws(Failure) in
        try body(nil, part, source)
      }
    }
    guard let normalized, normalized.matters(to: policy) else {
      try cut(text, source)
      return nil
    }
    for piece in normalized.pieces(in: text, policy) {
      let range = piece.range
      if let token = piece.token {
        if !policy.allows(token) { return SpecialTokenError(token: token, offset: offset) }
        try body(token, text.extracting(range), source.dropping(range.lowerBound))
      } else {
        try cut(text.extracting(range), source.dropping(range.lowerBound))
      }
    }
    return nil
  }
}
