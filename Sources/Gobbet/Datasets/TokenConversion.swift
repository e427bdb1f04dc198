public import GobbetBPE
public import GobbetData
public import GobbetInterchange

extension ForeignTokensWriter.Format {
  /// The name on command lines.
  public var name: String {
    switch self {
    case .nanoGPT: "nanogpt"
    case .llmC: "llmc"
    case .megatron: "megatron"
    case .numPy: "numpy"
    }
  }
}

/// Token datasets → the files of other programs, and back.
public enum TokenConversion {
  /// Writes the tokens of `dataset` as another program keeps them.
  ///
  /// Where documents begin gets lost, but for Megatron's. `progress` is told the tokens so far, and ends
  /// the writing by answering false.
  /// - Throws: `InterchangeError` if the format has no room for the ids; `FormatError`,
  ///   `FileError`; `CancellationError` if `progress` ended it.
  public static func export(
    _ dataset: TokenDataset, to path: String, format: ForeignTokensWriter.Format,
    replacing: Bool = false, progress: (_ tokenCount: Int) -> Bool = { _ in true }
  ) throws {
    var writer = try ForeignTokensWriter(
      path, format: format, idBound: dataset.idBound, tokenCount: dataset.tokenCount,
      replacing: replacing)
    var done = 0
    try dataset.forEachDocument { _, document in
      try writer.append(document: document)
      done += document.count
      guard progress(done) else { throw CancellationError() }
    }
    try writer.finish()
  }

  /// Packs the tokens of a file of another program.
  ///
  /// Where the format does not say where documents end, they end after each `lastToken`; without
  /// one all is one document. `progress` is told the tokens so far, and ends the packing by answering
  /// false.
  /// - Throws: `TokenDatasetError` (`unknownID`) for an id that the vocabulary does not have;
  ///   `InterchangeError`, `FileError`; `CancellationError` if `progress` ended it.
  public static func pack(
    _ tokens: ForeignTokens, to path: String, vocabulary: Vocabulary, lastToken: TokenID? = nil,
    options: TokenDatasetOptions = TokenDatasetOptions(), replacing: Bool = false,
    progress: (_ tokenCount: Int) -> Bool = { _ in true }
  ) throws -> TokenDatasetSummary {
    try DatasetManifest.refuseShard(at: path)
    var writer = try TokenDatasetWriter(
      path: path, vocabulary: vocabulary, options: options, replacing: replacing)
    let step = 1 << 20
    var bounds = tokens.documentBounds.map { $0.dropFirst()[...] }
    var isOpen = false
    for start in stride(from: 0, to: tokens.tokenCount, by: step) {
      let range = start..<min(start + step, tokens.tokenCount)
      let ids = try tokens.tokens(in: range)
      var first = 0
      func ends(_ ids: [TokenID]) -> [Int] {
        guard bounds == nil else {
          let inside = bounds?.prefix { $0 <= range.upperBound } ?? []
          bounds = bounds?.dropFirst(inside.count)
          return inside.map { $0 - start }
        }
        guard let lastToken else { return [] }
        return ids.indices.filter { ids[$0] == lastToken }.map { $0 + 1 }
      }
      for end in ends(ids) {
        try writer.append(part: ids.span.extracting(first..<end))
        writer.endDocument()
        first = end
      }
      guard progress(range.upperBound) else { throw CancellationError() }
      isOpen = first < ids.count
      try writer.append(part: ids.span.extracting(first..<ids.count))
    }
    // Documents without tokens at the end, or in an empty file.
    for _ in bounds ?? [] where !isOpen { writer.endDocument() }
    if isOpen { writer.endDocument() }
    return try writer.finish()
  }
}
