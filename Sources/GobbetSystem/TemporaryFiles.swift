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

  /// Records temporary files from now on.
  package static func track() { isTracked.store(true, ordering: .relaxed) }

  /// Records `path`, which this process has just made or is about to make.
  package static func add(_ path: String) {
    guard isTracked.load(ordering: .relaxed) else { return }
    paths.withLock { $0.append(path) }
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
      for path in paths.reversed() where unsafe unlink(path) != 0 { removeFolderAndFiles(path) }
      _exit(status)
    }
  }
}
