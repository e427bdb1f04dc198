public import GobbetBPE

/// What the tokens of a vocabulary are like, and which of them a text uses.
public struct VocabularyStatistics: Sendable {
  /// Tokens that are alike.
  public struct Group: Hashable, Sendable {
    /// How many there are in the vocabulary.
    public internal(set) var tokenCount = 0
    /// How many of these the text uses.
    public internal(set) var usedCount = 0
    /// How often they come in the text.
    public internal(set) var occurrenceCount = 0
    /// Bytes of text that they stand for.
    public internal(set) var byteCount = 0
  }

  /// The tokens by their bytes, from short to long.
  public let lengths: [(byteCount: Int, group: Group)]
  /// The tokens by the script that they are written in, from many to few.
  public let scripts: [(script: WritingSystem, group: Group)]
  /// The tokens that the text does not use, special ones left out.
  public let unused: [TokenID]
  /// All tokens but special ones, from long to short.
  public let longest: [TokenID]

  /// The statistics of `vocabulary`, as a text used it.
  ///
  /// - Precondition: `use` is of this vocabulary.
  public init(_ vocabulary: Vocabulary, _ use: VocabularyUse) {
    precondition(use.occurrences.count == vocabulary.idBound, "statistics: another vocabulary")
    var lengths: [Int: Group] = [:]
    var scripts: [WritingSystem: Group] = [:]
    var unused: [TokenID] = []
    let ids = (0..<TokenID(vocabulary.tokens.count)).filter { !vocabulary.tokens[$0].isEmpty }
    for id in ids {
      let bytes = vocabulary.tokens[id]
      let count = use.occurrences[Int(id)]
      if count == 0 { unused.append(id) }
      lengths[bytes.count, default: Group()].add(count, bytes.count)
      scripts[WritingSystem(of: bytes), default: Group()].add(count, bytes.count)
    }
    self.lengths = lengths.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    self.scripts = scripts.sorted {
      ($1.value.tokenCount, $0.key.rawValue) < ($0.value.tokenCount, $1.key.rawValue)
    }.map { ($0.key, $0.value) }
    self.unused = unused
    longest = ids.sorted {
      (vocabulary.tokens[$1].count, $0) < (vocabulary.tokens[$0].count, $1)
    }
  }
}

extension VocabularyStatistics.Group {
  /// Adds a token of `length` bytes that comes `count` times.
  fileprivate mutating func add(_ count: Int, _ length: Int) {
    tokenCount += 1
    usedCount += count > 0 ? 1 : 0
    occurrenceCount += count
    byteCount += count * length
  }
}
