public import GobbetBPE
public import GobbetData
public import GobbetFile
public import GobbetInterchange

extension ContainerReader {
  /// Opens the container at an HTTP or HTTPS URL by ranges.
  ///
  /// - Throws: as ``RemoteFile/init(url:headers:cacheByteBudget:)``, and `FormatError`.
  public init(url: String, headers: [String] = []) throws {
    let file = try RemoteFile(url: url, headers: headers)
    try self.init(file, named: file.displayedURL)
  }
}

extension TokenDataset {
  /// Opens the dataset at an HTTP or HTTPS URL by ranges.
  ///
  /// It is a file; a folder, whose URL ends in a slash; or the manifest in it, a `.json`. Of a folder it
  /// is the part called `split`.
  ///
  /// Opening reads the tables: the last 64 KiB of each file, and what of them lies before. A window reads
  /// the token blocks that hold it.
  /// - Throws: ``RemoteError``; as `init(recognizing:split:cacheByteBudget:)`.
  public init(
    url: String, headers: [String] = [], split: DatasetSplit = .train,
    cacheByteBudget: Int = 16 << 20
  ) throws {
    var place = RemoteURL(text: url)
    if place.path.hasSuffix("/") { place = place.beside(DatasetManifest.fileName) }
    guard place.path.hasSuffix(".json") else {
      try self.init(
        [ContainerReader(url: url, headers: headers)], cacheByteBudget: cacheByteBudget)
      return
    }
    let file = try RemoteFile(url: place.text, headers: headers)
    guard file.byteCount <= 64 << 20 else {
      throw LoadingError(path: file.displayedURL, reason: "has more than 64 MiB")
    }
    let manifest = try DatasetManifest(
      json: file.bytes(in: 0..<file.byteCount), path: file.displayedURL)
    guard let part = manifest[split] else {
      throw LoadingError(path: file.displayedURL, reason: "has no split \(split.rawValue)")
    }
    let containers = try part.shards.map { shard in
      try ContainerReader(url: place.beside(shard.name).text, headers: headers)
    }
    try self.init(containers, cacheByteBudget: cacheByteBudget)
    try manifest.check(self, of: part)
  }
}

extension Vocabulary {
  /// Reads the vocabulary in the Gobbet file at an HTTP or HTTPS URL, and none of what lies beside it.
  ///
  /// - Throws: ``RemoteError``; as `init(_:)` of an open container.
  public init(url: String, headers: [String] = []) throws {
    try self.init(ContainerReader(url: url, headers: headers))
  }
}

extension WeightsReader {
  /// Opens the weights in the Gobbet file at an HTTP or HTTPS URL by ranges.
  ///
  /// Opening reads the tables. A tensor, or rows of one, reads the tensor blocks that hold it. A file of
  /// differences needs its base as a local file.
  /// - Throws: ``RemoteError``; as `init(_:named:checks:)`.
  public init(
    url: String, headers: [String] = [], checks: WeightChecks = .touched
  ) throws {
    let file = try RemoteFile(url: url, headers: headers)
    try self.init(file, named: file.displayedURL, checks: checks)
  }
}
