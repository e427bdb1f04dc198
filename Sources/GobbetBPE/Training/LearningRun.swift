/// One run of a ``Trainer``.
///
/// It begins in an arena with narrow slots and moves to one with wide slots when symbols run out;
/// by then the arena is a small part of what it was.
struct LearningRun {
  /// Merges between two calls of the progress function.
  private static let progressInterval = 64

  /// What there is before the first merge, and what may be learned.
  struct Start {
    /// The tokens by id, up to the id of the next one.
    let tokens: TokenTable
    /// The merges that made them, to be gone through again.
    var merges: [TokenMerge] = []
    /// Which pairs may become tokens.
    let filter: MergeFilter
    /// Pairs that occur less often are left alone.
    let minimumFrequency: UInt64
    /// How many merges to learn at most.
    let mergeLimit: Int
  }

  let start: Start
  let progress: ((TrainingProgress) -> Bool)?

  /// The tokens and the merges there are in the end, those of the start too.
  ///
  /// - Throws: ``TrainingError``, ``VocabularyError`` (`tokensTooLong`), or what the words throw.
  func result(_ words: some ArenaWords) throws -> (tokens: TokenTable, merges: [TokenMerge]) {
    let layout = try words.layout()
    let size = start.tokens.count + start.mergeLimit
    let narrowSize = min(size, Int(SymbolArena<UInt16>.boundary))
    guard start.tokens.count <= narrowSize,
      layout.longestPretoken <= SymbolArena<UInt16>.maximumWidth
    else {
      var loop = MergeLoop<UInt32>(
        try words.arena(layout, start.tokens), totalWeight: layout.totalWeight, start)
      _ = try learn(with: &loop, upTo: size)
      return (loop.tokens, loop.merges)
    }
    var narrow = MergeLoop<UInt16>(
      try words.arena(layout, start.tokens), totalWeight: layout.totalWeight, start)
    guard try learn(with: &narrow, upTo: narrowSize), narrowSize < size else {
      return (narrow.tokens, narrow.merges)
    }
    var wide = MergeLoop<UInt32>(consume narrow)
    _ = try learn(with: &wide, upTo: size)
    return (wide.tokens, wide.merges)
  }

  /// Learns merges until there are `size` tokens; returns whether there may be more.
  private func learn<Slot>(with loop: inout MergeLoop<Slot>, upTo size: Int) throws -> Bool {
    while loop.tokens.count < size {
      guard let frequency = try loop.step() else { return false }
      let mergeCount = loop.merges.count - start.merges.count
      guard let progress, mergeCount % Self.progressInterval == 0 else { continue }
      let state = TrainingProgress(
        mergeCount: mergeCount, mergeLimit: start.mergeLimit, frequency: frequency)
      guard progress(state) else { return false }
    }
    return true
  }
}

/// What a `SymbolArena` can be filled with.
protocol ArenaWords {
  /// Where everything goes.
  func layout() throws -> ArenaLayout
  /// The words as symbols of `tokens`.
  func arena<Slot>(_ layout: ArenaLayout, _ tokens: TokenTable) throws -> SymbolArena<Slot>
}

/// Pretokens whose bytes are symbols.
struct BytePretokens: ArenaWords {
  let source: any PretokenSource

  func layout() throws -> ArenaLayout { try ArenaLayout(source) }

  func arena<Slot>(_ layout: ArenaLayout, _ tokens: TokenTable) throws -> SymbolArena<Slot> {
    try SymbolArena(source, layout, tokens)
  }
}
