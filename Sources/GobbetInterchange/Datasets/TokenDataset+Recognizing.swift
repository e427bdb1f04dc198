public import GobbetData
package import GobbetSystem

extension TokenDataset {
  /// Opens the dataset at `path`: a file, a folder with a manifest, or the manifest itself; of
  /// several parts the one called `split`.
  ///
  /// - Throws: `LoadingError` if the manifest is none, or a file is another than it
  ///   lists; as
  ///   ``init(paths:cacheByteBudget:)``.
  public init(
    recognizing path: String, split: DatasetSplit = .train, cacheByteBudget: Int = 16 << 20
  ) throws {
    try self.init(Self.file(at: path), split: split, cacheByteBudget: cacheByteBudget)
  }

  /// The file at `path`, or the manifest in the folder there.
  ///
  /// - Throws: `FileError`.
  package static func file(at path: String) throws(FileError) -> OpenedFile {
    guard try FileStatus(of: path).kind == .directory else { return try OpenedFile(path) }
    let manifest = path + "/" + DatasetManifest.fileName
    // One that is a dataset as yet unfinished, or none: the path as it was given says more.
    guard exists(manifest) else {
      throw FileError(path, .open, "a folder without \(DatasetManifest.fileName)")
    }
    return try OpenedFile(manifest)
  }

  /// The same of an open file or manifest.
  package init(
    _ file: OpenedFile, split: DatasetSplit = .train, cacheByteBudget: Int = 16 << 20
  ) throws {
    let path = file.path
    guard try file.format() == .json else {
      try self.init([file.container()], cacheByteBudget: cacheByteBudget)
      return
    }
    let manifest = try DatasetManifest(file)
    guard let part = manifest[split] else {
      throw LoadingError(path: path, reason: "has no split \(split.rawValue)")
    }
    try self.init(
      paths: part.shards.map { siblingPath($0.name, of: path) }, cacheByteBudget: cacheByteBudget)
    try manifest.check(self, of: part)
  }
}
