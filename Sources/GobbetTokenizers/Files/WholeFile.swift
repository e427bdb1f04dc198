package import GobbetSystem

/// All bytes of the regular file at `path`, which may have at most `limit`.
///
/// - Throws: `FileError`; ``InterchangeError`` (`damaged`) for a larger file.
package func wholeFile(_ path: String, limit: Int) throws -> [UInt8] {
  try StoredTokenizerFile(path).bytes(limit: limit)
}

/// Puts a file with these bytes at `path`.
///
/// - Throws: `FileError`, also if there is one and `replacing` is false.
package func writeWholeFile(_ bytes: [UInt8], to path: String, replacing: Bool) throws(FileError) {
  var file = try AtomicFile(path, replacing: replacing)
  try file.write(bytes.span)
  try file.commit()
}

/// A new file that begins with these bytes.
///
/// - Throws: `FileError`.
package func newFile(
  _ path: String, beginningWith header: [UInt8], replacing: Bool
) throws(FileError) -> AtomicFile {
  var file = try AtomicFile(path, replacing: replacing)
  try file.write(header.span)
  return file
}
