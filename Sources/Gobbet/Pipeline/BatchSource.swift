internal import GobbetCorpus
internal import Synchronization

/// The batches of a corpus, numbered, handed to whoever asks next.
final class BatchSource: Sendable {
  private struct State: ~Copyable {
    var reader: CorpusReader
    var nextSequence = 0
    var hasEnded = false
    var remainingByteCount: Int
  }

  private let state: Mutex<State>
  private let batchByteCount: Int

  init(_ reader: consuming CorpusReader, batchByteCount: Int, byteLimit: Int) {
    state = Mutex(State(reader: reader, remainingByteCount: byteLimit))
    self.batchByteCount = batchByteCount
  }

  /// The next batch, or the error that ends the corpus; nil after that.
  ///
  /// `readByteCount` says how many bytes of the inputs were read by then.
  func next() -> (
    sequence: Int, batch: Result<UnparsedBatch, any Error>, readByteCount: Int
  )? {
    state.withLock { state in
      guard !state.hasEnded else { return nil }
      defer { state.nextSequence += 1 }
      do {
        let wanted = min(batchByteCount, state.remainingByteCount)
        if wanted > 0, var batch = try state.reader.nextUnparsedBatch(byteCount: wanted) {
          batch.keepUnits(upToByte: state.remainingByteCount)
          state.remainingByteCount -= batch.byteCount
          return (state.nextSequence, .success(batch), state.reader.readByteCount)
        }
        state.hasEnded = true
        return nil
      } catch {
        state.hasEnded = true
        return (state.nextSequence, .failure(error), state.reader.readByteCount)
      }
    }
  }
}
