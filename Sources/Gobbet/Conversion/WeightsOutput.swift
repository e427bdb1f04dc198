internal import GobbetBPE
internal import GobbetData
internal import GobbetInterchange
internal import GobbetSystem

/// Where weights go, and how.
struct WeightsOutput {
  let path: String
  let format: FileFormat
  let conversion: FileConversion
  let replacing: Bool
  /// The vocabulary that goes into the file, or beside it.
  let vocabulary: Vocabulary?
  /// The text of the `config.json` of a model that isn't a GPT-2, which goes beside the file.
  var familyConfiguration: String?
  /// The text of its `generation_config.json`.
  var generationConfiguration: String?
  /// What a GGUF file says in front of its tensors; nil to make it of the metadata and the vocabulary.
  var ggufValues: [(key: String, value: GGUFValue)]?

  /// Writes a model: as every format wants a GPT-2's.
  func write(_ model: GPT2Weights, _ progress: FileConversion.Progress) throws {
    let total = model.tensors.reduce(0) { $0 + $1.byteCount }
    func report(_ byteCount: Int) throws { try progress(byteCount, total) }
    switch format {
    case .gguf:
      try writeFile(model) { path, replacing in
        try model.writeGGUF(
          to: path, storing: storedElements, vocabulary: vocabulary, replacing: replacing,
          progress: report)
      }
    case .llmC:
      try neighbours(nil, nil).write {
        try writeFile(model) { path, replacing in
          try LLMCCheckpoint.write(
            model, to: path, as: conversion.elementType, replacing: replacing)
        }
      }
    case .safetensors, .safetensorsIndex, .npz:
      try write(converted(model.underHuggingFaceNames()), model.configuration, progress)
    case .gobbet:
      try write(converted(model.rememberingNamePrefix()), model.configuration, progress)
    default:
      try write(converted(model), model.configuration, progress)
    }
  }

  /// Writes a model of a family as GGUF has it, and returns how many tensors that are: parts that are one
  /// there may be several in the source.
  func write(
    _ model: FamilyModel, _ source: some TensorSource, _ progress: FileConversion.Progress
  ) throws -> Int {
    let tensors = try model.ggufTensors(in: source, path: path)
    try write(model, source, tensors, progress)
    return tensors.tensors.count
  }

  private func write(
    _ model: FamilyModel, _ source: some TensorSource, _ tensors: some TensorSource,
    _ progress: FileConversion.Progress
  ) throws {
    let total = source.tensors.reduce(0) { $0 + $1.byteCount }
    func report(_ byteCount: Int) throws { try progress(min(byteCount, total), total) }
    try writeFile(tensors) { path, replacing in
      try model.writeGGUF(
        source, to: path, storing: storedElements, vocabulary: vocabulary, replacing: replacing,
        progress: report)
    }
  }

  /// Writes any other weights, as they are.
  func write(_ source: some TensorSource, _ progress: FileConversion.Progress) throws {
    if format == .gguf {
      let total = source.tensors.reduce(0) { $0 + $1.byteCount }
      return try writeFile(source) { path, replacing in
        let report = { byteCount in try progress(byteCount, total) }
        if let ggufValues {
          return try GGUFWriter.write(
            source, to: path, values: ggufValues, storing: storedElements, replacing: replacing,
            progress: report)
        }
        try GGUFWriter.write(
          source, to: path, vocabulary: vocabulary, storing: storedElements, replacing: replacing,
          progress: report)
      }
    }
    try write(converted(source), nil, progress)
  }

  /// How elements are stored by formats that have blocks.
  var storedElements: StoredElements {
    if let preset = conversion.quantization { return .preset(preset) }
    let type = conversion.ggufType ?? conversion.elementType.flatMap { GGUFType($0) }
    return type.map(StoredElements.matrices) ?? .kept
  }

  private func converted(_ source: some TensorSource) throws -> any TensorSource {
    if conversion.quantization != nil || conversion.ggufType != nil {
      return try source.storing(storedElements, path: path)
    }
    guard let elementType = conversion.elementType else { return source }
    return try ConvertedWeights(source, as: elementType)
  }

  private func neighbours(
    _ configuration: GPT2Configuration?, _ elementType: ElementType?
  ) throws -> OutputNeighbours {
    try OutputNeighbours(
      of: path, configuration: format.hasNeighbours ? configuration : nil,
      familyConfiguration: format.hasNeighbours ? familyConfiguration : nil,
      generationConfiguration: format.hasNeighbours ? generationConfiguration : nil,
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
    switch format {
    case .gobbet: try writeGobbet(source, report)
    case .safetensors where conversion.shardByteCount != nil, .safetensorsIndex:
      try SafetensorsIndex.write(
        source, to: format == .safetensors ? path + ".index.json" : path,
        shardByteCount: conversion.shardByteCount ?? 5_000_000_000, replacing: replacing,
        check: { if conversion.verifies { try verify(source, $0) } }, progress: report)
    default:
      try writeFile(source) { path, replacing in
        let sink = try format.sink(
          source.tensors, metadata: source.metadata, at: path, replacing: replacing)
        try source.write(to: sink, progress: report)
      }
    }
  }

  /// Has `body` write a file, and looks at it, if that was asked for, before it is put in place.
  private func writeFile(
    _ source: some TensorSource, _ body: (_ path: String, _ replacing: Bool) throws -> Void
  ) throws {
    guard conversion.verifies else { return try body(path, replacing) }
    let files = try FileSet([path], replacing: replacing)
    try body(files.stagedPath(0), true)
    try verify(source, files.stagedPath(0))
    try files.commit()
  }

  /// Writes one file, or several that take the places of older ones together.
  private func writeGobbet(
    _ source: some TensorSource, _ progress: (Int) throws -> Void
  ) throws {
    let codec = conversion.codec ?? .compact
    let shards = source.shards(of: conversion.shardByteCount ?? .max)
    if shards.count == 1 {
      let base = try conversion.base.map { try openedBase($0) }
      return try writeFile(source) { path, replacing in
        let sink = try WeightsSink(
          path: path, tensors: source.tensors, metadata: source.metadata, vocabulary: vocabulary,
          codec: codec, base: base, replacing: replacing)
        try source.write(to: sink, progress: progress)
      }
    }
    let files = try FileSet(ShardName(path, count: shards.count).paths, replacing: replacing)
    var place: WeightSetPlace? = WeightSetPlace(firstOf: shards.count)
    var done = 0
    for (index, shard) in shards.enumerated() {
      let path = files.stagedPath(index)
      let sink = try WeightsSink(
        path: path, tensors: shard.tensors, metadata: source.metadata, vocabulary: vocabulary,
        codec: codec, replacing: true, setPlace: place)
      try shard.write(to: sink) { try progress(done + $0) }
      done += shard.tensors.reduce(0) { $0 + $1.byteCount }
      place = try WeightsReader(path: path).setPlaceBehind()
    }
    if conversion.verifies { try verify(source, files.stagedPath(0)) }
    try files.commit()
  }

  /// Opens the checkpoint that the output is stored as differences from.
  ///
  /// - Throws: `LoadingError` unless it is another file in the output's folder; `FileError`;
  ///   `FormatError`.
  private func openedBase(_ base: String) throws -> WeightsReader {
    func folder(_ path: String) throws -> FileStatus.Identity {
      try FileStatus(of: siblingPath(".", of: path)).identity
    }
    let reader = try WeightsReader(path: base)
    if exists(path), try FileStatus(of: path).identity == FileStatus(of: base).identity {
      throw LoadingError(path: path, reason: "would be its own base; give it another name")
    }
    guard try folder(base) == folder(path) else {
      throw LoadingError(
        path: base, reason: "has to lie in the folder of \(path), where readers look for the base")
    }
    return reader
  }

  /// Reads the file at `staged`, and those that belong to it, back from the disk and compares them
  /// with the source, where elements are the same.
  private func verify(_ source: some TensorSource, _ staged: String) throws {
    if let base = conversion.base {
      return try verify(WeightsReader(path: staged, base: WeightsReader(path: base)), source)
    }
    guard let input = try WeightsInput(recognizing: staged) else {
      throw LoadingError(path: path, reason: "is not what was written")
    }
    try verify(try written(input, source), source)
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
    _ written: any TensorSource, _ source: some TensorSource
  ) throws {
    let names = TensorNames(source)
    for tensor in written.tensors {
      guard names[tensor.name] == tensor else {
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
