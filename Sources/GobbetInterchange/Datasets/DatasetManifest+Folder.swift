package import GobbetData
internal import GobbetFile
package import GobbetSystem

extension DatasetManifest {
  /// The names of all shards.
  package var names: [String] { splits.flatMap { $0.shards.map(\.name) } }

  /// The same with the names that the shards would have if none had been there before.
  var settled: DatasetManifest {
    let splits = splits.map { split in
      Split(
        name: split.name,
        shards: split.shards.map { shard in
          Shard(
            name: ShardFileName(shard.name)?.settled ?? shard.name, tokenCount: shard.tokenCount,
            documentCount: shard.documentCount, byteCount: shard.byteCount,
            contentID: shard.contentID)
        })
    }
    let settled = DatasetManifest(
      fingerprint: fingerprint, options: optionNames.map { ($0, options[$0] ?? .none) },
      splits: splits)
    // No file takes the name of another that stays.
    let taken = Set(names)
    return settled.names.contains { taken.contains($0) && ShardFileName($0)?.settled != $0 }
      || Set(settled.names).count != taken.count ? self : settled
  }

  /// Puts the manifest into `folder`, in place of one that is there.
  ///
  /// - Throws: `FileError`.
  func write(in folder: String) throws(FileError) {
    try writeWholeFile(json, to: folder + "/" + Self.fileName, replacing: true)
  }

  /// Checks that every shard in `folder` is what the manifest says, to the byte; calls `fault` with
  /// the path of each that is not.
  ///
  /// Shards that are open as neighbours of `manifest` are not opened again.
  package func check(
    in folder: String, beside manifest: OpenedFile? = nil, fault: (String, any Error) -> Void
  ) {
    for shard in splits.flatMap(\.shards) {
      do {
        let file = try manifest?.neighbour(shard.name) ?? OpenedFile(folder + "/" + shard.name)
        try shard.check(file.container(), fingerprint: fingerprint)
      } catch {
        fault(folder + "/" + shard.name, error)
      }
    }
  }

  /// Checks that a dataset of the manifest's split is what it says.
  ///
  /// - Throws: `LoadingError` for the first file that is another than the manifest lists.
  package func check(_ dataset: TokenDataset, of split: Split) throws(LoadingError) {
    for (file, shard) in zip(dataset.shards, split.shards) {
      try shard.check(file, fingerprint: fingerprint)
    }
  }

  /// Refuses a file at `path` that is a shard of the dataset in its folder: what is written there
  /// would no longer be what the manifest lists.
  ///
  /// - Throws: `FileError` (`create`).
  package static func refuseShard(at path: String) throws(FileError) {
    let manifest = siblingPath(fileName, of: path)
    guard exists(path), exists(manifest),
      let names = (try? DatasetManifest(contentsOf: manifest))?.names,
      names.contains(GobbetInterchange.fileName(of: path))
    else { return }
    throw FileError(path, .create, "is a shard of the dataset in its folder")
  }

  /// Refuses to replace the dataset in `folder` by what is made of `inputs` if it is among them in
  /// part only: the other part would be lost.
  ///
  /// - Throws: `FileError` (`create`).
  package static func refuseLoss(
    in folder: String, replacedByWhatIsMadeOf inputs: [String]
  ) throws(FileError) {
    let path = folder + "/" + fileName
    guard exists(path), let manifest = try? DatasetManifest(contentsOf: path) else { return }
    func identity(_ path: String) -> FileStatus.Identity? { (try? FileStatus(of: path))?.identity }
    let read = Set(inputs.compactMap(identity))
    let missing = manifest.splits.compactMap { split -> (DatasetSplit, Int)? in
      let count = split.shards.count { shard in
        identity(folder + "/" + shard.name).map { !read.contains($0) } ?? true
      }
      return count > 0 ? (split.name, count) : nil
    }
    guard let (split, count) = missing.first,
      missing.reduce(0, { $0 + $1.1 }) < manifest.names.count
    else { return }
    throw FileError(
      folder, .create,
      "is an input but for \(count) of the shards of its split \(split.rawValue), which would be lost:"
        + " write to another folder")
  }
}

extension DatasetManifest.Shard {
  /// Checks that the file in `folder` is this shard.
  ///
  /// - Throws: `LoadingError` if it is another; `FormatError`, `FileError`.
  func check(in folder: String, fingerprint: ContentDigest) throws {
    try check(ContainerReader(path: folder + "/" + name), fingerprint: fingerprint)
  }

  /// Checks that a container is this shard.
  func check(_ container: ContainerReader, fingerprint: ContentDigest) throws {
    try check(
      try TokenDataset([container], cacheByteBudget: 0).shards[0], fingerprint: fingerprint)
    // Who signs a shard makes it longer, and nothing else of it.
    let isSigned = container.section(.signature) != nil
    guard container.byteCount == byteCount || isSigned else {
      throw LoadingError(
        path: container.path,
        reason: "has \(container.byteCount.counted("byte")), not \(byteCount) as its manifest says")
    }
  }

  /// Checks that `file` is this shard.
  ///
  /// - Throws: `LoadingError` if it is another.
  func check(_ file: TokenShard, fingerprint: ContentDigest) throws(LoadingError) {
    func fail(_ what: String, _ found: Any, _ listed: Any) -> LoadingError {
      LoadingError(
        path: file.container.path,
        reason: "has \(what) \(found), not \(listed) as its manifest says")
    }
    guard file.container.contentID == contentID else {
      throw fail("content id", file.container.contentID, contentID)
    }
    guard file.fingerprint == fingerprint else {
      throw fail("tokens of vocabulary", file.fingerprint, fingerprint)
    }
    guard file.tokenCount == tokenCount else {
      throw fail("a number of tokens of", file.tokenCount, tokenCount)
    }
    guard file.documentCount == documentCount else {
      throw fail("a number of documents of", file.documentCount, documentCount)
    }
  }
}

extension ContentDigest {
  /// The digest of 64 hexadecimal digits; nil for anything else.
  init?(_ text: String?) {
    guard let digits = text.map({ Array($0.utf8) }), digits.count == 2 * ContentDigest.byteCount
    else {
      return nil
    }
    var bytes: [UInt8] = []
    for start in stride(from: 0, to: digits.count, by: 2) {
      let pair = String(decoding: digits[start..<(start + 2)], as: UTF8.self)
      guard digits[start] != UInt8(ascii: "+"), let byte = UInt8(pair, radix: 16) else {
        return nil
      }
      bytes.append(byte)
    }
    self.init(bytes: bytes)
  }
}
