internal import GobbetSystem

/// The files that a list of paths stands for, one at a time.
///
/// Directories are walked in the order of the bytes of the paths in them, hidden entries left out. A
/// directory that a symbolic link leads back into is not walked again.
struct InputWalk: Sendable {
  private struct Entry: Sendable {
    let path: String
    let kind: FileStatus.Kind
    /// Whether it is an input itself, not a file in one.
    let isNamed: Bool
    /// The directories above, to notice a way back into one.
    let ancestors: [FileStatus.Identity]
  }

  /// What is still to be visited, the next one last.
  private var pending: [Entry]

  /// A walk over `paths`; `-` stands for standard input, and a path that does not exist for those
  /// that match it, in the order of their bytes.
  init(_ paths: [String]) throws(FileError) {
    pending = []
    for path in paths.reversed() {
      let kind = path == "-" ? .other : (try? FileStatus(of: path))?.kind
      if let kind {
        pending.append(Entry(path: path, kind: kind, isNamed: true, ancestors: []))
        continue
      }
      let matches = try matchingPaths(path)
      // Nothing matches: the system's own word for what is not there.
      guard !matches.isEmpty else { throw try Self.missing(path) }
      for match in matches.reversed() {
        pending.append(
          Entry(path: match, kind: try FileStatus(of: match).kind, isNamed: true, ancestors: []))
      }
    }
  }

  private static func missing(_ path: String) throws(FileError) -> FileError {
    do throws(FileError) {
      _ = try FileStatus(of: path)
      return FileError(path, .open, "changed while it was looked at")
    } catch {
      return error
    }
  }

  /// The next file, and whether it is an input itself rather than a file in one; nil at the end.
  mutating func next() throws(FileError) -> (path: String, isNamed: Bool)? {
    while let entry = pending.popLast() {
      guard entry.kind == .directory else { return (entry.path, entry.isNamed) }
      try enter(entry)
    }
    return nil
  }

  private mutating func enter(_ directory: Entry) throws(FileError) {
    let identity = try FileStatus(of: directory.path).identity
    guard !directory.ancestors.contains(identity) else { return }
    let ancestors = directory.ancestors + [identity]
    let prefix = directory.path.utf8.last == UInt8(ascii: "/") ? "" : "/"
    var entries: [(key: [UInt8], entry: Entry)] = []
    for name in try directoryEntries(directory.path) where name.utf8.first != UInt8(ascii: ".") {
      let path = directory.path + prefix + name
      let kind = try FileStatus(of: path).kind
      // With its slash, a directory sorts where the paths of its files do.
      let key = pathBytes(name) + (kind == .directory ? [UInt8(ascii: "/")] : [])
      if kind != .other {
        entries.append((key, Entry(path: path, kind: kind, isNamed: false, ancestors: ancestors)))
      }
    }
    entries.sort { $1.key.lexicographicallyPrecedes($0.key) }
    pending.append(contentsOf: entries.map(\.entry))
  }
}
