internal import SystemPackage

#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// A file that exists and grows at its end, by one writer at a time.
///
/// Who reads it meanwhile sees its old bytes unchanged, and any part of the new ones.
package struct GrowingFile: ~Copyable, Sendable {
  /// The path as the caller gave it.
  package let path: String
  /// Where the next bytes go.
  package var byteCount: Int { buffer.byteCount }
  private var buffer: BufferedDescriptor

  /// Opens the regular file at `path` and locks out other writers; with `creating`, an empty one
  /// is made where there is none.
  ///
  /// - Throws: ``FileError`` (`open`) if it cannot be written, or another writer has it open.
  package init(_ path: String, creating: Bool = false) throws(FileError) {
    if !creating || (try? FileStatus(of: path)) != nil {
      let status = try FileStatus(of: path)
      guard status.kind == .regular else { throw FileError(path, .open, "not a regular file") }
    }
    while true {
      let (descriptor, byteCount) = try Self.openLocked(path, creating)
      // The one who held the lock may have removed the file before giving the lock up.
      if Self.isNamed(descriptor, path) {
        self.init(path, descriptor, byteCount: byteCount)
        return
      }
      try? descriptor.close()
      guard creating else { throw FileError(path, .open, Errno.noSuchFileOrDirectory) }
    }
  }

  /// Whether `path` still names the open file.
  private static func isNamed(_ descriptor: FileDescriptor, _ path: String) -> Bool {
    var opened = stat()
    var named = stat()
    // SAFETY: `path` is passed as a NUL-terminated string; both values outlive the calls.
    guard unsafe fstat(descriptor.rawValue, &opened) == 0, unsafe stat(path, &named) == 0 else {
      return false
    }
    return opened.st_ino == named.st_ino && opened.st_dev == named.st_dev
  }

  private static func openLocked(
    _ path: String, _ creating: Bool
  ) throws(FileError) -> (FileDescriptor, Int) {
    let descriptor: FileDescriptor
    do {
      descriptor = try FileDescriptor.open(
        FilePath(platformString: systemPath(path)), .readWrite,
        options: creating ? [.create, .closeOnExec] : .closeOnExec,
        permissions: creating ? FilePermissions(rawValue: 0o666) : nil)
    } catch {
      throw FileError(path, .open, reason(of: error))
    }
    do {
      guard flock(descriptor.rawValue, LOCK_EX | LOCK_NB) == 0 else {
        throw Errno(rawValue: errno)
      }
      // Only now nobody else makes it longer.
      return (descriptor, Int(try descriptor.seek(offset: 0, from: .end)))
    } catch {
      try? descriptor.close()
      throw (error as? Errno) == .wouldBlock
        ? FileError(path, .open, "another writer has it open")
        : FileError(path, .open, reason(of: error))
    }
  }

  private init(_ path: String, _ descriptor: FileDescriptor, byteCount: Int) {
    self.path = path
    buffer = BufferedDescriptor(descriptor, byteCount: byteCount, path: path)
  }

  // Closing gives up the lock.
  deinit { try? buffer.descriptor.close() }

  /// Cuts the file to its first `count` bytes; what follows them goes there.
  ///
  /// - Precondition: nothing was written yet and the file is at least as long.
  /// - Throws: ``FileError`` (`write`).
  package mutating func cut(to count: Int) throws(FileError) { try buffer.cut(to: count) }

  /// Appends `bytes`.
  ///
  /// - Throws: ``FileError`` (`write`). Once bytes are missing, every later call throws the same.
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
}
