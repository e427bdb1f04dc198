internal import GobbetBPE

extension TokenDataset {
  /// Whether any file says which tokens count in a loss; otherwise all do.
  public var hasLossMask: Bool { maskCache != nil }

  /// The rule that the first file has; nil if it has none.
  public var lossRule: LossRule? { shards.lazy.compactMap { $0.masks?.rule }.first }

  /// Which tokens of a range count in a loss.
  ///
  /// - Precondition: `range` lies in `0..<tokenCount`.
  /// - Throws: `FormatError` or `FileError` if tokens that a rule needs cannot be read.
  /// - Complexity: linear in the tokens; where a rule says what counts, in those back to the last
  ///   opening or closing before the range, or to the beginning of the document.
  public func lossMask(in range: Range<Int>) throws -> [Bool] {
    var mask = [Bool](repeating: true, count: range.count)
    try forEachUncounted(in: range) { part in
      for token in part { mask[token - range.lowerBound] = false }
    }
    return mask
  }

  /// Calls `body` with the tokens of a range that don't count in a loss, as ranges of all tokens that
  /// rise, may touch, and are not empty.
  ///
  /// - Precondition: `range` lies in `0..<tokenCount`.
  /// - Throws: as ``lossMask(in:)``.
  package func forEachUncounted(
    in range: Range<Int>, _ body: (Range<Int>) -> Void
  ) throws {
    guard let maskCache, !range.isEmpty else { return }
    let size = LossMaskCache.stretchTokenCount
    var file = tokens.document(containing: range.lowerBound)
    var place = range.lowerBound
    while place < range.upperBound {
      while tokens[file].upperBound <= place { file += 1 }
      let stretch = (place - tokens[file].lowerBound) / size
      let start = tokens[file].lowerBound + stretch * size
      let bounds = try maskCache.bounds(ofStretch: stretch, inFile: file) {
        try shards[file].uncountedBounds(ofStretch: stretch)
      }
      // Even places of the bounds hold beginnings, odd ones ends.
      var index = bounds.partitioningIndex { start + Int($0) > place } & ~1
      while index < bounds.count {
        let lower = max(place, start + Int(bounds[index]))
        let upper = min(range.upperBound, start + Int(bounds[index + 1]))
        guard lower < upper else { break }
        body(lower..<upper)
        index += 2
      }
      place = min(start + size, tokens[file].upperBound)
    }
  }

  /// The tokens of a document that count in a loss, counted from its first, as ranges that rise and
  /// don't touch.
  ///
  /// - Precondition: `index` is in `0..<documentCount`.
  /// - Throws: `FormatError` or `FileError` if tokens that a rule needs cannot be read.
  public func countedRanges(ofDocument index: Int) throws -> [Range<Int>] {
    let (shard, document) = placeInShard(ofDocument: index)
    var counted: [Range<Int>] = []
    var end = 0
    try shard.forEachUncounted(in: document) { uncounted in
      let start = uncounted.lowerBound - document.lowerBound
      if end < start { counted.append(end..<start) }
      end = uncounted.upperBound - document.lowerBound
    }
    if end < document.count { counted.append(end..<document.count) }
    return counted
  }
}

extension TokenShard {
  /// Where the tokens of a stretch that don't count begin and end in turn, from its first token on.
  fileprivate func uncountedBounds(ofStretch stretch: Int) throws -> [UInt16] {
    let start = stretch * LossMaskCache.stretchTokenCount
    let end = min(start + LossMaskCache.stretchTokenCount, tokenCount)
    var bounds: [UInt16] = []
    try forEachUncounted(in: start..<end) { uncounted in
      if bounds.last == UInt16(uncounted.lowerBound - start) {
        bounds.removeLast()
      } else {
        bounds.append(UInt16(uncounted.lowerBound - start))
      }
      bounds.append(UInt16(uncounted.upperBound - start))
    }
    return bounds
  }
}
