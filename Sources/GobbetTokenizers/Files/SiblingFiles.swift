internal import GobbetSystem

/// The path of `name` in the folder of the file at `path`.
package func siblingPath(_ name: String, of path: String) -> String {
  let folder = path.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(path[...$0]) } ?? ""
  return folder + name
}

/// Whether there is anything at `path`.
package func exists(_ path: String) -> Bool { (try? FileStatus(of: path)) != nil }

/// The name of the file at `path` in its folder.
package func fileName(of path: String) -> String {
  path.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(path[path.utf8.index(after: $0)...]) }
    ?? path
}
