public import GobbetData
internal import GobbetFile
internal import GobbetSystem

extension SafetensorsIndex {
  /// Writes everything in `source` to several files and the index at `path`.
  ///
  /// A file holds tensors in the source's order up to `shardByteCount`, or one that is larger. The
  /// files are called as Hugging Face calls them: `model-00001-of-00003.safetensors` for an index
  /// `model.safetensors.index.json`. They take the places of older ones together; of those that an
  /// older index names too, the others are removed. Every file and the index say under `gobbet.set`
  /// which set they belong to, by what all of it holds.
  /// - Precondition: `path` ends in `.safetensors.index.json`.
  /// - Throws: as ``SafetensorsWriter/write(_:to:replacing:progress:)``.
  public static func write(
    _ source: some TensorSource, to path: String, shardByteCount: Int, replacing: Bool = false,
    progress: (Int) throws -> Void = { _ in }
  ) throws {
    try write(
      source, to: path, shardByteCount: shardByteCount, replacing: replacing, check: { _ in },
      progress: progress)
  }

  /// The same; `check` gets the path of the index before the files are put in their places, and
  /// throws if they are to be left out of them.
  package static func write(
    _ source: some TensorSource, to path: String, shardByteCount: Int, replacing: Bool,
    check: (String) throws -> Void, progress: (Int) throws -> Void
  ) throws {
    let suffix = ".safetensors.index.json"
    precondition(path.utf8.suffix(suffix.utf8.count).elementsEqual(suffix.utf8), "no index name")
    let stem = String(path.dropLast(suffix.count))
    let shards = source.shards(of: shardByteCount)
    let paths = (1...shards.count).map {
      "\(stem)-\(padded($0))-of-\(padded(shards.count)).safetensors"
    }
    let files = try FileSet(paths + [path], replacing: replacing)
    var set = SetDigest()
    var done = 0
    for (index, shard) in shards.enumerated() {
      try set.write(shard, to: files.stagedPath(index)) { try progress(done + $0) }
      done += shard.tensors.reduce(0) { $0 + $1.byteCount }
    }
    try set.finish(paths.indices.map { files.stagedPath($0) })
    let text = index(of: shards, paths.map { fileName(of: $0) }, set: set.id)
    try writeWholeFile(text, to: files.stagedPath(shards.count), replacing: true)
    try check(files.stagedPath(shards.count))
    let replaced = replacing ? shardNames(listedAt: path, of: fileName(of: stem)) : []
    try files.commit()
    for name in replaced.subtracting(paths.map { fileName(of: $0) }) {
      try? removeFile(siblingPath(name, of: path))
    }
  }

  /// The text of the index.
  private static func index(
    of shards: [some TensorSource], _ names: [String], set: String
  ) -> [UInt8] {
    let byteCount = shards.flatMap(\.tensors).reduce(0) { $0 + $1.byteCount }
    var text: [UInt8] = []
    text.append("{\"metadata\":{\"total_size\":\(byteCount),")
    text.append("\"\(SafetensorsHeader.setKey)\":\"\(set)\"},\"weight_map\":{")
    var isFirst = true
    for (shard, name) in zip(shards, names) {
      for tensor in shard.tensors {
        text.append(isFirst ? "\n" : ",\n")
        isFirst = false
        text.append(quoted: tensor.name.utf8)
        text.append(":")
        text.append(quoted: name.utf8)
      }
    }
    text.append("}}\n")
    return text
  }

  /// The files called as those of `stem` are that the index at `path` names; none if there is no
  /// index, or it cannot be read.
  private static func shardNames(listedAt path: String, of stem: String) -> Set<String> {
    guard exists(path),
      let text = try? wholeFile(path, limit: SafetensorsReader.maximumHeaderByteCount),
      let map = try? JSONDocument(text, path: path).root.member("weight_map")
    else { return [] }
    var names: Set<String> = []
    map.forEach { _, value in
      if let name = value.string, name.hasPrefix(stem + "-"),
        name.dropFirst(stem.count).wholeMatch(of: /-[0-9]{5}-of-[0-9]{5}\.safetensors/) != nil
      {
        names.insert(name)
      }
    }
    return names
  }

  private static func padded(_ number: Int) -> String {
    let digits = "\(number)"
    return String(repeating: "0", count: max(0, 5 - digits.count)) + digits
  }
}

/// What a set of files holds, as a digest that stands in each of them.
private struct SetDigest {
  /// The digits; zeros until all files are written.
  private(set) var id = String(repeating: "0", count: 32)
  private var hasher = DigestHasher()
  /// Where the digits stand in each file.
  private var offsets: [Int] = []

  /// Writes a file of the set, with zeros for the digits.
  mutating func write(
    _ source: some TensorSource, to path: String, progress: (Int) throws -> Void
  ) throws {
    let writer = try SafetensorsWriter(
      path, tensors: source.tensors,
      metadata: source.metadata.filter { $0.0 != SafetensorsHeader.setKey }
        + [(SafetensorsHeader.setKey, id)],
      replacing: true)
    let sink = SafetensorsSink(writer, summing: true)
    offsets.append(try offset(in: sink.header, path))
    hasher.update(sink.header.span)
    try source.write(to: sink, progress: progress)
    for checksum in sink.checksums {
      let bytes = (0..<4).map { UInt8(truncatingIfNeeded: checksum >> (8 * $0)) }
      hasher.update(bytes.span)
    }
  }

  /// Where the value of the key stands in a header.
  private func offset(in header: [UInt8], _ path: String) throws -> Int {
    let member = Array("\"\(SafetensorsHeader.setKey)\":\"\(id)\"".utf8)
    let last = header.count - member.count
    guard let start = (0...max(0, last)).first(where: { header[$0...].starts(with: member) }) else {
      throw InterchangeError(.notRepresentable("no place for the set"), path: path)
    }
    return start + member.count - id.utf8.count - 1
  }

  /// Puts the digits into the files.
  mutating func finish(_ paths: [String]) throws {
    id = hasher.digest.bytes.prefix(16).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }
      .joined()
    let digits = Array(id.utf8)
    for (path, offset) in zip(paths, offsets) {
      var file = try GrowingFile(path)
      try file.overwrite(digits.span, at: offset)
      try file.synchronize()
    }
  }
}
