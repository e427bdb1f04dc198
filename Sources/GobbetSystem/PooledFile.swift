internal import Synchronization
internal import SystemPackage

#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// A regular file that is read at any offset, by any number of threads, and for which the system
/// need not keep a descriptor open all the time: a process may have many more of them than files
/// open.
///
/// Half as many as the process may have open stay open, those that were read last. One that was
/// closed is opened again at its next read, and must then be the same file. What the process had open
/// already, as standard input, stays open.
package final class PooledFile: Sendable {
  /// The path as the caller gave it.
  package let path: String
  /// Bytes in the file when it was opened first.
  package let byteCount: Int
  /// The path from the root, which stays right when the process changes its folder.
  private let place: String
  private let identity: FileStatus.Identity?
  private let slot: Slot

  /// Where an open file is while it is open.
  fileprivate final class Slot: Sendable {
    let opened = Mutex<OpenedFile?>(nil)
    /// When it was read last, in reads of all files.
    let lastUse = Atomic(0)
  }

  /// An open file that whoever reads it holds.
  fileprivate final class OpenedFile: Sendable {
    let file: InputFile

    init(_ path: String) throws(FileError) { file = try InputFile(path, regularOnly: true) }

    init(_ file: consuming InputFile) { self.file = file }
  }

  /// Opens the regular file at `path`, or takes what the process has open under that name: standard input
  /// as `-`, and pipes of a shell.
  ///
  /// - Throws: ``FileError``: `open`; `read` for a pipe.
  package init(_ path: String) throws(FileError) {
    var inherited: OpenedFile?
    if let file = try InputFile.inherited(path) { inherited = OpenedFile(file) }
    let opened = if let inherited { inherited } else { try OpenFilePool.open(path) }
    self.path = path
    place = path.utf8.first == UInt8(ascii: "/") ? path : currentFolder() + "/" + path
    byteCount = opened.file.byteCount ?? 0
    identity = opened.file.identity
    slot = Slot()
    if inherited == nil {
      OpenFilePool.shared.put(opened, in: slot)
    } else {
      slot.opened.withLock { $0 = opened }
    }
  }

  deinit { OpenFilePool.shared.forget(slot) }

  /// Calls `body` with the open file.
  ///
  /// - Throws: ``FileError`` (`open`) if it was closed, and its path names it no longer; what `body`
  ///   throws.
  package func withFile<Result>(
    _ body: (borrowing InputFile) throws(FileError) -> Result
  ) throws(FileError) -> Result {
    let kept = slot.opened.withLock { $0 }
    let opened = if let kept { kept } else { try reopened() }
    slot.lastUse.store(OpenFilePool.shared.nextUse(), ordering: .relaxed)
    return try body(opened.file)
  }

  /// Another descriptor of the open file, for the caller to close.
  ///
  /// - Throws: ``FileError`` (`open`) if the process has too many open files; as ``withFile(_:)``.
  package func duplicatedDescriptor() throws(FileError) -> CInt {
    try withFile { file throws(FileError) in
      let raw = fcntl(file.rawDescriptor, F_DUPFD_CLOEXEC, 0)
      guard raw >= 0 else { throw FileError(path, .open, errno: errno) }
      return raw
    }
  }

  private func reopened() throws(FileError) -> OpenedFile {
    let opened = try OpenFilePool.open(place)
    guard opened.file.identity == identity, opened.file.byteCount == byteCount else {
      throw FileError(path, .open, "it was replaced since it was opened first")
    }
    OpenFilePool.shared.put(opened, in: slot)
    return opened
  }
}

/// The files of the process that are open to be read at any offset.
private final class OpenFilePool: Sendable {
  static let shared = OpenFilePool()

  private let limit = OpenFilePool.openFileLimit()
  /// Those that are open.
  private let slots = Mutex<[ObjectIdentifier: PooledFile.Slot]>([:])
  private let uses = Atomic(0)

  /// A number that rises.
  func nextUse() -> Int { uses.wrappingAdd(1, ordering: .relaxed).newValue }

  /// Opens a file; if too many are open, closes those of the pool first.
  static func open(_ path: String) throws(FileError) -> PooledFile.OpenedFile {
    do throws(FileError) {
      return try PooledFile.OpenedFile(path)
    } catch {
      guard error.isTooManyOpenFiles else { throw error }
      let open = shared.withSlots { slots in
        defer { slots.removeAll() }
        return Array(slots.values)
      }
      shared.close(all: open ?? [])
      return try PooledFile.OpenedFile(path)
    }
  }

  /// Keeps a file open, and closes the one that was not read for the longest time if there are too
  /// many.
  func put(_ opened: PooledFile.OpenedFile, in slot: PooledFile.Slot) {
    slot.lastUse.store(nextUse(), ordering: .relaxed)
    slot.opened.withLock { $0 = opened }
    let victims = withSlots { slots in
      slots[ObjectIdentifier(slot)] = slot
      var victims: [PooledFile.Slot] = []
      if slots.count > limit,
        let oldest = slots.min(by: { Self.use($0.value) < Self.use($1.value) })
      {
        slots[oldest.key] = nil
        victims.append(oldest.value)
      }
      return victims
    }
    close(all: victims ?? [])
  }

  /// Forgets a file that nobody will read.
  func forget(_ slot: PooledFile.Slot) {
    _ = withSlots { $0[ObjectIdentifier(slot)] = nil }
  }

  /// Calls `body` with what is open; nil if that is locked for long.
  ///
  /// In a process that was forked while another thread held the lock, nobody ever gives it back. Files
  /// then stay open that the pool does not know.
  private func withSlots<Result: Sendable>(
    _ body: (inout sending [ObjectIdentifier: PooledFile.Slot]) -> sending Result
  ) -> Result? {
    for _ in 0..<10_000 {
      if let result = slots.withLockIfAvailable(body) { return result }
      sched_yield()
    }
    return nil
  }

  /// Closes files, each when its last read ends.
  private func close(all slots: [PooledFile.Slot]) {
    for slot in slots {
      let opened = slot.opened.withLock { opened in
        defer { opened = nil }
        return opened
      }
      _ = opened
    }
  }

  private static func use(_ slot: PooledFile.Slot) -> Int { slot.lastUse.load(ordering: .relaxed) }

  /// Half of the files that the process may have open.
  private static func openFileLimit() -> Int {
    var limit = rlimit()
    #if canImport(Glibc)
      let status = unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    #else
      let status = unsafe getrlimit(RLIMIT_NOFILE, &limit)
    #endif
    guard status == 0 else { return 128 }
    return max(8, min(Int(clamping: limit.rlim_cur) / 2, 1 << 16))
  }
}

extension FileError {
  /// Whether the process, or the system, has as many files open as it may.
  fileprivate var isTooManyOpenFiles: Bool {
    [Errno.tooManyOpenFiles, .tooManyOpenFilesInSystem]
      .contains { $0.description.withSmallLetters == reason }
  }
}

/// The folder that relative paths begin at; empty where the system does not say.
private func currentFolder() -> String {
  // SAFETY: `getcwd` allocates what it returns, a NUL-terminated string, which is freed here.
  guard let folder = unsafe getcwd(nil, 0) else { return "." }
  defer { unsafe free(folder) }
  return unsafe String(cString: folder)
}
