import Gobbet

/// Whether `path` is a token dataset, or would be one if it were sound: a .gobbet file, a folder, a
/// manifest.
///
/// - Throws: ``FileError``.
func isDataset(_ path: String) throws -> Bool {
  // Of a folder without a manifest the library says what is wrong.
  if isFolder(path) { return true }
  switch try FileKind(recognizing: path) {
  case .gobbet, .json: return true
  default: return false
  }
}

/// Whether `path` names a folder.
func isFolder(_ path: String) -> Bool { (try? FileStatus(of: path))?.kind == .directory }

/// Whether there is anything at `path`.
func isThere(_ path: String) -> Bool { (try? FileStatus(of: path)) != nil }

/// The manifest of the folder at `path`.
func manifestPath(_ path: String) -> String { path + "/" + DatasetManifest.fileName }
