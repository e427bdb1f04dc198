internal import GobbetBPE
internal import GobbetData
internal import GobbetFile
internal import GobbetInterchange
internal import GobbetSystem
internal import Synchronization

/// Where shards go.
struct PackingDestination: Sendable {
  /// Whether files of their names are replaced.
  let replaces: Bool
  /// Whether a file of bad lines is replaced.
  let replacesBadLines: Bool
  /// Whether each shard says what documents it was made of, which resuming needs.
  let keepsRecords: Bool
  /// The path of a shard of a split.
  let path: @Sendable (_ shard: Int, _ split: DatasetSplit) -> String

  init(
    replaces: Bool, replacesBadLines: Bool, keepsRecords: Bool = false,
    path: @escaping @Sendable (_ shard: Int, _ split: DatasetSplit) -> String
  ) {
    self.replaces = replaces
    self.replacesBadLines = replacesBadLines
    self.keepsRecords = keepsRecords
    self.path = path
  }
}

/// Writes shards out of events that come in any order.
final class ShardWriting: Sendable {
  /// A file that is being written.
  private final class OpenShard {
    var file: TokenDatasetFile
    let path: String
    let number: Int

    init(_ file: consuming TokenDatasetFile, path: String, number: Int) {
      self.file = file
      self.path = path
      self.number = number
    }
  }

  private struct State {
    var open: [OpenShard?]
    var finished: [[DatasetManifest.Shard]]
  }

  private let splits: [DatasetSplit]
  private let destination: PackingDestination
  private let vocabulary: TokenDatasetVocabulary
  private let options: TokenDatasetOptions
  private let events = OrderedStage<ShardEvent>()
  private let state: Mutex<State>

  init(
    _ splits: [DatasetSplit], _ destination: PackingDestination,
    _ vocabulary: TokenDatasetVocabulary, _ options: TokenDatasetOptions
  ) {
    self.splits = splits
    self.destination = destination
    self.vocabulary = vocabulary
    self.options = options
    state = Mutex(
      State(open: splits.map { _ in nil }, finished: splits.map { _ in [] }))
  }

  /// The shards that were finished, by split.
  var finished: [[DatasetManifest.Shard]] { state.withLock { $0.finished } }

  /// Takes an event by its number.
  ///
  /// - Throws: `FileError`, `TokenDatasetError`.
  func take(_ event: ShardEvent, _ number: Int) throws {
    try events.take(event, number) { event, _ in try state.withLock { try write(event, &$0) } }
  }

  private func write(_ event: ShardEvent, _ state: inout State) throws {
    switch event {
    case .open(let split, let shard):
      let path = destination.path(shard, splits[split])
      state.open[split] = OpenShard(
        try TokenDatasetFile(
          path: path, vocabulary, options, replacing: destination.replaces),
        path: path, number: shard)
    case .ranks(let split, let ranks): try state.open[split]?.file.begin(ranks)
    case .block(let split, let block): try state.open[split]?.file.append(block)
    case .finish(let split, let documents, let hash):
      guard let shard = state.open[split] else { return }
      state.open[split] = nil
      let record = ShardRecord(split: splits[split], number: shard.number, documentsHash: hash)
      let summary = try shard.file.finish(
        documents, metadata: destination.keepsRecords ? record.json : nil)
      state.finished[split].append(
        DatasetManifest.Shard(
          name: fileName(of: shard.path), tokenCount: summary.tokenCount,
          documentCount: summary.documentCount,
          byteCount: try FileStatus(of: shard.path).byteCount, contentID: summary.contentID))
    }
  }
}
