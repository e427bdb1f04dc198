internal import SystemPackage

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

/// Gives the file at `path` the name `newPath`, in place of a file that has it.
///
/// - Throws: ``FileError`` (`create`), which names `reportedPath`, or else `newPath`.
package func renameFile(
  _ path: String, to newPath: String, reportedAs reportedPath: String? = nil
) throws(FileError) {
  // SAFETY: both paths are passed as NUL-terminated strings.
  guard unsafe rename(path, newPath) == 0 else {
    throw FileError(reportedPath ?? newPath, .create, errno: errno)
  }
}

/// Gives the file at `path` a second name, which must be free.
///
/// - Throws: ``FileError`` (`create`), also where the file system has no such links.
package func linkFile(_ path: String, to newPath: String) throws(FileError) {
  // SAFETY: both paths are passed as NUL-terminated strings.
  guard unsafe link(path, newPath) == 0 else { throw FileError(newPath, .create, errno: errno) }
}

/// Has the names in the folder of the file at `path` reach the disk; where folders cannot be
/// synchronised, nothing is lost but that certainty.
package func synchronizeFolder(of path: String) {
  let folder = FilePath(path).removingLastComponent()
  let name = folder.isEmpty ? FilePath(".") : folder
  if let descriptor = try? FileDescriptor.open(name, .readOnly, options: .closeOnExec) {
    _ = fsync(descriptor.rawValue)
    try? descriptor.close()
  }
}
