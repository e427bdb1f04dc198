/// One run of a ``Trainer``.
///
/// It begins in an arena with narrow slots and moves to one with wide slots when symbols run out;
/// by then the arena is a small part of what it was.
struct LearningRun {
  /// Merges between two calls of the progress function.
  private static let progressInterval = 64

  let start: TrainingStart
  let options: TrainingOptions
  let progress: ((TrainingProgress) -> Bool)?

  /// The tokens and the merges there are in the end, those of the start too.
  ///
  /// - Throws: ``TrainingError``, ``VocabularyError`` (`tokensTooLong`), or what `source` throws.
  func result(_ source: any PretokenSource) throws -> (tokens: TokenTable, merges: [TokenMerge]) {
    // What is wrong with them should not come out at the end of a long run.
    _ = try start.specialTokens(lastFrom: start.tokens.count)
    let layout = try ArenaLayout(source)
    let size = start.tokens.count + mergeLimit
    let narrowSize = min(size, Int(SymbolArena<UInt16>.boundary))
    guard start.tokens.count <= narrowSize,
      layout.longestPretoken <= SymbolArena<UInt16>.maximumWidth
    else {
      var loop = try MergeLoop<UInt32>(source, layout, start, options, mergeLimit: mergeLimit)
      _ = try learn(with: &loop, upTo: size)
      return (loop.tokens, loop.merges)
    }
    var narrow = try MergeLoop<UInt16>(source, layout, start, options, mergeLimit: mergeLimit)
    guard try learn(with: &narrow, upTo: narrowSize), narrowSize < size else {
      return (narrow.tokens, narrow.merges)
    }
    var wide = MergeLoop<UInt32>(consume narrow)
    _ = try learn(with: &wide, upTo: size)
    return (wide.tokens, wide.merges)
  }

  private var mergeLimit: Int { options.vocabularySize - start.size }

  /// Learns merges until there are `size` tokens; returns whether there may be more.
  private func learn<Slot>(with loop: inout MergeLoop<Slot>, upTo size: Int) throws -> Bool {
    while loop.tokens.count < size {
      guard let frequency = try loop.step() else { return false }
      let mergeCount = loop.merges.count - start.merges.count
      guard let progress, mergeCount % Self.progressInterval == 0 else { continue }
      let state = TrainingProgress(
        mergeCount: mergeCount, mergeLimit: mergeLimit, frequency: frequency)
      guard progress(state) else { return false }
    }
    return true
  }
}
