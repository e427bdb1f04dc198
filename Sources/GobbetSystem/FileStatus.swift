internal import SystemPackage

#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// What a path names, links followed.
package struct FileStatus: Sendable {
  /// The kinds of file that readers tell apart.
  package enum Kind: Sendable { case regular, directory, other }

  /// What kind of file it is.
  package let kind: Kind
  /// Its length; 0 for what has none.
  package let byteCount: Int
  /// The device and the number on it: equal for two paths to one file.
  package let identity: Identity

  /// The device and the number of a file on it.
  package struct Identity: Hashable, Sendable {
    let device: UInt64
    let number: UInt64
  }

  /// Asks the system what `path` names.
  ///
  /// - Throws: ``FileError`` (`open`) if it names nothing, or not for us.
  package init(of path: String) throws(FileError) {
    var status = stat()
    // SAFETY: `path` is passed as a NUL-terminated string and `status` outlives the call.
    guard unsafe stat(systemPath(path), &status) == 0 else {
      throw FileError(path, .open, errno: errno)
    }
    self.init(status)
  }

  /// Asks the system what is open as `descriptor`, whatever the path names by now.
  ///
  /// - Throws: ``FileError`` (`open`).
  init(_ descriptor: FileDescriptor, openedAt path: String) throws(FileError) {
    var status = stat()
    // SAFETY: `status` outlives the call.
    guard unsafe fstat(descriptor.rawValue, &status) == 0 else {
      throw FileError(path, .open, errno: errno)
    }
    self.init(status)
  }

  private init(_ status: stat) {
    switch status.st_mode & S_IFMT {
    case S_IFREG: kind = .regular
    case S_IFDIR: kind = .directory
    default: kind = .other
    }
    byteCount = Int(status.st_size)
    identity = Identity(
      device: UInt64(truncatingIfNeeded: status.st_dev),
      number: UInt64(truncatingIfNeeded: status.st_ino))
  }
}

/// The names in a directory, sorted by their bytes, without `.` and `..`, as ``pathText(_:)`` has
/// them.
///
/// - Throws: ``FileError`` (`list`).
package func directoryEntries(_ path: String) throws(FileError) -> [String] {
  // SAFETY: `path` is passed as a NUL-terminated string; the stream is closed below.
  guard let stream = unsafe opendir(systemPath(path)) else {
    throw FileError(path, .list, errno: errno)
  }
  defer { unsafe closedir(stream) }
  var names: [[UInt8]] = []
  while let entry = unsafe readdir(stream) {
    // SAFETY: `d_name` is a NUL-terminated name inside the entry, valid until the next call.
    let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { field in
      unsafe field.withMemoryRebound(to: CChar.self, capacity: 1) { name in
        (0..<(unsafe Int(strlen(name)))).map { unsafe UInt8(bitPattern: name[$0]) }
      }
    }
    if !name.allSatisfy({ $0 == UInt8(ascii: ".") }) || name.count > 2 { names.append(name) }
  }
  return names.sorted { $0.lexicographicallyPrecedes($1) }.map { pathText($0) }
}
