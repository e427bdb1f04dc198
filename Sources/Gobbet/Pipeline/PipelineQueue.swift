internal import Synchronization

/// The jobs of a pipeline over a corpus: a free worker takes the one that is nearest to the end of the
/// way, so that little waits in between, and none waits for another as long as there is anything to do.
///
/// What is not in the corpus's order is done by any worker; what is in order goes through an
/// ``OrderedStage`` and is cheap.
final class PipelineQueue<Batch: Sendable, Block: Sendable>: Sendable {
  enum Job: Sendable {
    /// Read the next batch of the corpus and parse it.
    case read
    /// Work on what a batch has become.
    case batch(Batch)
    /// Work on what batches were cut into.
    case block(Block)
    /// No batch is on its way any more: end what is open.
    case close
  }

  private struct State {
    var blocks = Jobs<Block>()
    var batches = Jobs<Batch>()
    /// Batches on the way from being read to being finished.
    var openBatchCount = 0
    /// Blocks on the way from being cut to being finished.
    var openBlockCount = 0
    var hasEnded = false
    var isClosing = false
    var isClosed = false
    var failure: (any Error)?
    var changeCount = 0
    var waiting: [CheckedContinuation<Void, Never>] = []
  }

  /// Jobs that leave in the order in which they came.
  private struct Jobs<Element> {
    private var elements: [Element] = []
    private var next = 0

    mutating func append(_ new: [Element]) { elements += new }

    mutating func pop() -> Element? {
      guard next < elements.count else {
        elements.removeAll(keepingCapacity: true)
        next = 0
        return nil
      }
      defer { next += 1 }
      return elements[next]
    }
  }

  private enum Answer {
    case job(Job)
    case done
    case wait(changeCount: Int)
  }

  private let state = Mutex(State())
  private let openBatchLimit: Int

  /// A queue that lets that many batches be on their way at a time.
  init(openBatchLimit: Int) { self.openBatchLimit = openBatchLimit }

  /// Has workers do all jobs; `makeWorker` is called once in each, for a closure with its state.
  ///
  /// - Throws: the first error of a worker; `CancellationError`.
  func run(
    workerCount: Int, _ makeWorker: @escaping @Sendable () throws -> (Job) throws -> Void
  ) async throws {
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<workerCount {
        group.addTask {
          do {
            let perform = try makeWorker()
            while let job = await self.next() {
              try Task.checkCancellation()
              try perform(job)
            }
          } catch {
            self.change { $0.failure = $0.failure ?? error }
          }
        }
      }
      await group.waitForAll()
    }
    if let failure = state.withLock({ $0.failure }) { throw failure }
  }

  /// The next job; nil when all is done or the run has failed.
  private func next() async -> Job? {
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
    if let block = state.blocks.pop() { return .job(.block(block)) }
    if let batch = state.batches.pop() { return .job(.batch(batch)) }
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

  /// Adds jobs of batches.
  func add(_ batches: [Batch]) { change { $0.batches.append(batches) } }

  /// Batches are finished and were cut into these blocks.
  func finishBatches(_ count: Int, into blocks: [Block] = []) {
    change { state in
      state.blocks.append(blocks)
      state.openBlockCount += blocks.count
      state.openBatchCount -= count
    }
  }

  /// A block is finished.
  func finishBlock() { change { $0.openBlockCount -= 1 } }

  /// All is ended but blocks that are on their way.
  func close() { change { $0.isClosed = true } }
}
