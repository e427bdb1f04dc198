import Foundation
import Gobbet
import Synchronization

/// What the command does when a person or the system asks it to stop: INT (control-C), TERM, HUP, or
/// PIPE (whoever read its output is gone).
///
/// A handler does no more than write the signal's number to a pipe, from which a thread of its own
/// reads it: that one may do anything. (Blocking the signals and waiting for them would not do: the
/// main thread of an asynchronous program sleeps with none blocked.) A verb that looks at
/// ``isRequested`` ends by itself at the next good moment; any other is ended at once, and so is one
/// that takes too long or gets a second signal. Temporary files are removed either way.
enum Interruption {
  /// The end of the pipe that signals are written to.
  private static let pipeEnd = Atomic<CInt>(-1)
  private static let requested = Atomic<CInt>(0)
  private static let isWatched = Atomic(false)
  private static let kept = Mutex("no file is half-written, run the command again")
  private static let patience = Mutex(Duration.seconds(2))

  /// True from the first signal on.
  static var isRequested: Bool { requested.load(ordering: .relaxed) != 0 }

  /// Takes signals from now on.
  static func begin() {
    TemporaryFiles.track()
    var ends: [CInt] = [0, 0]
    // SAFETY: the call fills both elements.
    guard unsafe ends.withUnsafeMutableBufferPointer({ unsafe pipe($0.baseAddress) }) == 0 else {
      return
    }
    let (reader, writer) = (ends[0], ends[1])
    pipeEnd.store(writer, ordering: .relaxed)
    Thread.detachNewThread { serve(reader) }
    var taken = sigset_t()
    unsafe sigemptyset(&taken)
    for number in [SIGINT, SIGTERM, SIGPIPE, SIGHUP] {
      let before = signal(number) { Interruption.hand(on: $0) }
      // A caller that has HUP ignored (nohup) means it. A shell ignores INT for a command in the
      // background, which is not what is meant there.
      // SAFETY: a handler is an address, which is only compared.
      let (earlier, ignored) = unsafe (
        unsafeBitCast(before, to: Int.self), unsafeBitCast(SIG_IGN, to: Int.self)
      )
      if number == SIGHUP, earlier == ignored { signal(number, SIG_IGN) }
      unsafe sigaddset(&taken, number)
    }
    // Who started this process from a thread that blocks signals has handed that on.
    unsafe pthread_sigmask(SIG_UNBLOCK, &taken, nil)
  }

  /// What a signal does in the thread that it meets: one call that is allowed there.
  private static func hand(on number: CInt) {
    var byte = UInt8(truncatingIfNeeded: number)
    let before = errno
    // SAFETY: the call reads one byte.
    _ = unsafe Foundation.write(pipeEnd.load(ordering: .relaxed), &byte, 1)
    errno = before
  }

  /// Says that the verb looks at ``isRequested`` from now on.
  ///
  /// `kept` says for the person what is left behind if it ends early, and how to go on; `patience`
  /// how long it may take to end.
  static func watch(
    _ kept: String = "nothing was written, run the command again",
    patience: Duration = .seconds(2)
  ) {
    Self.kept.withLock { $0 = kept }
    Self.patience.withLock { $0 = patience }
    isWatched.store(true, ordering: .releasing)
  }

  /// - Throws: `CancellationError` once a signal has come.
  static func check() throws {
    if isRequested { throw CancellationError() }
  }

  /// The exit code and the line of a verb that a signal has ended, with `detail` in place of what is
  /// kept.
  static func failure(_ detail: String? = nil) -> Failure {
    failure(requested.load(ordering: .relaxed), detail)
  }

  private static func failure(_ number: CInt, _ detail: String?) -> Failure {
    let text = detail ?? kept.withLock { $0 }
    return switch number {
    case SIGTERM: Failure(.terminated, "ended by SIGTERM: \(text)")
    case SIGHUP: Failure(.hungUp, "ended by SIGHUP: \(text)")
    case SIGPIPE: Failure(.brokenPipe, "")
    default: Failure(.interrupted, "interrupted: \(text)")
    }
  }

  private static func serve(_ reader: CInt) {
    while true {
      var byte: UInt8 = 0
      // SAFETY: the call fills one byte.
      guard unsafe read(reader, &byte, 1) == 1 else { continue }
      let number = CInt(byte)
      let isFirst = requested.compareExchange(
        expected: 0, desired: number, ordering: .relaxed
      ).exchanged
      guard isFirst, isWatched.load(ordering: .acquiring) else { endNow(number) }
      let patience = patience.withLock { $0 }
      Thread.detachNewThread {
        Thread.sleep(forTimeInterval: patience / .seconds(1))
        endNow(number)
      }
    }
  }

  /// Ends the process while its threads are at work: every file appears whole or not at all, so that
  /// this is safe at any moment.
  private static func endNow(_ number: CInt) -> Never {
    let failure = failure(number, nil)
    if !failure.description.isEmpty { note("gobbet: \(failure)") }
    TemporaryFiles.removeAll(thenExitWith: failure.status.rawValue)
  }

  /// Makes a write past the limit on the size of files an error, like one to a full disk, rather than
  /// the end of the process.
  static func takeFileSizeLimitAsError() { signal(SIGXFSZ, SIG_IGN) }
}
