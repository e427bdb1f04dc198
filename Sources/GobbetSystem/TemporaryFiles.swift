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
  private static let isEnding = Atomic(false)
  private static let paths = Mutex<[String]>([])
  /// How many are being made.
  private static let pendingCount = Atomic(0)

  /// Records temporary files from now on.
  package static func track() { isTracked.store(true, ordering: .relaxed) }

  /// Records `path`.
  package static func add(_ path: String) {
    guard isTracked.load(ordering: .relaxed) else { return }
    paths.withLock { $0.append(path) }
  }

  /// Returns what `make` does, and records the path of what it made.
  ///
  /// Whoever ends the process waits for what has begun here, and nothing begins after that.
  static func record<Made, Failure: Error>(
    _ make: () throws(Failure) -> (path: String, made: Made)
  ) throws(Failure) -> (path: String, made: Made) {
    guard isTracked.load(ordering: .relaxed) else { return try make() }
    pendingCount.add(1, ordering: .sequentiallyConsistent)
    defer { pendingCount.subtract(1, ordering: .sequentiallyConsistent) }
    if isEnding.load(ordering: .sequentiallyConsistent) {
      pendingCount.subtract(1, ordering: .sequentiallyConsistent)
      while true { sleep(1) }
    }
    let result = try make()
    paths.withLock { $0.append(result.path) }
    return result
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
  package static func removeAll(thenExitWith status: Int32) -> Never {
    isEnding.store(true, ordering: .sequentiallyConsistent)
    // One whose disk hangs is not waited for: a second is enough for any other.
    for _ in 0..<1000 where pendingCount.load(ordering: .sequentiallyConsistent) > 0 {
      usleep(1000)
    }
    paths.withLock { paths in
      for path in paths.reversed() where unsafe unlink(path) != 0 { removeFolderAndFiles(path) }
    }
    _exit(status)
  }
}
