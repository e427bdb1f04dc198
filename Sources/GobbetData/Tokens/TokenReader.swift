internal import GobbetBPE

/// A dataset for whoever reads many ranges of it in a row: what is looked up for each is at hand.
///
/// Where the tokens of a single file are mapped, and every block of it was found right, they are taken
/// from there at once.
package struct TokenReader: ~Escapable {
  private let dataset: TokenDataset
  private let maskCache: LossMaskCache?
  private let isOneFile: Bool
  /// The tokens where they lie, and how they are stored; nil if they have to be asked for.
  private let bytes: Span<UInt8>
  private let code: PackedCode?

  @_lifetime(copy bytes)
  init(_ dataset: TokenDataset, _ bytes: Span<UInt8>, _ code: PackedCode?) {
    self.dataset = dataset
    self.bytes = bytes
    self.code = code
    maskCache = dataset.maskCache
    isOneFile = dataset.paths.count == 1
  }

  /// Puts a range of the tokens into memory of the caller's.
  ///
  /// - Precondition: `range` lies in the tokens, and `target` has room for exactly those.
  /// - Throws: as ``TokenDataset/copyTokens(in:to:)``.
  func copyTokens(in range: Range<Int>, to target: inout MutableSpan<TokenID>) throws {
    guard let code else { return try dataset.copyTokens(in: range, to: &target) }
    precondition(
      range.lowerBound >= 0 && range.count == target.count, "copyTokens(in:to:): no room")
    code.decode(bytes, from: range.lowerBound, into: &target)
  }

  /// Has the processor fetch where the tokens of a range lie, and which of them count, while it goes on.
  ///
  /// - Precondition: `range` lies in the tokens.
  func prefetch(_ range: Range<Int>) {
    if isOneFile { maskCache?.prefetch(range) }
    guard let code else { return dataset.prefetch(range) }
    code.prefetch(range, in: bytes)
  }

  /// Puts ``TokenBatch/ignoredTarget`` in the place of those of some targets that don't count in a
  /// loss; `targets` are the tokens in `range`.
  ///
  /// - Precondition: `range` lies in the tokens, and there are as many targets.
  /// - Throws: as ``TokenDataset/lossMask(in:)``.
  func ignoreUncounted(in range: Range<Int>, _ targets: inout MutableSpan<TokenID>) throws {
    guard let maskCache else { return }
    precondition(range.count == targets.count, "ignoreUncounted: another number of targets")
    let (stretch, first) = range.lowerBound.quotientAndRemainder(
      dividingBy: LossMaskCache.stretchTokenCount)
    // As a rule the range lies in one stretch, which is kept.
    if isOneFile, first + range.count <= LossMaskCache.stretchTokenCount,
      maskCache.ignoreUncounted(ofStretch: stretch, inFile: 0, from: first, &targets)
    {
      return
    }
    try dataset.ignoreUncounted(in: range, &targets, maskCache)
  }
}

extension TokenDataset {
  /// Calls `body` with what reads many ranges in a row.
  package func withReader<Result>(_ body: (TokenReader) throws -> Result) rethrows -> Result {
    let mapped = try onlyBlocks?.withMapped { bytes, code in
      try body(TokenReader(self, bytes, code))
    }
    return try mapped ?? body(TokenReader(self, Span(), nil))
  }
}
