internal import Synchronization

#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// The temporary files and folders that this process has made and not yet removed, for a program
/// that a signal ends.
///
/// A library must not touch its host's signals, so nothing is recorded until the program calls
/// ``track()``.
package enum TemporaryFiles {
  private static let isTracked = Atomic(false)
  private static let paths = Mutex<[String]>([])
  /// How many paths were recorded that are about to be made.
  private static let pendingCount = Atomic(0)

  /// Records temporary files from now on.
  package static func track() { isTracked.store(true, ordering: .relaxed) }

  /// Records `path`.
  package static func add(_ path: String) {
    guard isTracked.load(ordering: .relaxed) else { return }
    paths.withLock { $0.append(path) }
  }

  /// Records `path` and makes it by `create`; it is forgotten if that fails.
  ///
  /// Whoever ends the process waits for what has begun here, so that nothing is made behind its back.
  package static func make<Result, Failure: Error>(
    _ path: String, _ create: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    guard isTracked.load(ordering: .relaxed) else { return try create() }
    paths.withLock { paths in
      paths.append(path)
      pendingCount.add(1, ordering: .acquiringAndReleasing)
    }
    do {
      let made = try create()
      pendingCount.subtract(1, ordering: .acquiringAndReleasing)
      return made
    } catch {
      pendingCount.subtract(1, ordering: .acquiringAndReleasing)
      remove(path)
      throw error
    }
  }

  /// Forgets `path`, which is removed or has its final name.
  package static func remove(_ path: String) {
    guard isTracked.load(ordering: .relaxed) else { return }
    paths.withLock { paths in
      if let index = paths.lastIndex(of: path) { paths.remove(at: index) }
    }
  }

  /// Removes everything recorded, the youngest first so that folders are empty, and ends the process
  /// with `status`, while other threads run on.
  ///
  /// The lock is never given back, so that no thread can make another file in between.
  package static func removeAll(thenExitWith status: Int32) -> Never {
    paths.withLock { paths in
      // One whose disk hangs is not waited for: a second is enough for any other.
      for _ in 0..<1000 where pendingCount.load(ordering: .acquiring) > 0 { usleep(1000) }
      for path in paths.reversed() { if unsafe unlink(path) != 0 { unsafe rmdir(path) } }
      _exit(status)
    }
  }
}
