import Foundation
import Gobbet
import Synchronization

/// Says on standard error how far a long job is: one line that is rewritten on a terminal; elsewhere
/// nothing, or a line every thirty seconds if that is asked for.
///
/// There is no lock: a thread claims the turn to show a line by exchanging one number, so that
/// whatever makes the line may ask this object anything.
final class Progress: Sendable {
  /// Whether anybody sees it.
  let isShown: Bool
  private let start = ContinuousClock.now
  private let interval: Duration
  /// Nanoseconds from the start to the last line.
  private let lastShown = Atomic<Int64>(0)
  /// Nanoseconds from the start to the first merge that was reported; 0 before.
  private let mergingStart = Atomic<Int64>(0)

  /// Creates the progress of a job; with `sharingOutput`, of one whose results scroll by on the same
  /// terminal, where it would be in their way.
  init(_ options: ProgressOptions, sharingOutput: Bool = false) {
    let isTerminal = StandardError.isTerminal && !(sharingOutput && StandardOutput.isTerminal)
    isShown = !options.quiet && (options.progress || isTerminal)
    // For tests: seconds from one line to the next.
    let seconds = ProcessInfo.processInfo.environment["GOBBET_PROGRESS_INTERVAL"].flatMap {
      Double($0)
    }
    interval = .seconds(seconds ?? (StandardError.isTerminal ? 0.2 : 30))
  }

  /// Seconds since the beginning.
  var seconds: Double { (ContinuousClock.now - start) / .seconds(1) }

  private var nanoseconds: Int64 {
    let passed = (ContinuousClock.now - start).components
    return passed.seconds * 1_000_000_000 + passed.attoseconds / 1_000_000_000
  }

  /// Shows `line` if it is time for one.
  func update(_ line: @autoclosure () -> String) {
    guard isShown, claimTurn() else { return }
    if StandardError.isTerminal {
      StandardError.rewrite(line())
    } else {
      note(line())
    }
  }

  /// Whether a line is due and this thread is the one to show it.
  private func claimTurn() -> Bool {
    let now = nanoseconds
    let last = lastShown.load(ordering: .relaxed)
    guard .nanoseconds(now - last) >= interval else { return false }
    return lastShown.compareExchange(expected: last, desired: now, ordering: .relaxed).exchanged
  }

  /// How long merging will take if it goes on as it has begun; empty while that is not known.
  func timeLeft(_ progress: TrainingJobProgress) -> String {
    guard case .merging(let done, let all) = progress, done > 0 else { return "" }
    let now = nanoseconds
    let (exchanged, original) = mergingStart.compareExchange(
      expected: 0, desired: max(1, now), ordering: .relaxed)
    return timeLeft(
      Double(done) / Double(all), after: exchanged ? 0 : Double(now - original) / 1e9)
  }

  /// How long a job will take if it goes on as fast as it has; empty while that is not known.
  func timeLeft(_ done: Int, of all: Int) -> String {
    timeLeft(Double(done) / Double(max(1, all)), after: seconds)
  }

  /// The same where `share` of a job took `passed` seconds.
  ///
  /// Nothing is said before a second has passed, nor before a hundredth is done, unless half a minute has
  /// passed: jobs begin with reading and opening, which say nothing of how fast they are.
  private func timeLeft(_ share: Double, after passed: Double) -> String {
    guard share > 0, share < 1, passed > min(interval / .seconds(1), 1),
      share >= 0.01 || passed >= 30
    else { return "" }
    return ", \(Int(passed * (1 - share) / share) + 1) s left"
  }

  /// Shows how many tokens of all are done; whether the job goes on.
  @discardableResult func showTokens(_ done: Int, of all: Int) -> Bool {
    update(
      "\(done.grouped) of \(all.grouped("token")), "
        + "\(Int(Double(done) / max(seconds, 1e-9)).grouped) a second" + timeLeft(done, of: all))
    return !Interruption.isRequested
  }

  /// Shows how many bytes of all are done; whether the job goes on.
  @discardableResult func showBytes(_ done: Int, of all: Int) -> Bool {
    update(bytes(done, of: all))
    return !Interruption.isRequested
  }

  /// Bytes so far, how fast they come and, where it is known how many there are, how long the rest takes.
  func bytes(_ done: Int, of all: Int? = nil) -> String {
    var line = done.grouped + (all.map { " of \($0.grouped)" } ?? "") + " bytes"
    let passed = seconds
    if passed > min(interval / .seconds(1), 1) {
      line += ", \((Double(done) / passed / 1e6).rounded(places: 1)) MB/s"
    }
    return line + (all.map { timeLeft(done, of: $0) } ?? "")
  }

  /// Ends the line that was being rewritten.
  func finish() { StandardError.clear() }
}
