internal import GobbetData
internal import GobbetSystem

extension FileFormat {
  /// safetensors: a length and a JSON object in front of the tensors.
  public static let safetensors: FileFormat = {
    var format = FileFormat("safetensors")
    format.endings = [".safetensors"]
    format.noun = "safetensors weights"
    format.recognizes = { beginsAsSafetensors($0.start) }
    var weights = safetensorsWeights(read: openSafetensors)
    weights.sink = {
      SafetensorsSink(
        try SafetensorsWriter(
          $0.path, tensors: $0.tensors, metadata: $0.metadata, replacing: $0.replacing))
    }
    format.weights = weights
    return format
  }()

  /// Several safetensors files and their index.
  public static let safetensorsIndex: FileFormat = {
    var format = FileFormat("safetensors.index.json")
    format.endings = [".safetensors.index.json"]
    format.noun = "an index of safetensors shards"
    format.recognizes = { (sample) throws(FileError) in
      guard sample.start.beginsJSONObject else { return false }
      return try sample.first(of: [.weightMap, .addedTokens, .tokenizerModel]) == .weightMap
    }
    format.weights = safetensorsWeights { file, _ in
      WeightsInput(file, .safetensorsIndex, try SafetensorsIndex(file), .neighbours(nil))
    }
    return format
  }()

  private static func safetensorsWeights(
    read: @escaping @Sendable (OpenedFile, WeightsInput.Choice) throws -> WeightsInput?
  ) -> Weights {
    Weights(read: read, holdsMetadata: true, hasNeighbours: true, mayBeSeveralFiles: true)
  }

  /// Whether a length that the reference reader allows stands in front of a JSON object.
  private static func beginsAsSafetensors(_ start: [UInt8]) -> Bool {
    start.count > 8 && start[4..<8].allSatisfy { $0 == 0 } && start[0..<4].contains { $0 != 0 }
      && start[8...].beginsJSONObject
  }

  /// Opens a safetensors file, and the others of its set if its name says that it is one of several.
  private static func openSafetensors(
    _ file: OpenedFile, _ choice: WeightsInput.Choice
  ) throws -> WeightsInput? {
    guard !choice.alone, let name = ShardName(file.path), name.count > 1 else {
      return WeightsInput(file, .safetensors, try SafetensorsReader(file), .neighbours(nil))
    }
    if exists(name.indexPath) {
      let index = try SafetensorsIndex(OpenedFile(name.indexPath), given: file)
      return WeightsInput(file, .safetensorsIndex, index, .neighbours(nil))
    }
    if let missing = name.paths.first(where: { !exists($0) }) {
      throw LoadingError(
        path: file.path,
        reason:
          "is one of \(name.count) files of a model, and \(fileName(of: missing)) is missing; to "
          + "take it by itself, give it a name without -of-")
    }
    let shards = try WeightShards(
      name.paths.map { try SafetensorsReader(file.file(at: $0)) })
    return WeightsInput(file, .safetensorsIndex, shards, .neighbours(nil))
  }
}
