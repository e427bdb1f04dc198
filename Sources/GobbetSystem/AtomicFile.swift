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
/// gives the file its name. Without that the temporary file is removed when the value goes.
package struct AtomicFile: ~Copyable {
  /// The name that the file will have.
  package let path: String
  /// Bytes written so far.
  package private(set) var byteCount = 0
  private let temporaryPath: String
  private let replaces: Bool
  private let descriptor: FileDescriptor
  private var pending: [UInt8] = []
  private var isCommitted = false
  private static let pendingLimit = 1 << 18

  /// Begins a file that will be called `path`.
  ///
  /// - Throws: ``FileError`` (`create`) if `path` exists and `replacing` is false, names a
  ///   directory, or lies where nothing can be written.
  package init(_ path: String, replacing: Bool) throws(FileError) {
    guard !isForeignPath(path) else { throw FileError(path, .create, "the name is not UTF-8") }
    if let status = try? FileStatus(of: path) {
      guard status.kind != .directory else { throw FileError(path, .create, Errno.isDirectory) }
      guard replacing else { throw FileError(path, .create, Errno.fileExists) }
    }
    let target = FilePath(path)
    guard let name = target.lastComponent else {
      throw FileError(path, .create, Errno.noSuchFileOrDirectory)
    }
    let suffix = String(UInt64.random(in: .min ... .max), radix: 36)
    let temporary = target.removingLastComponent().appending(".\(name.string).\(suffix).partial")
    let descriptor: FileDescriptor
    do {
      descriptor = try FileDescriptor.open(
        temporary, .writeOnly, options: [.create, .exclusiveCreate, .closeOnExec],
        permissions: FilePermissions(rawValue: 0o666))
    } catch {
      throw FileError(path, .create, reason(of: error))
    }
    self.init(path, temporaryPath: temporary.string, descriptor, replaces: replacing)
  }

  private init(
    _ path: String, temporaryPath: String, _ descriptor: FileDescriptor, replaces: Bool
  ) {
    self.path = path
    self.temporaryPath = temporaryPath
    self.descriptor = descriptor
    self.replaces = replaces
    pending.reserveCapacity(Self.pendingLimit)
  }

  deinit {
    guard !isCommitted else { return }
    try? descriptor.close()
    unsafe unlink(temporaryPath)
  }

  /// Appends `bytes`.
  ///
  /// - Throws: ``FileError`` (`write`), after which the file cannot be committed with sense.
  package mutating func write(_ bytes: Span<UInt8>) throws(FileError) {
    byteCount += bytes.count
    if pending.count + bytes.count > Self.pendingLimit { try flush() }
    if bytes.count > Self.pendingLimit {
      do {
        try unsafe bytes.withUnsafeBytes { _ = try unsafe descriptor.writeAll($0) }
      } catch {
        throw FileError(path, .write, reason(of: error))
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
      throw FileError(path, .write, reason(of: error))
    }
  }

  private mutating func flush() throws(FileError) {
    do {
      _ = try descriptor.writeAll(pending)
    } catch {
      throw FileError(path, .write, reason(of: error))
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
      throw FileError(path, .write, errno: errno)
    }
  }

  /// Has the bytes reach the disk and gives the file its name.
  ///
  /// - Throws: ``FileError`` (`write`, or `create` if another file took the name meanwhile).
  package mutating func commit() throws(FileError) {
    precondition(!isCommitted, "AtomicFile: committed twice")
    try synchronize()
    if replaces {
      guard unsafe rename(temporaryPath, path) == 0 else {
        throw FileError(path, .create, errno: errno)
      }
    } else {
      // A link fails where the name is taken; a rename would overwrite.
      guard unsafe link(temporaryPath, path) == 0 else {
        throw FileError(path, .create, errno: errno)
      }
      unsafe unlink(temporaryPath)
    }
    isCommitted = true
    try? descriptor.close()
    synchronizeDirectory()
  }

  /// Has the new name reach the disk; where directories cannot be synchronised, nothing is lost
  /// but that certainty.
  private func synchronizeDirectory() {
    let directory = FilePath(path).removingLastComponent()
    let name = directory.isEmpty ? FilePath(".") : directory
    if let descriptor = try? FileDescriptor.open(name, .readOnly, options: .closeOnExec) {
      _ = fsync(descriptor.rawValue)
      try? descriptor.close()
    }
  }
}
