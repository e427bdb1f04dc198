internal import SystemPackage

/// A file open for reading: in order, or at any offset.
///
/// Directories are refused. A named pipe or a terminal can be read in order only.
package struct InputFile: ~Copyable, Sendable {
  /// The path as the caller gave it; `-` for standard input.
  package let path: String
  /// Bytes in the file when it was opened; nil for what is no regular file.
  package let byteCount: Int?
  private let descriptor: FileDescriptor

  /// Opens the file at `path`.
  ///
  /// - Throws: ``FileError`` (`open`) if there is none, it is a directory, or it is no regular
  ///   file and `regularOnly` asks for one. A named pipe is then not waited for.
  package init(_ path: String, regularOnly: Bool = false) throws(FileError) {
    let status = try FileStatus(of: path)
    guard status.kind != .directory else { throw FileError(path, .open, Errno.isDirectory) }
    guard status.kind == .regular || !regularOnly else {
      throw FileError(path, .open, "not a regular file")
    }
    let descriptor: FileDescriptor
    do {
      descriptor = try FileDescriptor.open(
        FilePath(platformString: systemPath(path)), .readOnly, options: .closeOnExec)
    } catch {
      throw FileError(path, .open, reason(of: error))
    }
    self.init(path, descriptor, byteCount: status.kind == .regular ? status.byteCount : nil)
  }

  private init(_ path: String, _ descriptor: FileDescriptor, byteCount: Int?) {
    self.path = path
    self.byteCount = byteCount
    self.descriptor = descriptor
  }

  /// The standard input of the process.
  package static var standardInput: InputFile { InputFile("-", .standardInput, byteCount: nil) }

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
