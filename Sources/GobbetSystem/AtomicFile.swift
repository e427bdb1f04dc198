internal import SystemPackage

#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// A new file that appears under its name whole, or not at all.
///
/// Bytes go to a temporary file beside the target; ``commit()`` has them reach the disk and
/// gives the file its name. Without that the temporary file is removed when the value goes; the one
/// of a process that was killed is removed by the next that writes the same file. Only regular files
/// are replaced: of a symbolic link the file that it leads to, and permissions stay as they were.
package struct AtomicFile: ~Copyable {
  /// The name that the file will have.
  package let path: String
  /// Bytes written so far.
  package private(set) var byteCount = 0
  private let place: OutputPlace
  private let temporaryPath: String
  private let replaces: Bool
  private let descriptor: FileDescriptor
  private var pending: [UInt8] = []
  private var isCommitted = false
  /// Why bytes are missing; nil as long as none are.
  private var failure: FileError?
  private static let pendingLimit = 1 << 18

  /// Begins a file that will be called `path`.
  ///
  /// - Throws: ``FileError`` (`create`) if `path` exists and `replacing` is false, names a
  ///   directory, a device, a pipe or a socket, or lies where nothing can be written.
  package init(_ path: String, replacing: Bool) throws(FileError) {
    guard !isForeignPath(path) else { throw FileError(path, .create, "the name is not UTF-8") }
    let place = try OutputPlace(path, replacing: replacing)
    let (temporaryPath, descriptor) = try PartialName.create(
      beside: place.path, reportedAs: path
    ) { name in
      // SAFETY: `name` is passed as a NUL-terminated string.
      unsafe open(name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o666)
    }
    self.path = path
    self.place = place
    self.temporaryPath = temporaryPath
    self.descriptor = descriptor
    replaces = replacing
    pending.reserveCapacity(Self.pendingLimit)
  }

  deinit {
    guard !isCommitted else { return }
    // Before the lock goes: after that the name may be another writer's.
    unsafe unlink(temporaryPath)
    try? descriptor.close()
    TemporaryFiles.remove(temporaryPath)
  }

  /// Appends `bytes`.
  ///
  /// - Throws: ``FileError`` (`write`). Once bytes are missing, every later call throws the same, so
  ///   that no file with a hole ever gets its name.
  package mutating func write(_ bytes: Span<UInt8>) throws(FileError) {
    if let failure { throw failure }
    byteCount += bytes.count
    if pending.count + bytes.count > Self.pendingLimit { try flush() }
    if bytes.count > Self.pendingLimit {
      do {
        try unsafe bytes.withUnsafeBytes { _ = try unsafe descriptor.writeAll($0) }
      } catch {
        throw failing(reason(of: error))
      }
    } else {
      unsafe bytes.withUnsafeBufferPointer { unsafe pending.append(contentsOf: $0) }
    }
  }

  /// Puts `bytes` in the place of some that were written before.
  ///
  /// - Precondition: that many were written from `offset` on.
  /// - Throws: ``FileError`` (`write`).
  package mutating func overwrite(_ bytes: Span<UInt8>, at offset: Int) throws(FileError) {
    precondition(offset >= 0 && bytes.count <= byteCount - offset, "overwrite: not written yet")
    try flush()
    do {
      try unsafe bytes.withUnsafeBytes {
        _ = try unsafe descriptor.writeAll(toAbsoluteOffset: Int64(offset), $0)
      }
    } catch {
      throw failing(reason(of: error))
    }
  }

  /// The error of a write after which bytes are missing.
  private mutating func failing(_ reason: String) -> FileError {
    let error = FileError(path, .write, reason)
    failure = error
    return error
  }

  private mutating func flush() throws(FileError) {
    if let failure { throw failure }
    do {
      _ = try descriptor.writeAll(pending)
    } catch {
      throw failing(reason(of: error))
    }
    pending.removeAll(keepingCapacity: true)
  }

  /// Has all bytes written so far reach the disk, before what follows them.
  ///
  /// - Throws: ``FileError`` (`write`).
  package mutating func synchronize() throws(FileError) {
    try flush()
    // A pipe or a special file cannot be synchronised and need not be.
    guard fsync(descriptor.rawValue) == 0 || errno == EINVAL else {
      // A second attempt may succeed although the bytes are lost.
      throw failing(reason(of: Errno(rawValue: errno)))
    }
  }

  /// Has the bytes reach the disk and gives the file its name.
  ///
  /// - Throws: ``FileError`` (`write`, or `create` if another file took the name meanwhile).
  package mutating func commit() throws(FileError) {
    precondition(!isCommitted, "AtomicFile: committed twice")
    try synchronize()
    try place.passOn(to: descriptor, reportedAs: path)
    if replaces {
      try renameFile(temporaryPath, to: place.path, reportedAs: path)
    } else {
      try takeName()
    }
    isCommitted = true
    TemporaryFiles.remove(temporaryPath)
    try? descriptor.close()
    synchronizeFolder(of: place.path)
  }

  /// Gives the file a name that must be free.
  private func takeName() throws(FileError) {
    // A link fails where the name is taken; a rename would overwrite.
    if unsafe link(temporaryPath, place.path) == 0 {
      unsafe unlink(temporaryPath)
      return
    }
    let number = errno
    // Some file systems have no links; there the name is looked at first.
    let hasNoLinks = [EPERM, ENOTSUP, EOPNOTSUPP, ENOSYS, EMLINK].contains(number)
    guard hasNoLinks, (try? FileStatus(of: place.path)) == nil else {
      throw FileError(path, .create, errno: number)
    }
    try renameFile(temporaryPath, to: place.path, reportedAs: path)
  }
}
