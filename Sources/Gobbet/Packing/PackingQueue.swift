internal import GobbetBPE
internal import GobbetCorpus
internal import GobbetData
internal import Synchronization

/// A block to be compressed, and its number among what is written.
struct BlockJob: Sendable {
  let number: Int
  let split: Int
  let ids: [TokenID]
  let encoder: TokenBlockEncoder
}

/// The jobs of a packing run: a free worker takes the one that is nearest to the end of the way, so
/// that little waits in between, and none waits for another as long as there is anything to do.
final class PackingQueue: Sendable {
  enum Job: Sendable {
    /// Read the next batch of the corpus and parse it.
    case read
    case encode(SelectedBatch, sequence: Int)
    case compress(BlockJob)
    /// All documents are cut into blocks: end the files.
    case close
  }

  private struct State {
    var blocks: [BlockJob] = []
    var nextBlock = 0
    var batches: [(batch: SelectedBatch, sequence: Int)] = []
    var nextBatch = 0
    /// Batches on the way from being read to being cut into blocks.
    var openBatchCount = 0
    /// Blocks on the way from being cut to being written.
    var openBlockCount = 0
    var hasEnded = false
    var isClosing = false
    var isClosed = false
    var failure: (any Error)?
    var changeCount = 0
    var waiting: [CheckedContinuation<Void, Never>] = []
  }

  private enum Answer {
    case job(Job)
    case done
    case wait(changeCount: Int)
  }

  private let state = Mutex(State())
  private let openBatchLimit: Int

  /// A queue that lets so many batches be on their way at a time.
  init(openBatchLimit: Int) { self.openBatchLimit = openBatchLimit }

  /// What ended the run early; nil if nothing did.
  var failure: (any Error)? { state.withLock { $0.failure } }

  /// The next job; nil when all is done or the run has failed.
  func next() async -> Job? {
    while true {
      switch state.withLock({ answer(&$0) }) {
      case .job(let job): return job
      case .done: return nil
      case .wait(let changeCount): await wait(changeCount)
      }
    }
  }

  private func answer(_ state: inout State) -> Answer {
    if state.failure != nil { return .done }
    if state.nextBlock < state.blocks.count {
      defer { state.nextBlock += 1 }
      return .job(.compress(state.blocks[state.nextBlock]))
    }
    state.blocks.removeAll(keepingCapacity: true)
    state.nextBlock = 0
    if state.nextBatch < state.batches.count {
      defer { state.nextBatch += 1 }
      let (batch, sequence) = state.batches[state.nextBatch]
      return .job(.encode(batch, sequence: sequence))
    }
    state.batches.removeAll(keepingCapacity: true)
    state.nextBatch = 0
    if !state.hasEnded, state.openBatchCount < openBatchLimit {
      state.openBatchCount += 1
      return .job(.read)
    }
    if state.hasEnded, state.openBatchCount == 0, !state.isClosing {
      state.isClosing = true
      return .job(.close)
    }
    if state.isClosed, state.openBlockCount == 0 { return .done }
    return .wait(changeCount: state.changeCount)
  }

  /// Waits until anything has changed since `changeCount`.
  private func wait(_ changeCount: Int) async {
    await withCheckedContinuation { continuation in
      let isOver = state.withLock { state in
        if state.changeCount != changeCount { return true }
        state.waiting.append(continuation)
        return false
      }
      if isOver { continuation.resume() }
    }
  }

  private func change(_ edit: (inout State) -> Void) {
    let waiting = state.withLock { state in
      edit(&state)
      state.changeCount += 1
      defer { state.waiting = [] }
      return state.waiting
    }
    for continuation in waiting { continuation.resume() }
  }

  /// The corpus has no more batches; the read that found out is over.
  func endCorpus() {
    change { state in
      state.hasEnded = true
      state.openBatchCount -= 1
    }
  }

  func add(_ batches: [(SelectedBatch, Int)]) {
    change { $0.batches += batches.map { (batch: $0.0, sequence: $0.1) } }
  }

  /// Batches were cut, into these blocks.
  func add(_ blocks: [BlockJob], ofBatches batchCount: Int) {
    change { state in
      state.blocks += blocks
      state.openBlockCount += blocks.count
      state.openBatchCount -= batchCount
    }
  }

  /// A block was compressed and handed to the writer.
  func finishBlock() { change { $0.openBlockCount -= 1 } }

  /// The files were ended, but for blocks that are on their way.
  func close() { change { $0.isClosed = true } }

  /// Ends the run; the first reason stays.
  func fail(_ error: any Error) { change { $0.failure = $0.failure ?? error } }
}
