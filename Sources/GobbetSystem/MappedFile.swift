#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// The bytes of a whole file, mapped read-only.
///
/// Nothing else in the package calls `mmap` on a file. A file that another process cuts short while it is mapped raises SIGBUS at the missing pages;
/// who cannot trust the file reads it through `InputFile` instead.
@safe package final class MappedFile: Sendable {
  /// The path as the caller gave it.
  package let path: String
  /// Bytes in the file when it was mapped.
  package let byteCount: Int
  // SAFETY: set once, points to `byteCount` read-only bytes that live until `deinit`.
  private nonisolated(unsafe) let base: UnsafeMutableRawPointer?

  /// Maps the regular file at `path`.
  ///
  /// - Throws: ``FileError`` (`open`, `read`).
  package convenience init(_ path: String) throws(FileError) {
    try self.init(InputFile(path, regularOnly: true))
  }

  /// Maps the regular file that `file` has open, whatever its path names by now.
  ///
  /// - Throws: ``FileError`` (`read`).
  package init(_ file: borrowing InputFile) throws(FileError) {
    path = file.path
    byteCount = file.byteCount ?? 0
    guard byteCount > 0 else {
      unsafe base = nil
      return
    }
    let address = unsafe mmap(nil, byteCount, PROT_READ, MAP_PRIVATE, file.rawDescriptor, 0)
    guard let address = unsafe address, unsafe address != MAP_FAILED else {
      throw FileError(path, .read, errno: errno)
    }
    unsafe base = address
  }

  deinit {
    if let base = unsafe base { unsafe munmap(base, byteCount) }
  }

  /// All bytes of the file.
  package var bytes: RawSpan {
    @_lifetime(borrow self)
    get {
      let buffer = unsafe UnsafeRawBufferPointer(start: base, count: byteCount)
      // SAFETY: the mapping lives as long as `self`, which the span borrows.
      return unsafe _overrideLifetime(RawSpan(_unsafeBytes: buffer), borrowing: self)
    }
  }

  /// All bytes of the file, for C and for loops that spans are too slow for.
  ///
  /// The pointer must not leave `body`.
  package func withUnsafeBytes<Result, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try unsafe body(UnsafeRawBufferPointer(start: base, count: byteCount))
  }
}
