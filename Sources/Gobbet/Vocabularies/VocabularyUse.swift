public import GobbetBPE
public import GobbetCorpus
internal import Synchronization

/// How a vocabulary encodes a text: how often each of its tokens comes.
public struct VocabularyUse: Hashable, Sendable {
  /// Bytes of the text.
  public internal(set) var byteCount = 0
  /// How often each id comes.
  public internal(set) var occurrences: [Int]

  /// Creates the use of a vocabulary by an empty text.
  package init(_ vocabulary: Vocabulary) {
    occurrences = [Int](repeating: 0, count: vocabulary.idBound)
  }

  /// Tokens that the text is.
  public var tokenCount: Int { occurrences.reduce(0, +) }

  /// Bytes of text a token stands for.
  public var bytesPerToken: Double { Double(byteCount) / Double(max(1, tokenCount)) }

  static func += (left: inout VocabularyUse, right: VocabularyUse) {
    left.byteCount += right.byteCount
    for id in left.occurrences.indices { left.occurrences[id] += right.occurrences[id] }
  }
}

/// Encodes a corpus by several vocabularies, on several cores, to see how they do.
public struct VocabularyUseJob: Sendable {
  /// Files, directories, or `-`.
  public var inputs: [String]
  /// How the inputs are read.
  public var corpus: CorpusOptions
  /// The vocabularies.
  public var vocabularies: [Vocabulary]
  /// Threads, 1 to 1,024, or 0 for one per core; changes no result.
  public var workerCount: Int

  /// A run over `inputs`.
  public init(
    inputs: [String], corpus: CorpusOptions = CorpusOptions(), vocabularies: [Vocabulary],
    workerCount: Int = processorCount
  ) {
    self.inputs = inputs
    self.corpus = corpus
    self.vocabularies = vocabularies
    self.workerCount = workerCount
  }

  /// Reads everything once; returns how each vocabulary was used, in their order.
  ///
  /// `progress` is told the bytes so far, and stops the run by answering false.
  /// - Throws: `FileError`, `CorpusError`, `WorkerCountError`; `CancellationError` if `progress` stopped the run.
  public func result(
    progress: @escaping @Sendable (_ byteCount: Int) -> Bool = { _ in true }
  ) async throws -> [VocabularyUse] {
    let vocabularies = vocabularies
    let tokenizers = vocabularies.map { Tokenizer($0) }
    let total = Total(vocabularies.map { VocabularyUse($0) })
    try await DocumentPipeline(inputs: inputs, options: corpus, workerCount: workerCount).run {
      let encoders = tokenizers.map { EncoderBox($0) }
      return { batch in
        zip(encoders, vocabularies).map { encoder, vocabulary in
          var use = VocabularyUse(vocabulary)
          var ids: [TokenID] = []
          for index in 0..<batch.count {
            ids.removeAll(keepingCapacity: true)
            encoder.encoder.encode(batch.text(index), into: &ids)
            use.byteCount += batch.text(index).count
            for id in ids { use.occurrences[Int(id)] += 1 }
          }
          return use
        }
      }
    } consume: { uses in
      let byteCount = total.uses.withLock { total in
        for index in total.indices { total[index] += uses[index] }
        return total.first?.byteCount ?? 0
      }
      guard progress(byteCount) else { throw CancellationError() }
    }
    return total.uses.withLock { $0 }
  }
}

private final class Total: Sendable {
  let uses: Mutex<[VocabularyUse]>

  init(_ uses: [VocabularyUse]) { self.uses = Mutex(uses) }
}
