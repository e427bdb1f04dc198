internal import GobbetSystem
internal import Synchronization

/// A regular file that several readers share.
final class OpenFile: Sendable {
  /// The path as the caller gave it.
  let path: String
  /// Bytes in the file when it was opened.
  let byteCount: Int
  private let file: InputFile
  private let mapping = Mutex<MappedFile?>(nil)

  /// Opens the file at `path`.
  ///
  /// - Throws: `FileError`.
  init(_ path: String) throws {
    let file = try InputFile(path, regularOnly: true)
    self.path = path
    byteCount = file.byteCount ?? 0
    self.file = file
  }

  /// The bytes of `range`.
  ///
  /// - Throws: `FileError`; ``InterchangeError`` (`damaged`) if the file ends before.
  func bytes(in range: Range<Int>, _ field: String) throws -> [UInt8] {
    guard range.upperBound <= byteCount else { throw ends(at: range.lowerBound, field) }
    let bytes = try file.bytes(in: range)
    guard bytes.count == range.count else { throw ends(at: range.lowerBound, field) }
    return bytes
  }

  /// Fills `destination` from `offset` on.
  ///
  /// - Throws: `FileError`; ``InterchangeError`` (`damaged`) if the file ends before.
  func read(
    at offset: Int, into destination: UnsafeMutableRawBufferPointer, _ field: String
  ) throws {
    // SAFETY: the caller promises a valid buffer.
    guard try unsafe file.read(at: offset, into: destination) == destination.count else {
      throw ends(at: offset, field)
    }
  }

  /// Calls `body` with bytes of the file where they are mapped, from the first time on that this is
  /// asked for.
  ///
  /// - Throws: `FileError`; ``InterchangeError`` (`damaged`) if the file ends before; what `body`
  ///   throws.
  func withBytesInPlace<Result>(
    in range: Range<Int>, _ field: String, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    let mapped = try mapping.withLock { mapping throws(FileError) in
      if let mapping { return mapping }
      let made = try MappedFile(file)
      mapping = made
      return made
    }
    return try unsafe mapped.withUnsafeBytes { bytes in
      guard range.upperBound <= bytes.count else { throw ends(at: range.lowerBound, field) }
      return try unsafe body(UnsafeRawBufferPointer(rebasing: bytes[range]))
    }
  }

  private func ends(at offset: Int, _ field: String) -> InterchangeError {
    InterchangeError(.damaged("the file ends inside"), path: path, offset: offset, field: field)
  }
}
