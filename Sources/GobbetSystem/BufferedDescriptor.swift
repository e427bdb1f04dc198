internal import SystemPackage

#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// An open file that is written at its end, by way of a buffer.
///
/// Once bytes are missing, every later call throws the same error, so that nobody takes the file for a
/// whole one. Whoever made it closes the descriptor.
struct BufferedDescriptor: ~Copyable, Sendable {
  let descriptor: FileDescriptor
  /// Where the next bytes go.
  private(set) var byteCount: Int
  /// The path that errors name.
  private let path: String
  private var pending: [UInt8] = []
  /// Why bytes are missing; nil as long as none are.
  private var failure: FileError?
  private static let pendingLimit = 1 << 18

  /// Creates a buffer for a file that has `byteCount` bytes.
  init(_ descriptor: FileDescriptor, byteCount: Int, path: String) {
    self.descriptor = descriptor
    self.byteCount = byteCount
    self.path = path
  }

  /// Appends `bytes`; more than the buffer holds are not copied.
  ///
  /// - Throws: ``FileError`` (`write`).
  mutating func write(_ bytes: Span<UInt8>) throws(FileError) {
    if let failure { throw failure }
    if pending.count + bytes.count > Self.pendingLimit { try flush() }
    if bytes.count > Self.pendingLimit {
      if let reason = fault(writing: bytes, at: byteCount) { throw failing(reason) }
    } else {
      unsafe bytes.withUnsafeBufferPointer { unsafe pending.append(contentsOf: $0) }
    }
    byteCount += bytes.count
  }

  /// Puts `bytes` in the place of some that were written before.
  ///
  /// - Precondition: that many were written from `offset` on.
  /// - Throws: ``FileError`` (`write`).
  mutating func overwrite(_ bytes: Span<UInt8>, at offset: Int) throws(FileError) {
    precondition(offset >= 0 && bytes.count <= byteCount - offset, "overwrite: not written yet")
    try flush()
    if let reason = fault(writing: bytes, at: offset) { throw failing(reason) }
  }

  /// Cuts the file to its first `count` bytes.
  ///
  /// - Precondition: nothing was written yet and the file is at least as long.
  /// - Throws: ``FileError`` (`write`).
  mutating func cut(to count: Int) throws(FileError) {
    precondition(pending.isEmpty && count <= byteCount, "cut: not as long, or written to")
    guard ftruncate(descriptor.rawValue, off_t(count)) == 0 else {
      throw FileError(path, .write, errno: errno)
    }
    byteCount = count
  }

  /// Has all bytes written so far reach the disk, before what follows them.
  ///
  /// - Throws: ``FileError`` (`write`).
  mutating func synchronize() throws(FileError) {
    try flush()
    // A pipe or a special file cannot be synchronised and need not be.
    guard fsync(descriptor.rawValue) == 0 || errno == EINVAL else {
      // A second attempt may succeed although the bytes are lost.
      throw failing(reason(of: Errno(rawValue: errno)))
    }
  }

  private mutating func flush() throws(FileError) {
    if let failure { throw failure }
    let start = byteCount - pending.count
    if let reason = fault(writing: pending.span, at: start) { throw failing(reason) }
    pending.removeAll(keepingCapacity: true)
  }

  /// Writes bytes to their place; the system's words if it does not take them.
  private func fault(writing bytes: Span<UInt8>, at offset: Int) -> String? {
    do {
      // SAFETY: the buffer is valid for the call, which reads no more than it has.
      try unsafe bytes.withUnsafeBytes {
        _ = try unsafe descriptor.writeAll(toAbsoluteOffset: Int64(offset), $0)
      }
      return nil
    } catch {
      return reason(of: error)
    }
  }

  /// The error of a write after which bytes are missing.
  private mutating func failing(_ reason: String) -> FileError {
    let error = FileError(path, .write, reason)
    failure = error
    return error
  }
}
