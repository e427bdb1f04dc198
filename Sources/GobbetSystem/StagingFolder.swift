internal import SystemPackage

#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// A folder beside an output, for files that don't belong to it yet, or never will.
///
/// It is removed with all files in it when the value goes; that of a process that was killed is
/// removed by the next that writes the same output.
package final class StagingFolder: Sendable {
  /// The folder.
  package let path: String
  /// Held for its lock.
  private let descriptor: FileDescriptor

  /// Makes a folder beside `output`.
  ///
  /// - Throws: ``FileError`` (`create`), which names `output`.
  package init(beside output: String) throws(FileError) {
    (path, descriptor) = try PartialName.create(beside: output, reportedAs: output) { name in
      // SAFETY: `name` is passed as a NUL-terminated string.
      guard unsafe mkdir(name, 0o777) == 0 else { return -1 }
      return unsafe open(name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    }
  }

  deinit {
    _ = removeFolderAndFiles(path)
    TemporaryFiles.remove(path)
    try? descriptor.close()
  }

  /// The path of a file in the folder.
  package func file(_ name: String) -> String { path + "/" + name }
}
