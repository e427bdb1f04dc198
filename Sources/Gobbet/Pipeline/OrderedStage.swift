internal import Synchronization

/// A stage of a pipeline that takes what several workers bring in the order of its numbers.
///
/// What comes early waits for what is before it; whoever brings that does the work for both, and one
/// worker is at it at a time.
final class OrderedStage<Value: Sendable>: Sendable {
  private struct State {
    var waiting: [Int: Value] = [:]
    /// The number of the value whose turn is next.
    var next = 0
    /// Whether a worker is at it, who takes what comes meanwhile, too; it stays so after an error.
    var isBusy = false
  }

  private let state = Mutex(State())

  /// Takes a value, and calls `body` for each whose turn it is, without a lock: what the body does may
  /// take its time, and ask anything.
  func take(_ value: Value, _ number: Int, _ body: (Value, _ number: Int) throws -> Void) rethrows {
    state.withLock { $0.waiting[number] = value }
    while let (value, number) = begin() {
      try body(value, number)
      state.withLock { $0.isBusy = false }
    }
  }

  /// The value whose turn it is, for this worker alone; nil if it has not come, or if another worker is
  /// at it.
  private func begin() -> (Value, Int)? {
    state.withLock { state in
      guard !state.isBusy, let value = state.waiting.removeValue(forKey: state.next) else {
        return nil
      }
      state.isBusy = true
      defer { state.next += 1 }
      return (value, state.next)
    }
  }
}
