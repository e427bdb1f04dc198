internal import SystemPackage

#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// Where a file of some name is put: there, or where the symbolic link of that name leads to.
struct OutputPlace {
  /// The path, which isn't a link.
  let path: String
  /// Who may do what with the regular file that is there, and whose it is; nil if there is none.
  let previous: (mode: mode_t, owner: uid_t, group: gid_t)?

  /// Links that are followed at most.
  private static let linkLimit = 40

  /// Looks at what is at `path`.
  ///
  /// - Throws: ``FileError`` (`create`) for a folder, a device, a pipe or a socket; for anything
  ///   that is there unless it is to be replaced; for a name that no file can have.
  init(_ path: String, replacing: Bool) throws(FileError) {
    if let status = try? FileStatus(of: path) {
      switch status.kind {
      case .directory: throw FileError(path, .create, Errno.isDirectory)
      case .other:
        throw FileError(path, .create, "is a device, a pipe or a socket, not a regular file")
      case .regular: break
      }
    }
    guard path.utf8.last != UInt8(ascii: "/") else {
      throw FileError(path, .create, Errno.isDirectory)
    }
    var place = path
    for _ in 0..<Self.linkLimit {
      var status = stat()
      // SAFETY: `place` is passed as a NUL-terminated string and `status` outlives the call.
      guard unsafe lstat(place, &status) == 0 else {
        guard errno == ENOENT, !path.isEmpty else { throw FileError(path, .create, errno: errno) }
        self.path = place
        previous = nil
        return
      }
      guard replacing else { throw FileError(path, .create, Errno.fileExists) }
      guard status.st_mode & S_IFMT == S_IFLNK else {
        self.path = place
        previous = (status.st_mode & 0o777, status.st_uid, status.st_gid)
        return
      }
      let target = try Self.target(ofLink: place, path)
      place =
        target.utf8.first == UInt8(ascii: "/")
        ? target : FilePath(place).removingLastComponent().appending(target).string
    }
    throw FileError(path, .create, Errno.tooManySymbolicLinkLevels)
  }

  private static func target(
    ofLink place: String, _ path: String
  ) throws(FileError) -> String {
    var count = 0
    let bytes = unsafe [CChar](unsafeUninitializedCapacity: Int(PATH_MAX)) { buffer, filled in
      guard let start = buffer.baseAddress else { return }
      // SAFETY: `readlink` writes no more bytes than the buffer has, and says how many.
      count = unsafe readlink(place, start, buffer.count)
      filled = max(0, count)
    }
    guard count >= 0 else { throw FileError(path, .create, errno: errno) }
    return String(decoding: bytes.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// Gives the new file in `descriptor` the permissions and, where the system lets us, the owner of
  /// the one that it will replace.
  ///
  /// - Throws: ``FileError`` (`create`), which names `path`.
  func passOn(
    to descriptor: FileDescriptor, reportedAs path: String
  ) throws(FileError) {
    guard let previous else { return }
    // Only the superuser may give files away; for others it stays theirs.
    _ = fchown(descriptor.rawValue, previous.owner, previous.group)
    guard fchmod(descriptor.rawValue, previous.mode) == 0 || errno == EPERM || errno == ENOTSUP
    else { throw FileError(path, .create, errno: errno) }
  }

  /// Does the same for the new file at `newPath`.
  ///
  /// - Throws: ``FileError`` (`create`), which names `path`.
  func passOn(toFileAt newPath: String, reportedAs path: String) throws(FileError) {
    guard previous != nil else { return }
    let descriptor: FileDescriptor
    do {
      descriptor = try FileDescriptor.open(FilePath(newPath), .readOnly, options: .closeOnExec)
    } catch {
      throw FileError(path, .create, GobbetSystem.reason(of: error))
    }
    defer { try? descriptor.close() }
    try passOn(to: descriptor, reportedAs: path)
  }
}
