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
    guard let maskCache else { return mask }
    try forEachStretch(of: range) { stretch, file, first, places in
      let bits = try bits(ofStretch: stretch, inFile: file, maskCache)
      if bits.isEmpty { return }
      for (bit, place) in zip(first..., places) {
        mask[place] = bits[bit / 64] >> UInt64(bit % 64) & 1 == 0
      }
    }
    return mask
  }

  /// Puts ``TokenBatch/ignoredTarget`` in the place of those of some targets that don't count in a
  /// loss; `targets` are the tokens in `range`, and `maskCache` is that of the dataset.
  ///
  /// - Precondition: `range` lies in `0..<tokenCount`, and there are as many targets.
  /// - Throws: as ``lossMask(in:)``.
  func ignoreUncounted(
    in range: Range<Int>, _ targets: inout MutableSpan<TokenID>, _ maskCache: LossMaskCache
  ) throws {
    try forEachStretch(of: range) { stretch, file, first, places in
      try targets.withPart(places) { part in
        if maskCache.ignoreUncounted(ofStretch: stretch, inFile: file, from: first, &part) {
          return
        }
        let bits = try bits(ofStretch: stretch, inFile: file, maskCache)
        LossMaskCache.ignore(bits.span, from: first, &part)
      }
    }
  }

  private func bits(
    ofStretch stretch: Int, inFile file: Int, _ cache: LossMaskCache
  ) throws -> [UInt64] {
    try cache.bits(ofStretch: stretch, inFile: file) {
      try shards[file].uncountedBits(ofStretch: stretch)
    }
  }

  /// Calls `body` for each stretch that a range touches: with its number, its file, its first token in the
  /// range, and where in the range its tokens are.
  private func forEachStretch(
    of range: Range<Int>, _ body: (Int, Int, Int, Range<Int>) throws -> Void
  ) rethrows {
    guard !range.isEmpty else { return }
    let size = LossMaskCache.stretchTokenCount
    let files = tokens
    var file = files.count == 1 ? 0 : files.document(containing: range.lowerBound)
    var place = range.lowerBound
    while place < range.upperBound {
      while files[file].upperBound <= place { file += 1 }
      let (stretch, first) = (place - files[file].lowerBound).quotientAndRemainder(
        dividingBy: size)
      let end = min(range.upperBound, files[file].upperBound, place - first + size)
      try body(stretch, file, first, (place - range.lowerBound)..<(end - range.lowerBound))
      place = end
    }
  }

  /// How many tokens count in a loss; nil if only a rule says it of more than `most` tokens, which would
  /// have to be read.
  ///
  /// - Throws: `FormatError` or `FileError` if tokens that a rule needs cannot be read.
  /// - Complexity: linear in the masks of the files, and in the tokens that are read.
  public func countedTokenCount(readingAtMost most: Int = .max) throws -> Int? {
    var count = 0
    var left = most
    for shard in shards {
      guard let part = try shard.countedTokenCount(readingAtMost: &left) else { return nil }
      count += part
    }
    return count
  }

  /// The tokens of a document that count in a loss, counted from its first, as ranges that rise and
  /// don't touch.
  ///
  /// - Precondition: `index` is in `0..<documentCount`.
  /// - Throws: `FormatError` or `FileError` if tokens that a rule needs cannot be read.
  public func countedRanges(ofDocument index: Int) throws -> [Range<Int>] {
    let (shard, document) = try placeInShard(ofDocument: index)
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
  /// A bit for each token of a stretch, set if it doesn't count in a loss; nothing if all count.
  fileprivate func uncountedBits(ofStretch stretch: Int) throws -> [UInt64] {
    let start = stretch * LossMaskCache.stretchTokenCount
    let end = min(start + LossMaskCache.stretchTokenCount, tokenCount)
    var bits: [UInt64] = []
    try forEachUncounted(in: start..<end) { uncounted in
      if bits.isEmpty { bits = [UInt64](repeating: 0, count: (end - start + 63) / 64) }
      var bit = uncounted.lowerBound - start
      let last = uncounted.upperBound - start
      while bit < last {
        let count = min(64 - bit % 64, last - bit)
        bits[bit / 64] |= (UInt64.max >> UInt64(64 - count)) << UInt64(bit % 64)
        bit += count
      }
    }
    return bits
  }
}
