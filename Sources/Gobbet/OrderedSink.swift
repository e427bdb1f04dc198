internal import Synchronization

/// Passes the outputs of several workers on in the order of their numbers.
///
/// An output that comes early waits for those before it, and a worker that is far ahead is suspended
/// until they have come.
final class OrderedSink<Output: Sendable>: Sendable {
  private struct State {
    var outputs = Reordering<Result<Output, any Error>>()
    /// Whether a thread is passing outputs on; that one takes what comes meanwhile, too.
    var isConsuming = false
    /// Whether one has failed, or a worker has ended early; nothing after it is passed on.
    var hasEnded = false
    /// Workers that are far ahead.
    var suspended: [CheckedContinuation<Void, Never>] = []

    /// Whether the worker of output `sequence` is far ahead: outputs before it are missing, and more
    /// than `limit` wait for them.
    func isAhead(_ sequence: Int, _ limit: Int) -> Bool {
      !hasEnded && outputs.next <= sequence && outputs.count > limit
    }
  }

  private let state = Mutex(State())
  private let consume: @Sendable (Output) throws -> Void

  init(_ consume: @escaping @Sendable (Output) throws -> Void) { self.consume = consume }

  /// Takes an output, and passes on those whose turn it is, without the lock: what the caller does
  /// with an output may take its time, and ask anything.
  func take(_ output: Result<Output, any Error>, _ sequence: Int) throws {
    state.withLock { $0.outputs.add(output, sequence) }
    while let next = next() {
      do {
        try consume(try next.get())
      } catch {
        end()
        throw error
      }
      change { $0.isConsuming = false }
    }
  }

  /// Suspends the worker of output `sequence` while more than `limit` outputs wait for one before it.
  func waitForOthers(before sequence: Int, limit: Int) async {
    while state.withLock({ $0.isAhead(sequence, limit) }) {
      await withCheckedContinuation { continuation in
        let isAhead = state.withLock { state in
          guard state.isAhead(sequence, limit) else { return false }
          state.suspended.append(continuation)
          return true
        }
        if !isAhead { continuation.resume() }
      }
    }
  }

  /// Passes nothing on any more: a worker whose output others wait for has ended early.
  func end() { change { $0.hasEnded = true } }

  /// The output whose turn it is, for this thread alone to pass on; nil if it has not come, or if
  /// another thread is at work.
  private func next() -> Result<Output, any Error>? {
    state.withLock { state in
      guard !state.isConsuming, !state.hasEnded, let next = state.outputs.pop() else { return nil }
      state.isConsuming = true
      return next
    }
  }

  /// Changes the state, and has those who are suspended look at it.
  private func change(_ edit: (inout State) -> Void) {
    let suspended = state.withLock { state in
      edit(&state)
      defer { state.suspended = [] }
      return state.suspended
    }
    for continuation in suspended { continuation.resume() }
  }
}
