internal import GobbetBPE
internal import GobbetData
internal import GobbetInterchange
internal import GobbetSystem

/// Where weights go, and how.
struct WeightsOutput {
  let path: String
  let format: ConversionFormat
  let conversion: FileConversion
  let replacing: Bool
  /// The vocabulary that goes into the file, or beside it.
  let vocabulary: Vocabulary?

  /// Writes a model: as every format wants a GPT-2's.
  func write(_ model: GPT2Weights, _ progress: FileConversion.Progress) throws {
    let total = model.tensors.reduce(0) { $0 + $1.byteCount }
    func report(_ byteCount: Int) throws { try progress(byteCount, total) }
    switch format {
    case .gguf:
      try model.writeGGUF(
        to: path, as: ggufType, vocabulary: vocabulary, replacing: replacing, progress: report)
      try verify([path], model)
    case .llmC:
      try neighbours(nil, nil).write {
        try LLMCCheckpoint.write(
          model, to: path, as: conversion.elementType, replacing: replacing)
      }
      try verify([path], model)
    case .safetensors, .safetensorsIndex, .npz:
      try write(
        converted(GPT2Weights.underHuggingFaceNames(model)), model.configuration, progress)
    default:
      try write(converted(model), model.configuration, progress)
    }
  }

  /// Writes any other weights, as they are.
  func write(_ source: some TensorSource, _ progress: FileConversion.Progress) throws {
    if format == .gguf {
      let total = source.tensors.reduce(0) { $0 + $1.byteCount }
      try GGUFWriter.write(
        source, to: path, vocabulary: vocabulary, as: ggufType, replacing: replacing
      ) { try progress($0, total) }
      return try verify([path], source)
    }
    try write(converted(source), nil, progress)
  }

  /// How GGUF stores matrices.
  private var ggufType: GGUFType? {
    conversion.ggufType ?? conversion.elementType.flatMap { GGUFType($0) }
  }

  private func converted(_ source: some TensorSource) throws -> any TensorSource {
    guard let elementType = conversion.elementType else { return source }
    return try ConvertedWeights(source, as: elementType)
  }

  private func neighbours(
    _ configuration: GPT2Configuration?, _ elementType: ElementType?
  ) throws -> OutputNeighbours {
    try OutputNeighbours(
      of: path, configuration: format.hasNeighbours ? configuration : nil,
      vocabulary: format.hasNeighbours ? vocabulary : nil, elementType: elementType,
      replacing: replacing)
  }

  /// Writes tensors under the names and with the elements that they have.
  private func write(
    _ source: any TensorSource, _ configuration: GPT2Configuration?,
    _ progress: FileConversion.Progress
  ) throws {
    let neighbours = try neighbours(configuration, source.tensors.first?.elementType)
    try neighbours.write { try write(any: source, progress) }
  }

  private func write(
    any source: some TensorSource, _ progress: FileConversion.Progress
  ) throws {
    let total = source.tensors.reduce(0) { $0 + $1.byteCount }
    func report(_ byteCount: Int) throws { try progress(byteCount, total) }
    var paths = [path]
    switch format {
    case .gobbet:
      paths = try writeGobbet(source, report)
    case .safetensors where conversion.shardByteCount == nil:
      try SafetensorsWriter.write(source, to: path, replacing: replacing, progress: report)
    case .safetensors, .safetensorsIndex:
      if format == .safetensors { paths = [path + ".index.json"] }
      try SafetensorsIndex.write(
        source, to: paths[0], shardByteCount: conversion.shardByteCount ?? 5_000_000_000,
        replacing: replacing, progress: report)
    case .npy:
      guard source.tensors.count == 1, let tensor = source.tensors.first else {
        throw LoadingError(
          path: path, reason: "npy has a place for one tensor, not \(source.tensors.count)")
      }
      try NumPyWriter.write(tensor, of: source, to: path, replacing: replacing)
    case .npz: try NumPyWriter.write(source, to: path, replacing: replacing, progress: report)
    case .llmC: throw LoadingError(path: path, reason: "llm.c has a place for a GPT-2 only")
    case .gguf, .tiktoken, .tokenizerJSON, .vocabularyAndMerges:
      throw LoadingError(path: path, reason: "\(format.rawValue) does not hold such tensors")
    }
    try verify(paths, source)
  }

  /// Writes one file or several, and returns their paths.
  private func writeGobbet(
    _ source: some TensorSource, _ progress: (Int) throws -> Void
  ) throws -> [String] {
    let shards = source.shards(of: conversion.shardByteCount ?? .max)
    let paths = shards.count == 1 ? [path] : ShardName(path, count: shards.count).paths
    var done = 0
    for (shard, path) in zip(shards, paths) {
      var writer = try WeightsWriter(
        path: path, metadata: source.metadata, vocabulary: vocabulary,
        codec: conversion.codec ?? .compact, replacing: replacing)
      try writer.append(contentsOf: shard) { try progress(done + $0) }
      try writer.finish()
      done += shard.tensors.reduce(0) { $0 + $1.byteCount }
    }
    return paths
  }

  /// Reads everything back from the disk and compares it with the source, where elements are the same;
  /// a file that differs is removed.
  private func verify(_ paths: [String], _ source: some TensorSource) throws {
    guard conversion.verifies else { return }
    do {
      guard let input = try WeightsInput(recognizing: paths[0]) else {
        throw LoadingError(path: paths[0], reason: "is not what was written")
      }
      try verify(try written(input, source), source, paths[0])
    } catch {
      for path in paths { try? removeFile(path) }
      throw error
    }
  }

  /// What was written, under the names of the source.
  private func written(
    _ input: WeightsInput, _ source: some TensorSource
  ) throws -> any TensorSource {
    guard source is GPT2Weights, format == .gguf || format == .llmC else { return input.source }
    func model(_ written: some TensorSource) throws -> any TensorSource {
      let model = try GPT2Weights(written, configuration: input.configuration(of: written))
      guard let model else {
        throw LoadingError(path: path, reason: "holds another model than was written")
      }
      return model
    }
    return try model(input.source)
  }

  private func verify(
    _ written: any TensorSource, _ source: some TensorSource, _ path: String
  ) throws {
    for tensor in written.tensors {
      guard source.tensor(named: tensor.name) == tensor else {
        // Elements of another type: whether they can be read is all that is to be seen.
        try written.forEachPiece(of: tensor) { _ in }
        continue
      }
      guard try written.isEqual(to: source, in: tensor) else {
        throw LoadingError(path: path, reason: "tensor \(tensor.name) is not what was written")
      }
    }
    guard written.tensors.count == source.tensors.count else {
      throw LoadingError(path: path, reason: "lacks tensors that were written")
    }
  }
}
