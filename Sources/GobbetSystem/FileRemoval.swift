#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// Takes the name of the file at `path` away; who has it open can read it still.
///
/// - Throws: ``FileError`` (`write`).
package func removeFile(_ path: String) throws(FileError) {
  guard unsafe unlink(path) == 0 else { throw FileError(path, .write, errno: errno) }
}
