public import GobbetBPE
internal import GobbetData

/// The unique pretokens of a corpus, in memory or on disk, and what they were counted in.
public struct CountedCorpus: Sendable {
  /// Where the pretokens are.
  enum Storage: Sendable {
    case memory(PretokenCounts)
    case disk(PretokenCountsFile)
  }

  /// How the documents were cut.
  public let pattern: SplitPattern
  /// Documents counted.
  public let documentCount: Int
  /// Bytes of text in them.
  public let byteCount: Int
  /// Pretokens that were longer than the bound and counted in pieces.
  public let cutPretokenCount: Int
  /// The documents held out.
  public let heldOut: PretokenCounts
  let storage: Storage

  /// Different pretokens.
  public var uniquePretokenCount: Int {
    switch storage {
    case .memory(let counts): counts.uniqueCount
    case .disk(let file): file.uniqueCount
    }
  }

  /// The pretokens, to learn from.
  public var source: any PretokenSource {
    switch storage {
    case .memory(let counts): counts
    case .disk(let file): file
    }
  }

  /// Writes the pretokens to a file of counts, which appears at `path` when it is complete.
  ///
  /// - Throws: `FileError`.
  public func write(to path: String, replacing: Bool = false) throws {
    switch storage {
    case .memory(let counts):
      try counts.write(to: path, pattern: pattern, replacing: replacing)
    case .disk(let file):
      var writer = try PretokenCountsWriter(path: path, pattern: pattern, replacing: replacing)
      try file.forEachPretoken { try writer.append($0, count: $1) }
      writer.origin.documentCount = UInt64(documentCount)
      writer.origin.byteCount = UInt64(byteCount)
      writer.origin.cutPretokenCount = UInt64(cutPretokenCount)
      try writer.finish()
    }
  }
}

extension PretokenCounts {
  /// How many tokens of `vocabulary` the counted text is, each pretoken taken by itself.
  public func tokenCount(in vocabulary: Vocabulary) -> Int {
    var encoder = Tokenizer(vocabulary).makeEncoder()
    var total = 0
    forEachPretoken { bytes, count in total += encoder.count(bytes) * Int(clamping: count) }
    return total
  }
}
