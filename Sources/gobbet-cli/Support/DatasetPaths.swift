import Gobbet

/// Whether `path` names a folder.
func isFolder(_ path: String) -> Bool { (try? FileStatus(of: path))?.kind == .directory }

/// Whether there is anything at `path`.
func isThere(_ path: String) -> Bool { (try? FileStatus(of: path)) != nil }

/// Refuses a folder where one file would be written, and names the option that writes into folders.
///
/// - Throws: ``Failure`` (`cannotCreate`).
func checkIsNoFolder(_ path: String) throws(Failure) {
  let isFolder = (try? FileStatus(of: path))?.kind == .directory
  guard isFolder || path.hasSuffix("/") else { return }
  throw Failure(
    .cannotCreate,
    "\(path): is a folder; give --shard-tokens to write shards into it, or the name of a file")
}

/// The manifest of the folder at `path`.
func manifestPath(_ path: String) -> String { path + "/" + DatasetManifest.fileName }

/// The folder that the file at `path` is in.
func folder(of path: String) -> String {
  guard let slash = path.lastIndex(of: "/") else { return "." }
  return slash == path.startIndex ? "/" : String(path[..<slash])
}

/// Whether a file at `path` would lie in `wantedFolder`, or in a folder in it, by whatever names both go.
func isPath(_ path: String, in wantedFolder: String) -> Bool {
  guard let wanted = try? FileStatus(of: wantedFolder).identity else { return false }
  var above = folder(of: path)
  var last: FileStatus.Identity?
  // The folder above the topmost one is itself.
  while let identity = try? FileStatus(of: above).identity, identity != last {
    if identity == wanted { return true }
    last = identity
    above += "/.."
  }
  return false
}

/// Refuses an output that is an input, or lies in a folder that is read, where the next run would find
/// it among its inputs.
///
/// - Throws: ``Failure``.
func checkIsApart(_ output: String, from inputs: [String], option: String) throws {
  guard !output.contains("://") else { return }
  let identity = (try? FileStatus(of: output))?.identity
  for input in inputs where input != "-" {
    if let identity, (try? FileStatus(of: input))?.identity == identity {
      throw Failure(.usage, "\(option): \(output) is an input; write it elsewhere")
    }
    if isPath(output, in: input) {
      throw Failure(
        .usage,
        "\(option): \(output) would lie in the input folder \(displayedPath(input)); "
          + "write it elsewhere")
    }
  }
}
