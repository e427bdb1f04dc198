internal import Synchronization

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// A lock for a few instructions, which has no owner: what a fork finds locked, the child can unlock.
struct SpinLock: ~Copyable {
  private let isHeld = Atomic(false)

  /// Waits until no other thread holds the lock.
  func lock() {
    while !isHeld.compareExchange(expected: false, desired: true, ordering: .acquiring).exchanged {
      sched_yield()
    }
  }

  /// Lets the next thread in.
  func unlock() { isHeld.store(false, ordering: .releasing) }
}

/// Guards the handles and what they lend.
///
/// A fork waits for it, so that the child finds the tables whole and the lock open.
let tableLock = ForkSafeLock()

final class ForkSafeLock: Sendable {
  private let spin = SpinLock()

  init() {
    pthread_atfork(
      { tableLock.spin.lock() }, { tableLock.spin.unlock() }, { tableLock.spin.unlock() })
  }

  /// Runs `body` while no other thread is in any other.
  func withLock<Result>(_ body: () throws -> Result) rethrows -> Result {
    spin.lock()
    defer { spin.unlock() }
    return try body()
  }
}
