public import GobbetData

/// The tensors of a model in several safetensors files, as `model.safetensors.index.json` lists them.
///
/// The index names the file of each tensor; the files lie beside it.
public struct SafetensorsIndex: TensorDecorator {
  /// Every tensor, file by file in the order in which the index first names them.
  public var tensors: [TensorDescription] { shards.tensors }
  /// The string pairs of the first file.
  public var metadata: [(String, String)] { shards.metadata }
  private let shards: WeightShards

  /// Opens the index at `path` and every file that it names.
  ///
  /// - Throws: `FileError`; `InterchangeError`: a file name that leaves the folder, a tensor that is
  ///   not in its file, or in another as well.
  public init(_ path: String) throws { try self.init(OpenedFile(path)) }

  /// Reads an open index, and opens every file that it names but `given`.
  ///
  /// - Throws: as ``init(_:)``.
  package init(_ index: OpenedFile, given: OpenedFile? = nil) throws {
    let text = try index.bytes(limit: SafetensorsReader.maximumHeaderByteCount)
    let root = try JSONDocument(text, path: index.path).root
    guard let map = try root.member("weight_map"), map.isObject else {
      throw root.error(.damaged("no weight_map"), key: "weight_map".utf8)
    }
    var names: [[UInt8]] = []
    var shards: [[UInt8]: Int] = [:]
    var shardOfTensor: [[UInt8]: Int] = [:]
    try map.forEach { (tensor, value) throws(InterchangeError) in
      guard let name = value.bytes, Self.isPlain(name) else {
        throw map.error(.damaged("not the name of a file beside the index"), key: tensor)
      }
      let shard = shards[name] ?? names.count
      if shard == names.count {
        names.append(name)
        shards[name] = shard
      }
      guard shardOfTensor.updateValue(shard, forKey: tensor) == nil else {
        throw map.error(.damaged("the name is there twice"), key: tensor)
      }
    }
    let readers = try names.map { name in
      let place = siblingPath(String(decoding: name, as: UTF8.self), of: index.path)
      return try SafetensorsReader(given?.file(at: place) ?? OpenedFile(place))
    }
    var found: Set<[UInt8]> = []
    for (index, reader) in readers.enumerated() {
      for tensor in reader.tensors {
        let name = Array(tensor.name.utf8)
        found.insert(name)
        guard shardOfTensor[name] == index else {
          throw map.error(
            .damaged(
              "in \(String(decoding: names[index], as: UTF8.self)), which the"
                + " index does not say"), key: name)
        }
      }
    }
    if let missing = shardOfTensor.keys.filter({ !found.contains($0) }).min(by: Self.precedes) {
      throw map.error(.damaged("not in its file"), key: missing)
    }
    let setID = try root.member("metadata")?.member(SafetensorsHeader.setKey)?.string
    for (reader, name) in zip(readers, names) where reader.setID != setID {
      throw map.error(
        .damaged(
          "\(String(decoding: name, as: UTF8.self)) is of another set of files than the index"))
    }
    self.shards = try WeightShards(readers)
  }

  private static func precedes(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    left.lexicographicallyPrecedes(right)
  }

  /// Whether a name stays in the folder.
  private static func isPlain(_ name: [UInt8]) -> Bool {
    !name.isEmpty && !name.contains(UInt8(ascii: "/")) && !name.contains(UInt8(ascii: "\\"))
      && !name.contains(0) && !name.elementsEqual("..".utf8) && !name.elementsEqual(".".utf8)
  }

  /// The tensor itself, in its file.
  ///
  /// - Throws: `TensorError` (`missing`).
  package func origin(of tensor: TensorDescription) throws -> TensorOrigin {
    try shards.origin(of: tensor)
  }
}
