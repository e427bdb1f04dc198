import Foundation
import Synchronization

/// Whether the person has asked the run to stop (control-C, or a polite kill).
enum Interruption {
  private static let requested = Atomic(false)

  /// True from the first signal on; a second one ends the process at once.
  static var isRequested: Bool { requested.load(ordering: .relaxed) }

  /// Makes signals set ``isRequested`` instead of ending the process.
  static func watch() {
    var watched = sigset_t()
    unsafe sigemptyset(&watched)
    for number in [SIGINT, SIGTERM] {
      signal(number) { number in
        if Interruption.requested.exchange(true, ordering: .relaxed) { _exit(128 + number) }
      }
      unsafe sigaddset(&watched, number)
    }
    // Who started this process from a thread that blocks signals has handed that on.
    unsafe pthread_sigmask(SIG_UNBLOCK, &watched, nil)
  }

  /// - Throws: `CancellationError` once a signal has come.
  static func check() throws {
    if isRequested { throw CancellationError() }
  }

  /// Makes a write past the limit on the size of files an error, like one to a full disk, rather than
  /// the end of the process.
  static func takeFileSizeLimitAsError() { signal(SIGXFSZ, SIG_IGN) }
}
