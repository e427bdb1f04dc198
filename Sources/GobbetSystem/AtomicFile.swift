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
  package var byteCount: Int { buffer.byteCount }
  private let place: OutputPlace
  private let temporaryPath: String
  private let replaces: Bool
  private var buffer: BufferedDescriptor
  private var isCommitted = false

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
    buffer = BufferedDescriptor(descriptor, byteCount: 0, path: path)
    replaces = replacing
  }

  deinit {
    guard !isCommitted else { return }
    // Before the lock goes: after that the name may be another writer's.
    unsafe unlink(temporaryPath)
    try? buffer.descriptor.close()
    TemporaryFiles.remove(temporaryPath)
  }

  /// Appends `bytes`.
  ///
  /// - Throws: ``FileError`` (`write`). Once bytes are missing, every later call throws the same, so
  ///   that no file with a hole ever gets its name.
  package mutating func write(_ bytes: Span<UInt8>) throws(FileError) { try buffer.write(bytes) }

  /// Puts `bytes` in the place of some that were written before.
  ///
  /// - Precondition: that many were written from `offset` on.
  /// - Throws: ``FileError`` (`write`).
  package mutating func overwrite(_ bytes: Span<UInt8>, at offset: Int) throws(FileError) {
    try buffer.overwrite(bytes, at: offset)
  }

  /// Has all bytes written so far reach the disk, before what follows them.
  ///
  /// - Throws: ``FileError`` (`write`).
  package mutating func synchronize() throws(FileError) { try buffer.synchronize() }

  /// Has the bytes reach the disk and gives the file its name.
  ///
  /// - Throws: ``FileError`` (`write`, or `create` if another file took the name meanwhile).
  package mutating func commit() throws(FileError) {
    precondition(!isCommitted, "AtomicFile: committed twice")
    try synchronize()
    try place.passOn(to: buffer.descriptor, reportedAs: path)
    if replaces {
      try renameFile(temporaryPath, to: place.path, reportedAs: path)
    } else {
      try takeName()
    }
    isCommitted = true
    TemporaryFiles.remove(temporaryPath)
    try? buffer.descriptor.close()
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
