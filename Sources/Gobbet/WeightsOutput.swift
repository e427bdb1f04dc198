internal import GobbetBPE
internal import GobbetData
internal import GobbetFile
internal import GobbetInterchange
internal import GobbetSystem

/// Where weights go, and how.
struct WeightsOutput {
  let path: String
  let format: ConversionFormat
  let codec: WeightCodec
  let ggufType: GGUFType?
  let shardByteCount: Int?
  let replacing: Bool
  let verifies: Bool

  /// Writes a source; `model` is the same as a GPT-2 if it is one.
  func write(
    _ source: some TensorSource, as elementType: ElementType?, vocabulary: Vocabulary?,
    model: GPT2Weights?, progress: FileConversion.Progress
  ) throws {
    if let elementType {
      let converted = try ConvertedWeights(source, as: elementType)
      try write(converted, vocabulary: vocabulary, model: model, progress: progress)
    } else {
      try write(source, vocabulary: vocabulary, model: model, progress: progress)
    }
  }

  private func write(
    _ source: some TensorSource, vocabulary: Vocabulary?, model: GPT2Weights?,
    progress: FileConversion.Progress
  ) throws {
    let total = source.tensors.reduce(0) { $0 + $1.byteCount }
    func report(_ byteCount: Int) throws { try progress(byteCount, total) }
    var paths = [path]
    switch format {
    case .gobbet:
      paths = try writeGobbet(source, vocabulary, report)
    case .safetensors where shardByteCount == nil:
      try SafetensorsWriter.write(source, to: path, replacing: replacing, progress: report)
    case .safetensors, .safetensorsIndex:
      try SafetensorsIndex.write(
        source, to: format == .safetensors ? path + ".index.json" : path,
        shardByteCount: shardByteCount ?? 5_000_000_000, replacing: replacing, progress: report)
      if format == .safetensors { paths = [path + ".index.json"] }
    case .gguf:
      if let model {
        try model.writeGGUF(
          to: path, as: ggufType, vocabulary: vocabulary, replacing: replacing, progress: report)
      } else {
        try GGUFWriter.write(
          source, to: path,
          values: source.metadata.filter { $0.0 != "general.alignment" }.map {
            ($0.0, .string($0.1))
          },
          as: ggufType, replacing: replacing, progress: report)
      }
    case .llmC:
      guard let model else {
        throw LoadingError(path: path, reason: "llm.c has a place for a GPT-2 only")
      }
      try LLMCCheckpoint.write(model, to: path, replacing: replacing)
    case .npy:
      guard source.tensors.count == 1, let tensor = source.tensors.first else {
        throw LoadingError(
          path: path, reason: "npy has a place for one tensor, not \(source.tensors.count)")
      }
      try NumPyWriter.write(tensor, of: source, to: path, replacing: replacing)
    case .npz: try NumPyWriter.write(source, to: path, replacing: replacing, progress: report)
    case .tiktoken, .tokenizerJSON, .vocabularyAndMerges:
      preconditionFailure("WeightsOutput: a format for vocabularies")
    }
    if verifies { try verify(source, paths) }
  }

  /// Writes one file or several, and returns their paths.
  private func writeGobbet(
    _ source: some TensorSource, _ vocabulary: Vocabulary?, _ progress: (Int) throws -> Void
  ) throws -> [String] {
    let shards = source.shards(of: shardByteCount ?? .max)
    let paths = shards.count == 1 ? [path] : ShardName(path, count: shards.count).paths
    var done = 0
    for (shard, path) in zip(shards, paths) {
      var writer = try WeightsWriter(
        path: path, metadata: source.metadata, vocabulary: vocabulary, codec: codec,
        replacing: replacing)
      try writer.append(contentsOf: shard) { try progress(done + $0) }
      try writer.finish()
      done += shard.tensors.reduce(0) { $0 + $1.byteCount }
    }
    return paths
  }

  /// Reads everything back from the disk and compares it with the source, where names and elements
  /// are the same; a file that differs is removed.
  private func verify(_ source: some TensorSource, _ paths: [String]) throws {
    guard let written = try WeightsInput(recognizing: paths[0]) else {
      throw LoadingError(path: paths[0], reason: "is not what was written")
    }
    let names = TensorNames(source)
    do {
      for tensor in written.source.tensors {
        guard names[tensor.name] == tensor else {
          // Another type or another name: whether it can be read is all that is to be seen.
          try written.source.forEachPiece(of: tensor) { _ in }
          continue
        }
        guard try written.source.isEqual(to: source, in: tensor) else {
          throw LoadingError(
            path: paths[0], reason: "tensor \(tensor.name) is not what was written")
        }
      }
      guard written.source.tensors.count == source.tensors.count else {
        throw LoadingError(path: paths[0], reason: "lacks tensors that were written")
      }
    } catch {
      for path in paths { try? removeFile(path) }
      throw error
    }
  }
}
