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
  guard unsafe unlink(systemPath(path)) == 0 else { throw FileError(path, .write, errno: errno) }
}

/// Makes the folder at `path`, in a folder that exists; one that is there already is as good.
///
/// - Throws: ``FileError`` (`create`).
package func makeFolder(_ path: String) throws(FileError) {
  guard unsafe mkdir(systemPath(path), 0o777) != 0, errno != EEXIST else { return }
  throw FileError(path, .create, errno: errno)
}

/// Takes the empty folder at `path` away.
///
/// - Throws: ``FileError`` (`write`).
package func removeFolder(_ path: String) throws(FileError) {
  guard unsafe rmdir(systemPath(path)) == 0 else { throw FileError(path, .write, errno: errno) }
}
