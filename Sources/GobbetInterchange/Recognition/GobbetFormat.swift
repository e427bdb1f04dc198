internal import GobbetBPE
internal import GobbetData
internal import GobbetFile

extension FileFormat {
  /// A Gobbet file.
  public static let gobbet: FileFormat = {
    var format = FileFormat("gobbet")
    format.endings = [".gobbet"]
    format.noun = "a Gobbet file"
    format.advice = "gobbet inspect says what it holds"
    format.recognizes = { beginsAsGobbet($0.start) }
    format.vocabularies = Vocabularies(
      read: { file, _ in try Vocabulary(file.container()) },
      write: { try $0.write(to: $1, replacing: $2) })
    var weights = Weights { file, choice in
      guard try FileHoldings(file.container()).weights else { return nil }
      let paths = choice.alone ? [file.path] : ShardName(file.path)?.paths ?? [file.path]
      let readers = try paths.map {
        try WeightsReader(file.file(at: $0).container(), beside: file.openContainers)
      }
      try WeightShards.checkSet(readers, isWhole: !choice.alone)
      let source: any TensorSource = readers.count == 1 ? readers[0] : try WeightShards(readers)
      return WeightsInput(file, .gobbet, source, .container(readers[0]))
    }
    weights.sink = {
      try WeightsSink(
        path: $0.path, tensors: $0.tensors, metadata: $0.metadata, vocabulary: nil,
        codec: .compact, replacing: $0.replacing)
    }
    weights.holdsMetadata = true
    weights.mayBeSeveralFiles = true
    weights.storesBlocks = true
    format.weights = weights
    return format
  }()

  /// Whether the file is one of ours, or was one before a transfer changed or cut it: the container's
  /// reader says what is wrong.
  private static func beginsAsGobbet(_ start: [UInt8]) -> Bool {
    let letters = gobbetMagic[1..<4]
    return !start.isEmpty && start.dropFirst().starts(with: letters.prefix(start.count - 1))
      && start[0] & 0x7F == gobbetMagic[0] & 0x7F
  }
}
