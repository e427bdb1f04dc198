internal import GobbetBPE
internal import GobbetData
internal import GobbetFile
internal import GobbetInterchange
internal import GobbetSystem

extension FileConversion {
  /// Writes tensors that came out of `input`, or were made of those.
  ///
  /// Weights of a GPT-2 go under the names that the format has for them, any others as they are.
  ///
  /// GGUF's blocks are kept where the format has them and nothing is computed from them: a GPT-2's
  /// matrices are turned round, which widens them. A GGUF file that becomes another with the vocabulary
  /// that it has keeps all its names and all that it says.
  func write(
    _ input: WeightsInput, _ blocks: some TensorSource, to path: String,
    format: FileFormat, replacing: Bool, progress: Progress
  ) throws -> Result {
    try check(format, .weights)
    let blocks = try resized(blocks, input)
    return try write(
      input, resized: blocks, to: path, format: format, replacing: replacing, progress: progress)
  }

  private func write(
    _ input: WeightsInput, resized blocks: some TensorSource, to path: String,
    format: FileFormat, replacing: Bool, progress: Progress
  ) throws -> Result {
    if format == .gguf, vocabulary == nil, let reader = input.source as? GGUFReader {
      return try rewrite(reader, blocks, to: path, replacing: replacing, progress: progress)
    }
    var notes: [String] = []
    let elements = try blocks.widened()
    let model = try model(elements, input, format, &notes)
    let keepsBlocks = model == nil && format.storesBlocks
    let source: any TensorSource = keepsBlocks ? blocks : elements
    return try write(
      input, source, model, to: path, format: format,
      replacing: replacing, notes: notes, progress: progress)
  }

  /// Writes tensors that came out of a GGUF file to another, with its metadata as they stand there.
  private func rewrite(
    _ reader: GGUFReader, _ source: some TensorSource, to path: String, replacing: Bool,
    progress: Progress
  ) throws -> Result {
    var output = WeightsOutput(
      path: path, format: .gguf, conversion: self, replacing: replacing, vocabulary: nil)
    let isKept =
      output.storedElements == .kept && Set(reader.tensors).isSuperset(of: source.tensors)
    output.ggufValues = GGUFWriter.values(
      keeping: reader.values, storing: output.storedElements, keepsTypes: isKept)
    try output.write(source, progress)
    return Result(
      content: .weights(
        tensorCount: source.tensors.count, dialect: nil,
        embedsVocabulary: reader.keys.contains("tokenizer.ggml.tokens")),
      notes: try otherTypes(than: output.storedElements, in: path))
  }

  private func write(
    _ input: WeightsInput, _ source: some TensorSource, _ model: GPT2Weights?, to path: String,
    format: FileFormat, replacing: Bool, notes: [String], progress: Progress
  ) throws -> Result {
    var notes = notes
    let chosen = try chosenVocabulary(input, model, path, format, &notes)
    if input.format == .gobbet { notes += try leftOut(of: input.file, [.weights, .vocabulary]) }
    let family = model == nil ? try familyConfiguration(of: input) : nil
    let generation = family == nil ? nil : try generationConfiguration(of: input)
    let familyModel =
      format == .gguf ? try ggufModel(of: family, generation, input, to: path) : nil
    let embedded =
      familyModel == nil ? chosen : try ggufVocabulary(chosen, input, to: path, &notes)
    if format == .gguf, let embedded { notes += omissions(of: embedded, in: format) }
    let output = WeightsOutput(
      path: path, format: format, conversion: self, replacing: replacing, vocabulary: embedded,
      familyConfiguration: family, generationConfiguration: generation)
    var tensorCount = (model?.tensors ?? source.tensors).count
    // Ids of another vocabulary mean nothing beside the one that is given.
    let isForeign = { (pair: (String, String)) in pair.0.hasPrefix("tokenizer.") }
    if vocabulary != nil, source.metadata.contains(where: isForeign) {
      let own = source.metadata.filter { !isForeign($0) }
      notes.append("the metadata of the other vocabulary (tokenizer.…) is left out")
      if model != nil {
        let cleaned = try RenamedWeights(source, metadata: own)
        let model = try GPT2Weights(cleaned, configuration: configuration(of: source, input))
        if let model { try output.write(model, progress) }
      } else {
        try output.write(try RenamedWeights(source, metadata: own), progress)
      }
    } else if let model {
      try output.write(model, progress)
    } else if let familyModel {
      tensorCount = try output.write(familyModel, source.widened(), progress)
    } else if let family {
      let others = source.metadata.filter {
        $0.0 != FamilyModel.metadataKey && $0.0 != FamilyModel.generationKey
      }
      var own: [(String, String)] = []
      if format == .gobbet {
        own.append((FamilyModel.metadataKey, family))
        if let generation { own.append((FamilyModel.generationKey, generation)) }
      }
      try output.write(try RenamedWeights(source, metadata: others + own), progress)
    } else {
      try output.write(source, progress)
    }
    notes += try otherTypes(than: output.storedElements, in: path)
    notes += activationNotes(
      model?.configuration.activation ?? familyModel?.architecture.activation, format)
    notes += try omissions(of: source, model, input, path, format, keepsFamily: family != nil)
    return Result(
      content: .weights(
        tensorCount: tensorCount, dialect: model?.dialect, embedsVocabulary: embedded != nil),
      notes: notes)
  }

  /// The text of the `config.json` of a model of a family that is computed: in the metadata of a Gobbet
  /// file, or beside the weights; nil if there is none.
  private func familyConfiguration(of input: WeightsInput) throws -> String? {
    guard let text = try readFamilyConfiguration(of: input), let resizing else {
      return try readFamilyConfiguration(of: input)
    }
    return try VocabularyRows.configuration(text, withVocabularySize: resizing.total)
  }

  /// The same as it is in the input.
  func readFamilyConfiguration(of input: WeightsInput) throws -> String? {
    if let text = input.source.metadata(forKey: FamilyModel.metadataKey) { return text }
    guard let file = try input.configurationFile, (try? FamilyModel(file)) ?? nil != nil
    else { return nil }
    // What is written is quantised no more.
    return try QuantizationConfig.removed(
      from: String(decoding: file.bytes(limit: 1 << 24), as: UTF8.self))
  }

  /// The text of the `generation_config.json` that goes with it; nil if there is none.
  private func generationConfiguration(of input: WeightsInput) throws -> String? {
    if let text = input.source.metadata(forKey: FamilyModel.generationKey) { return text }
    return try input.generationConfigurationFile.map {
      String(decoding: try $0.bytes(limit: 1 << 24), as: UTF8.self)
    }
  }

  /// The model of a family, which llama.cpp must know to compute; nil if it is of none.
  private func ggufModel(
    of family: String?, _ generation: String?, _ input: WeightsInput, to path: String
  ) throws -> FamilyModel? {
    guard let family,
      var model = try FamilyModel(json: Array(family.utf8), path: input.path)
    else { return nil }
    if let generation {
      model.textEnds.add(try TextEnds(json: Array(generation.utf8), path: input.path))
    }
    try model.requireGGUF(path: path)
    return model
  }

  /// The vocabulary; nil, with a note, for one that came with the weights and that llama.cpp has no words
  /// for.
  private func ggufVocabulary(
    _ vocabulary: Vocabulary?, _ input: WeightsInput, to path: String, _ notes: inout [String]
  ) throws -> Vocabulary? {
    guard let vocabulary else { return nil }
    do {
      _ = try GGUFVocabulary.values(
        of: vocabulary, rowCount: nil, name: input.source.metadata(forKey: "general.name"),
        path: path)
      return vocabulary
    } catch {
      guard self.vocabulary == nil else { throw error }
      notes.append("the vocabulary is left out: \(error)")
      return nil
    }
  }

  /// The source as a GPT-2; nil if it is another model, or what is said of it is of another model and
  /// the format can do without.
  private func model(
    _ source: some TensorSource, _ input: WeightsInput, _ format: FileFormat,
    _ notes: inout [String]
  ) throws -> GPT2Weights? {
    if format == .npy { return nil }
    let isNeeded =
      switch format {
      case .npz, .safetensors, .safetensorsIndex: false
      // As it was, it is without a configuration, too.
      case .gobbet: input.format != .gobbet
      default: true
      }
    do {
      return try GPT2Weights(source, configuration: configuration(of: source, input))
    } catch let error as InterchangeError where !isNeeded {
      notes.append("tensors keep their names and no config.json is written: \(error)")
      return nil
    }
  }

  /// What is said of a GPT-2's sizes; ids of a vocabulary that is replaced are none any more.
  private func configuration(
    of source: some TensorSource, _ input: WeightsInput
  ) throws -> GPT2Configuration {
    var configuration = try input.configuration(of: source)
    if let resizing { configuration.vocabularySize = resizing.total }
    if vocabulary != nil, !input.hasNeighbours, (try? input.vocabulary) != nil {
      configuration.beginningOfTextID = nil
      configuration.endOfTextID = nil
    }
    return configuration
  }

  /// The vocabulary that goes with the weights: the one that is given, or what came with them.
  private func chosenVocabulary(
    _ input: WeightsInput, _ model: GPT2Weights?, _ path: String, _ format: FileFormat,
    _ notes: inout [String]
  ) throws -> Vocabulary? {
    let rowCount = model?.configuration.vocabularySize
    func misfit(_ vocabulary: Vocabulary) -> String? {
      guard let rowCount, vocabulary.idBound > rowCount else { return nil }
      return "the vocabulary has \(vocabulary.idBound.counted("id")), "
        + "the embedding \(rowCount.counted("row"))"
    }
    if let vocabulary {
      if let misfit = misfit(vocabulary) { throw LoadingError(path: input.path, reason: misfit) }
      return vocabulary
    }
    // Where it lies beside the weights and they stay in its folder, it lies beside the new ones, too.
    let staysBeside =
      input.hasNeighbours && format.hasNeighbours
      && isSamePlace(input.vocabularyPath, siblingPath("tokenizer.json", of: path))
    do {
      guard let found = try input.vocabulary else { return nil }
      if format == .npy {
        notes.append("the vocabulary is left out: npy has no place for it")
        return nil
      }
      if let misfit = misfit(found) {
        if !staysBeside { notes.append("the vocabulary is left out: \(misfit)") }
        return nil
      }
      return staysBeside ? nil : found
    } catch let error where input.format != .gobbet {
      guard error is InterchangeError || error is FileError || error is LoadingError else {
        throw error
      }
      if staysBeside { return nil }
      let isKept = input.keepsVocabularyInMetadata && format.holdsMetadata
      notes.append("the vocabulary is \(isKept ? "kept as metadata only" : "left out"): \(error)")
      return nil
    }
  }

  /// What the program that a file is for computes otherwise: a line, if anything.
  private func activationNotes(
    _ activation: Architecture.Activation?, _ format: FileFormat
  ) -> [String] {
    guard activation == .geluErf, format == .gguf || format == .llmC else { return [] }
    let program = format == .gguf ? "llama.cpp" : "llm.c"
    return ["\(program) computes GELU with tanh, within 5e-4 of this model's exact one"]
  }

  /// The matrices of the file at `path` that have another type than was asked for.
  private func otherTypes(than stored: StoredElements, in path: String) throws -> [String] {
    // Weights in several files are under other names.
    guard let asked = stored.blockTypes, exists(path),
      let written = try WeightsInput(recognizing: path)
    else { return [] }
    let others = written.source.tensors.filter {
      $0.shape.count > 1 && $0.elementType.isFloatingPoint && !asked.contains($0.elementType)
    }
    guard let first = others.first else { return [] }
    let more = others.count > 1 ? " and \(others.count - 1) more" : ""
    return [
      "matrices of another type than was asked for, since llama.cpp leaves such names as they are or "
        + "takes that type where rows aren't whole blocks: \(first.name.cropped()) "
        + "(\(first.elementType.name))\(more)"
    ]
  }

  /// What of a source has no place in a format.
  private func omissions(
    of source: some TensorSource, _ model: GPT2Weights?, _ input: WeightsInput, _ path: String,
    _ format: FileFormat, keepsFamily: Bool
  ) throws -> [String] {
    var notes: [String] = []
    let others =
      (input.source as? PyTorchReader)?.otherKeys
      ?? (input.source as? DistributedCheckpoint)?.otherKeys ?? []
    if !others.isEmpty {
      let more = others.count > 6 ? " and \(others.count - 6) more" : ""
      notes.append(
        "what is beside the tensors is left out: " + others.prefix(6).joined(separator: ", ") + more
      )
    }
    if let model {
      if let first = model.maskNames.first {
        notes.append("\(model.maskNames.count) causal masks are left out: \(first) and so on")
      }
      if [.npz, .safetensors, .safetensorsIndex].contains(format),
        try !hasTheNames(of: model.underHuggingFaceNames(), source, model.dialect)
      {
        notes.append("tensors are written under Hugging Face's names and in its layouts")
      }
    } else if keepsFamily, format == .gobbet || format == .gguf || format.hasNeighbours {
      // It is in the metadata, or beside the weights.
    } else if input.hasNeighbours, exists(input.configurationPath),
      !(format.hasNeighbours
        && isSamePlace(input.configurationPath, siblingPath("config.json", of: path)))
    {
      var reason = "this kind of model isn't known here"
      if keepsFamily { reason = "\(format) has no place for it" }
      do {
        _ = try input.configurationFile.flatMap { try FamilyModel($0) }
      } catch {
        reason = "\(error)"
      }
      notes.append("\(input.configurationPath) is left out: \(reason)")
    } else if input.format == .gguf, format.hasNeighbours {
      notes.append("tensors keep GGUF's names: only those of a GPT-2 are known in other formats")
    }
    if !format.holdsMetadata {
      let known = [
        GPT2Configuration.metadataKey, FamilyModel.metadataKey, FamilyModel.generationKey,
        "gguf.types", "format",
      ]
      let keys = source.metadata.map(\.0).filter { key in
        // A GPT-2's sizes go into its configuration.
        !known.contains(key) && key != GPT2Weights.namePrefixKey
          && !(model != nil && Self.isInConfiguration(key))
      }
      if !keys.isEmpty {
        let more = keys.count > 4 ? " and \(keys.count - 4) more" : ""
        notes.append(
          "\(format) has no place for metadata; left out: "
            + keys.prefix(4).joined(separator: ", ") + more)
      }
    }
    return notes
  }

  /// Whether a key of GGUF's says what a GPT-2's configuration says.
  private static func isInConfiguration(_ key: String) -> Bool {
    key == "general.architecture" || key.hasPrefix("gpt2.")
      || key == "tokenizer.ggml.bos_token_id" || key == "tokenizer.ggml.eos_token_id"
  }

  /// What else a Gobbet file holds that a conversion does not take over.
  func leftOut(of file: OpenedFile, _ taken: Set<GobbetContent>) throws -> [String] {
    guard try file.format() == .gobbet else { return [] }
    let (path, container) = (file.path, try file.container())
    let holdings = FileHoldings(container)
    var notes: [String] = []
    if holdings.tokens { notes.append("the tokens in \(path) are left out") }
    if holdings.counts { notes.append("the counts in \(path) are left out") }
    if holdings.weights, !taken.contains(.weights) {
      notes.append("the weights in \(path) are left out")
    }
    if !holdings.weights, try container.metadata() != nil {
      notes.append("the metadata of \(path) is left out")
    }
    if container.section(.signature) != nil {
      notes.append(
        "the signature of \(path) is left out: it signs the file, not its content")
    }
    return notes
  }

  /// What of a Gobbet file a conversion takes over.
  enum GobbetContent { case vocabulary, weights }
}

/// Whether tensors that are written have the names and layouts that they had.
private func hasTheNames(
  of written: some TensorSource, _ source: some TensorSource, _ dialect: GPT2Dialect
) -> Bool {
  let names = Set(source.tensors.map { Array($0.name.utf8) })
  return dialect == .huggingFace
    && written.tensors.allSatisfy { names.contains(Array($0.name.utf8)) }
}

/// Whether two paths name the same place, whether there is a file or not.
private func isSamePlace(_ first: String, _ second: String) -> Bool {
  if first.utf8.elementsEqual(second.utf8) { return true }
  guard let one = try? FileStatus(of: first), let other = try? FileStatus(of: second) else {
    return false
  }
  return one.identity == other.identity
}
