internal import SystemPackage

#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// A file open for reading: in order, or at any offset.
///
/// Directories are refused. A named pipe or a terminal can be read in order only.
package struct InputFile: ~Copyable, Sendable {
  /// The path as the caller gave it; `-` for standard input.
  package let path: String
  /// Bytes in the file when it was opened; nil for what isn't a regular file.
  package let byteCount: Int?
  /// Which file it is; nil for standard input.
  let identity: FileStatus.Identity?
  private let descriptor: FileDescriptor

  /// Opens the file at `path`.
  ///
  /// - Throws: ``FileError`` (`open`) if there is none, it is a directory, or it isn't a regular
  ///   file and `regularOnly` asks for one. A named pipe is then not waited for.
  package init(_ path: String, regularOnly: Bool = false) throws(FileError) {
    let descriptor: FileDescriptor
    do {
      descriptor = try FileDescriptor.open(
        FilePath(platformString: systemPath(path)), .readOnly,
        options: regularOnly ? [.closeOnExec, .nonBlocking] : .closeOnExec)
    } catch {
      // What has no bytes to be read, as a socket.
      let isOther = (error as? Errno) == .noSuchAddressOrDevice && regularOnly
      throw FileError(path, .open, isOther ? Self.notRegular : reason(of: error))
    }
    // The open file is asked, not the path, which may name another by now.
    let status: FileStatus
    do throws(FileError) {
      status = try FileStatus(descriptor, openedAt: path)
      if status.kind == .directory { throw FileError(path, .open, Errno.isDirectory) }
      if status.kind != .regular, regularOnly { throw FileError(path, .open, Self.notRegular) }
    } catch {
      try? descriptor.close()
      throw error
    }
    self.init(
      path, descriptor, byteCount: status.kind == .regular ? status.byteCount : nil,
      identity: status.identity)
  }

  /// Shares an open file, to be read in order from its first byte on, by one such reader at a time.
  ///
  /// - Throws: ``FileError`` (`open`) if the process has too many open files; as
  ///   ``PooledFile/withFile(_:)``.
  package init(sharing file: PooledFile) throws(FileError) {
    let raw = try file.duplicatedDescriptor()
    guard lseek(raw, 0, SEEK_SET) == 0 else {
      let number = errno
      try? FileDescriptor(rawValue: raw).close()
      throw FileError(file.path, .open, errno: number)
    }
    let (byteCount, identity) = try file.withFile { ($0.byteCount, $0.identity) }
    self.init(
      file.path, FileDescriptor(rawValue: raw), byteCount: byteCount, identity: identity)
  }

  private static let notRegular = "not a regular file"

  init(
    _ path: String, _ descriptor: FileDescriptor, byteCount: Int?, identity: FileStatus.Identity?
  ) {
    self.path = path
    self.byteCount = byteCount
    self.identity = identity
    self.descriptor = descriptor
  }

  /// The standard input of the process.
  package static var standardInput: InputFile {
    InputFile("-", .standardInput, byteCount: nil, identity: nil)
  }

  /// The system's number for the open file.
  var rawDescriptor: CInt { descriptor.rawValue }

  deinit {
    if descriptor != .standardInput { try? descriptor.close() }
  }

  /// Reads the next bytes of the file; returns how many, 0 at its end.
  ///
  /// - Throws: ``FileError`` (`read`).
  package func read(into buffer: UnsafeMutableRawBufferPointer) throws(FileError) -> Int {
    do {
      // SAFETY: the buffer is valid for its count by the caller's promise; `read` writes no more.
      return try unsafe descriptor.read(into: buffer)
    } catch {
      throw FileError(path, .read, reason(of: error))
    }
  }

  /// Fills `buffer` from `offset` on; returns how many bytes there were up to the file's end.
  ///
  /// - Throws: ``FileError`` (`read`).
  package func read(
    at offset: Int, into buffer: UnsafeMutableRawBufferPointer
  ) throws(FileError) -> Int {
    var filled = 0
    while filled < buffer.count {
      let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[filled...])
      do {
        // SAFETY: `rest` is the unfilled tail of the caller's buffer.
        let count = try unsafe descriptor.read(
          fromAbsoluteOffset: Int64(offset + filled), into: rest)
        if count == 0 { break }
        filled += count
      } catch {
        throw FileError(path, .read, reason(of: error))
      }
    }
    return filled
  }

  /// The bytes of `range`, fewer if the file ends before.
  ///
  /// - Throws: ``FileError`` (`read`).
  package func bytes(in range: Range<Int>) throws(FileError) -> [UInt8] {
    var failure: FileError?
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: range.count) { buffer, count in
      do {
        count = try unsafe read(
          at: range.lowerBound, into: UnsafeMutableRawBufferPointer(buffer))
      } catch {
        failure = error as? FileError
      }
    }
    if let failure { throw failure }
    return bytes
  }
}

/// The system's own words for an error of swift-system, which throws nothing but `Errno`.
func reason(of error: any Error) -> String {
  (error as? Errno)?.description.withSmallLetters ?? "\(error)"
}
