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
    switch format {
    case .gobbet: try writeGobbet(source, vocabulary, report)
    case .safetensors where shardByteCount == nil:
      try writeFile(source) { path, replacing in
        try SafetensorsWriter.write(source, to: path, replacing: replacing, progress: report)
      }
    case .safetensors, .safetensorsIndex:
      try SafetensorsIndex.write(
        source, to: format == .safetensors ? path + ".index.json" : path,
        shardByteCount: shardByteCount ?? 5_000_000_000, replacing: replacing,
        check: { if verifies { try verify(source, $0) } }, progress: report)
    case .gguf:
      try writeFile(source) { path, replacing in
        if let model {
          try model.writeGGUF(
            to: path, as: ggufType, vocabulary: vocabulary, replacing: replacing,
            progress: report)
        } else {
          try GGUFWriter.write(
            source, to: path,
            values: source.metadata.filter { $0.0 != "general.alignment" }.map {
              ($0.0, .string($0.1))
            },
            as: ggufType, replacing: replacing, progress: report)
        }
      }
    case .llmC:
      guard let model else {
        throw LoadingError(path: path, reason: "llm.c has a place for a GPT-2 only")
      }
      try writeFile(source) { path, replacing in
        try LLMCCheckpoint.write(model, to: path, replacing: replacing)
      }
    case .npy:
      guard source.tensors.count == 1, let tensor = source.tensors.first else {
        throw LoadingError(
          path: path, reason: "npy has a place for one tensor, not \(source.tensors.count)")
      }
      try writeFile(source) { path, replacing in
        try NumPyWriter.write(tensor, of: source, to: path, replacing: replacing)
      }
    case .npz:
      try writeFile(source) { path, replacing in
        try NumPyWriter.write(source, to: path, replacing: replacing, progress: report)
      }
    case .tiktoken, .tokenizerJSON, .vocabularyAndMerges:
      preconditionFailure("WeightsOutput: a format for vocabularies")
    }
  }

  /// Has `body` write a file, and looks at it, if that was asked for, before it is put in place.
  private func writeFile(
    _ source: some TensorSource, _ body: (_ path: String, _ replacing: Bool) throws -> Void
  ) throws {
    guard verifies else { return try body(path, replacing) }
    let files = try FileSet([path], replacing: replacing)
    try body(files.stagedPath(0), true)
    try verify(source, files.stagedPath(0))
    try files.commit()
  }

  /// Writes one file, or several that take the places of older ones together.
  private func writeGobbet(
    _ source: some TensorSource, _ vocabulary: Vocabulary?, _ progress: (Int) throws -> Void
  ) throws {
    let shards = source.shards(of: shardByteCount ?? .max)
    if shards.count == 1 {
      return try writeFile(source) { path, replacing in
        var writer = try WeightsWriter(
          path: path, metadata: source.metadata, vocabulary: vocabulary, codec: codec,
          replacing: replacing)
        try writer.append(contentsOf: shards[0], progress: progress)
        try writer.finish()
      }
    }
    let files = try FileSet(ShardName(path, count: shards.count).paths, replacing: replacing)
    var place: WeightSetPlace? = WeightSetPlace(firstOf: shards.count)
    var done = 0
    for (index, shard) in shards.enumerated() {
      let path = files.stagedPath(index)
      var writer = try WeightsWriter(
        path: path, metadata: source.metadata, vocabulary: vocabulary, codec: codec,
        replacing: true, setPlace: place)
      try writer.append(contentsOf: shard) { try progress(done + $0) }
      try writer.finish()
      done += shard.tensors.reduce(0) { $0 + $1.byteCount }
      place = try WeightsReader(path: path).setPlaceBehind()
    }
    if verifies { try verify(source, files.stagedPath(0)) }
    try files.commit()
  }

  /// Reads the file at `staged`, and those that belong to it, back from the disk and compares them
  /// with the source, where names and elements are the same.
  private func verify(_ source: some TensorSource, _ staged: String) throws {
    guard let written = try WeightsInput(recognizing: staged) else {
      throw LoadingError(path: path, reason: "is not what was written")
    }
    for tensor in written.source.tensors {
      guard source.tensor(named: tensor.name) == tensor else {
        // Another type or another name: whether it can be read is all that is to be seen.
        try written.source.forEachPiece(of: tensor) { _ in }
        continue
      }
      guard try written.source.isEqual(to: source, in: tensor) else {
        throw LoadingError(path: path, reason: "tensor \(tensor.name) is not what was written")
      }
    }
    guard written.source.tensors.count == source.tensors.count else {
      throw LoadingError(path: path, reason: "lacks tensors that were written")
    }
  }
}
