import Foundation
import Gobbet
import Synchronization

/// Says on standard error how far a long run is: one line that is rewritten on a terminal, a line
/// every thirty seconds elsewhere.
final class Progress: Sendable {
  private struct State {
    var lastShown: ContinuousClock.Instant
    var isLineOpen = false
    var mergingStart: ContinuousClock.Instant?
  }

  private let isTerminal = isatty(2) == 1
  private let isQuiet: Bool
  private let start = ContinuousClock.now
  private let state: Mutex<State>

  init(quiet: Bool) {
    isQuiet = quiet
    state = Mutex(State(lastShown: .now))
  }

  /// Whether anybody sees it.
  var isShown: Bool { !isQuiet }

  /// Seconds since the beginning.
  var seconds: Double { (ContinuousClock.now - start) / .seconds(1) }

  /// Shows `line` if it is time for one.
  func update(_ line: @autoclosure () -> String) {
    guard !isQuiet else { return }
    state.withLock { state in
      let now = ContinuousClock.now
      guard now - state.lastShown >= (isTerminal ? .milliseconds(200) : .seconds(30)) else {
        return
      }
      state.lastShown = now
      if isTerminal {
        FileHandle.standardError.write(Data("\r\u{1B}[K\(line())".utf8))
        state.isLineOpen = true
      } else {
        note(line())
      }
    }
  }

  /// How long merging will take if it goes on as it has begun; empty while that is not known.
  func timeLeft(_ progress: TrainingJobProgress) -> String {
    guard case .merging(let done, let all) = progress, done > 0 else { return "" }
    let start = state.withLock { state in
      let start = state.mergingStart ?? .now
      state.mergingStart = start
      return start
    }
    let passed = (ContinuousClock.now - start) / .seconds(1)
    guard passed > 1 else { return "" }
    return ", \(Int(passed * Double(all - done) / Double(done)) + 1) s left"
  }

  /// Ends the line that was being rewritten.
  func finish() {
    state.withLock { state in
      if state.isLineOpen { FileHandle.standardError.write(Data("\r\u{1B}[K".utf8)) }
      state.isLineOpen = false
    }
  }
}
