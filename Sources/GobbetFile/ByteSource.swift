public import GobbetSystem
internal import Synchronization

/// Bytes that are read by their place: a file, a buffer, an object behind a network.
///
/// A container is opened by two reads, of the first 64 bytes and of the last 64 KiB (one, if it is
/// no longer than that), and of its table where that is larger. Reading a section takes its header,
/// its block table and the blocks that hold what was asked for.
public protocol ByteSource: Sendable {
  /// Bytes in all.
  var byteCount: Int { get }

  /// The bytes of `range`, which lies in `0..<byteCount`; fewer only where the source has become
  /// shorter.
  func bytes(in range: Range<Int>) throws -> [UInt8]

  /// Copies the bytes from `offset` on into `buffer`, which they fill; returns how many, fewer only
  /// where the source has become shorter.
  func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws -> Int
}

extension ByteSource {
  /// Copies bytes by way of an array of them.
  public func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    let bytes = try bytes(in: offset..<(offset + buffer.count))
    precondition(bytes.count <= buffer.count, "ByteSource: more bytes than were asked for")
    // SAFETY: the precondition says that they fit.
    unsafe buffer.copyBytes(from: bytes)
    return bytes.count
  }
}

/// A file by its path, read by `pread`.
///
/// Sources may be many more than the files that a process may have open: half as many stay open, and
/// the others are opened again when they are read.
public final class FileSource: ByteSource {
  /// The file, for all who read it.
  package let file: PooledFile
  private let mapping = Mutex<MappedFile?>(nil)

  /// Opens the regular file at `path`.
  ///
  /// - Throws: `FileError` (`open`).
  public init(path: String) throws(FileError) { file = try PooledFile(path) }

  /// Bytes of the file when it was opened.
  public var byteCount: Int { file.byteCount }

  /// Reads bytes of the file.
  ///
  /// - Throws: `FileError` (`read`; `open` if it was closed, and is another by now).
  public func bytes(in range: Range<Int>) throws(FileError) -> [UInt8] {
    try file.withFile { file throws(FileError) in try file.bytes(in: range) }
  }

  /// Reads bytes of the file into memory of the caller.
  ///
  /// - Throws: as ``bytes(in:)``.
  public func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    // SAFETY: the caller promises a valid buffer.
    try file.withFile { file throws(FileError) in try unsafe file.read(at: offset, into: buffer) }
  }

  /// The file mapped, from the first time that this is asked for.
  package func mapped() throws(FileError) -> MappedFile {
    if let made = mapping.withLock({ $0 }) { return made }
    let made = try file.withFile { file throws(FileError) in try MappedFile(file) }
    return mapping.withLock { mapping in
      if let earlier = mapping { return earlier }
      mapping = made
      return made
    }
  }
}

/// Bytes in memory.
public struct MemorySource: ByteSource {
  private let content: [UInt8]

  /// All of `content`.
  public init(_ content: [UInt8]) { self.content = content }

  /// Bytes in all.
  public var byteCount: Int { content.count }

  /// A copy of some of the bytes.
  public func bytes(in range: Range<Int>) -> [UInt8] { Array(content[range]) }
}
