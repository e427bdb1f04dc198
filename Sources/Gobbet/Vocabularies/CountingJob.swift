public import GobbetBPE
public import GobbetCorpus
internal import Synchronization

/// How much text there is, and how many tokens it makes.
public struct TextCounts: Hashable, Sendable {
  /// Documents.
  public var documentCount = 0
  /// Bytes of text.
  public var byteCount = 0
  /// Unicode scalars: bytes that aren't a continuation of another.
  public var scalarCount = 0
  /// Tokens, document by document, as ordinary text; nil without a vocabulary.
  public var tokenCount: Int?

  static func += (left: inout TextCounts, right: TextCounts) {
    left.documentCount += right.documentCount
    left.byteCount += right.byteCount
    left.scalarCount += right.scalarCount
    if let tokens = right.tokenCount { left.tokenCount = (left.tokenCount ?? 0) + tokens }
  }
}

/// Counts the text of a corpus on several cores.
///
/// ```swift
/// let counts = try await CountingJob(inputs: ["corpus/"]).result()
/// print(counts.documentCount, counts.byteCount)
/// ```
public struct CountingJob: Sendable {
  /// Files, directories, or `-`.
  public var inputs: [String]
  /// How the inputs are read.
  public var corpus: CorpusOptions
  /// Whose tokens are counted; nil for none.
  public var vocabulary: Vocabulary?
  /// Threads, 1 to 1,024, or 0 for one per core; changes no result.
  public var workerCount: Int

  /// A run over `inputs`.
  public init(
    inputs: [String], corpus: CorpusOptions = CorpusOptions(), vocabulary: Vocabulary? = nil,
    workerCount: Int = processorCount
  ) {
    self.inputs = inputs
    self.corpus = corpus
    self.vocabulary = vocabulary
    self.workerCount = workerCount
  }

  /// Reads everything once.
  ///
  /// `progress` is told the counts so far, and stops the run by answering false.
  /// - Throws: `FileError`, `CorpusError`, `WorkerCountError`; `CancellationError` if `progress` stopped the run.
  public func result(
    progress: @escaping @Sendable (TextCounts) -> Bool = { _ in true }
  ) async throws -> TextCounts {
    let tokenizer = vocabulary.map { Tokenizer($0) }
    let total = Total(tokenizer == nil ? TextCounts() : TextCounts(tokenCount: 0))
    try await DocumentPipeline(inputs: inputs, options: corpus, workerCount: workerCount).run {
      let encoder = tokenizer.map { EncoderBox($0) }
      return { batch in
        var counts = TextCounts()
        for index in 0..<batch.count {
          let document = batch.text(index)
          counts.documentCount += 1
          counts.byteCount += document.count
          counts.scalarCount += scalarCount(document)
          if let encoder {
            counts.tokenCount = (counts.tokenCount ?? 0) + encoder.encoder.count(document)
          }
        }
        return counts
      }
    } consume: { counts in
      let soFar = total.counts.withLock { total in
        total += counts
        return total
      }
      guard progress(soFar) else { throw CancellationError() }
    }
    return total.counts.withLock { $0 }
  }
}

private final class Total: Sendable {
  let counts: Mutex<TextCounts>

  init(_ counts: TextCounts) { self.counts = Mutex(counts) }
}

/// Bytes that do not continue a scalar; for valid UTF-8 the number of its scalars.
private func scalarCount(_ bytes: Span<UInt8>) -> Int {
  var count = 0
  for index in bytes.indices where bytes[index] & 0xC0 != 0x80 { count += 1 }
  return count
}
