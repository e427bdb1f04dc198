package import GobbetSystem

/// An open file that a tokenizer is read from, by whoever opened it, and the files beside it.
package protocol TokenizerFile: Sendable {
  /// The path as the caller gave it.
  var path: String { get }

  /// All bytes of the file, which may have at most `limit`.
  ///
  /// - Throws: `FileError`; ``InterchangeError`` (`damaged`) for a larger file.
  func bytes(limit: Int) throws -> [UInt8]

  /// The bytes of `range`, fewer if the file ends before.
  ///
  /// - Throws: `FileError`.
  func available(in range: Range<Int>) throws(FileError) -> [UInt8]

  /// The file of that name in the same folder; nil if there is none.
  ///
  /// - Throws: `FileError`.
  func neighbour(_ name: String) throws(FileError) -> Self?

  /// The file at another path.
  ///
  /// - Throws: `FileError`.
  func file(at path: String) throws(FileError) -> Self
}

/// A regular file that is read where it lies.
package struct StoredTokenizerFile: TokenizerFile {
  private let file: PooledFile

  /// Opens the file at `path`.
  ///
  /// - Throws: `FileError`.
  package init(_ path: String) throws(FileError) { file = try PooledFile(path) }

  package var path: String { file.path }

  package func bytes(limit: Int) throws -> [UInt8] {
    guard file.byteCount <= limit else {
      throw InterchangeError(.damaged("\(file.byteCount) bytes are more than \(limit)"), path: path)
    }
    return try available(in: 0..<file.byteCount)
  }

  package func available(in range: Range<Int>) throws(FileError) -> [UInt8] {
    let range = range.clamped(to: 0..<file.byteCount)
    return try file.withFile { file throws(FileError) in try file.bytes(in: range) }
  }

  package func neighbour(_ name: String) throws(FileError) -> Self? {
    let place = siblingPath(name, of: path)
    return exists(place) ? try file(at: place) : nil
  }

  package func file(at path: String) throws(FileError) -> Self { try Self(path) }
}
