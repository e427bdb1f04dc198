internal import GobbetBPE
internal import GobbetData
internal import Synchronization

/// The ids of a batch's documents, one after the other, and where they go.
struct EncodedBatch: Sendable {
  struct Document: Sendable {
    let split: Int
    let end: Int
    let byteCount: Int
    let source: String?
    let hash: DocumentHash?
    var mask = DocumentMask.byRule
  }

  var ids: [TokenID] = []
  var documents: [Document] = []
  /// Tokens that count in a loss; nil where no template says which do.
  var countedTokenCount: Int?
  /// Documents that had too many tokens.
  var tooLongCount = 0
  /// Tokens of them that were left out.
  var leftOutTokenCount = 0

  /// Ends a document, whose ids are those from `first` on.
  ///
  /// `counted` are the tokens that count in a loss where a template says so. Where a document is cut, a part
  /// of which none counts is left out.
  /// - Throws: ``DocumentLengthError`` if it has more tokens than `limit` allows, which says so.
  mutating func endDocument(
    from first: Int, counted: [Range<Int>]?, rule: LossRule?, limit: DocumentLengthLimit?,
    origin: () -> String, _ document: (_ end: Int, _ isFirst: Bool, DocumentMask) -> Document
  ) throws {
    let count = ids.count - first
    guard let limit, count > limit.tokenCount else {
      add(counted)
      let mask = TokenDatasetWriter.mask(ids.span.extracting(first...), counted, rule)
      return documents.append(document(ids.count, true, mask))
    }
    if limit.tooLong == .fail {
      throw DocumentLengthError(source: origin(), tokenCount: count, limit: limit.tokenCount)
    }
    tooLongCount += 1
    let tokens = Array(ids[first...])
    ids.removeSubrange(first...)
    for part in limit.parts(of: count) {
      let counted = counted?.map { $0.clamped(to: part) }.filter { !$0.isEmpty }
        .map { ($0.lowerBound - part.lowerBound)..<($0.upperBound - part.lowerBound) }
      if counted?.isEmpty == true { continue }
      add(counted)
      let mask = TokenDatasetWriter.mask(tokens.span.extracting(part), counted, rule)
      let isFirst = ids.count == first
      ids += tokens[part]
      documents.append(document(ids.count, isFirst, mask))
    }
    leftOutTokenCount += count - (ids.count - first)
  }

  private mutating func add(_ counted: [Range<Int>]?) {
    guard let counted else { return }
    countedTokenCount = counted.reduce(countedTokenCount ?? 0) { $0 + $1.count }
  }
}

/// A block to be compressed, and its number among what is written.
struct TokenBlockJob: Sendable {
  let number: Int
  let split: Int
  let ids: [TokenID]
  let encoder: TokenBlockEncoder
}

/// What is written, in its order.
enum ShardEvent: Sendable {
  case open(split: Int, shard: Int)
  case ranks(split: Int, RankTable?)
  case block(split: Int, EncodedTokenBlock)
  case finish(split: Int, DocumentColumns, DocumentSequenceHash)
}

/// Cuts the tokens of documents, as they come in the order of the corpus, into the blocks of shards.
final class ShardCutting: Sendable {
  /// What a call has brought about.
  struct Output: Sendable {
    var events: [(number: Int, event: ShardEvent)] = []
    var blocks: [TokenBlockJob] = []
  }

  private struct Shard: Sendable {
    var cutter: TokenBlockCutter
    var encoder: TokenBlockEncoder?
    var documents: DocumentColumns
    var hash = DocumentSequenceHash()
  }

  private struct State: Sendable {
    var shards: [Shard?]
    /// The number of the next shard of each split.
    var nextShard: [Int]
    var nextNumber = 0
    var summary = PackingSummary()
  }

  private let options: TokenDatasetOptions
  private let idBound: Int
  private let shardTokenCount: Int
  private let keepsByteCounts: Bool
  private let isDry: Bool
  private let batches = OrderedStage<EncodedBatch>()
  private let state: Mutex<State>

  init(
    _ options: TokenDatasetOptions, idBound: Int, shardTokenCount: Int?, firstShards: [Int],
    keepsByteCounts: Bool, isDry: Bool
  ) {
    self.options = options
    self.idBound = idBound
    self.shardTokenCount = shardTokenCount ?? .max
    self.keepsByteCounts = keepsByteCounts
    self.isDry = isDry
    state = Mutex(
      State(shards: firstShards.map { _ in nil }, nextShard: firstShards))
  }

  /// What was cut so far.
  var summary: PackingSummary { state.withLock { $0.summary } }

  /// Takes a batch by its place in the corpus, and gives `body` what each one whose turn it is has
  /// brought about.
  func take(_ batch: EncodedBatch, _ sequence: Int, _ body: (Output) throws -> Void) rethrows {
    try batches.take(batch, sequence) { batch, _ in
      let output = state.withLock { state in
        var output = Output()
        add(batch, &state, &output)
        return output
      }
      try body(output)
    }
  }

  /// Ends all shards; a split without any gets one without documents.
  func close() -> Output {
    state.withLock { state in
      var output = Output()
      for split in state.shards.indices {
        if state.shards[split] == nil, state.nextShard[split] == 0 {
          open(split, &state, &output)
        }
        if state.shards[split] != nil { finish(split, &state, &output) }
      }
      return output
    }
  }

  private func add(_ batch: EncodedBatch, _ state: inout State, _ output: inout Output) {
    var start = 0
    state.summary.tooLongCount += batch.tooLongCount
    state.summary.leftOutTokenCount += batch.leftOutTokenCount
    if let count = batch.countedTokenCount {
      state.summary.countedTokenCount = (state.summary.countedTokenCount ?? 0) + count
    }
    for document in batch.documents {
      let split = document.split
      if state.shards[split] == nil { open(split, &state, &output) }
      let count = document.end - start
      if !isDry {
        state.shards[split]?.cutter.append(batch.ids.span.extracting(start..<document.end))
      }
      state.shards[split]?.documents.append(
        tokenCount: count, source: document.source,
        byteCount: keepsByteCounts ? document.byteCount : nil, mask: document.mask)
      if let hash = document.hash { state.shards[split]?.hash.append(hash) }
      start = document.end
      state.summary.documentCount += 1
      state.summary.byteCount += document.byteCount
      state.summary.tokenCount += count
      if state.shards[split]?.documents.tokenCount ?? 0 >= shardTokenCount {
        finish(split, &state, &output)
      }
    }
    for split in state.shards.indices { cut(split, all: false, &state, &output) }
  }

  private func open(_ split: Int, _ state: inout State, _ output: inout Output) {
    emit(.open(split: split, shard: state.nextShard[split]), &state, &output)
    state.shards[split] = Shard(
      cutter: TokenBlockCutter(options, idBound: idBound),
      documents: DocumentColumns(options.lossRule))
    state.nextShard[split] += 1
    state.summary.shardCount += 1
  }

  private func finish(_ split: Int, _ state: inout State, _ output: inout Output) {
    cut(split, all: true, &state, &output)
    guard let shard = state.shards[split].take() else { return }
    emit(.finish(split: split, shard.documents, shard.hash), &state, &output)
  }

  private func cut(_ split: Int, all: Bool, _ state: inout State, _ output: inout Output) {
    guard !isDry else { return }
    while let piece = state.shards[split]?.cutter.next(all: all) {
      switch piece {
      case .ranks(let ranks):
        state.shards[split]?.encoder = TokenBlockEncoder(options.codec, idBound: idBound, ranks)
        emit(.ranks(split: split, ranks), &state, &output)
      case .block(let ids):
        guard let encoder = state.shards[split]?.encoder else {
          preconditionFailure("ShardCutting: a block before its ranks")
        }
        output.blocks.append(
          TokenBlockJob(number: state.nextNumber, split: split, ids: ids, encoder: encoder))
        state.nextNumber += 1
      }
    }
  }

  private func emit(_ event: ShardEvent, _ state: inout State, _ output: inout Output) {
    guard !isDry else { return }
    output.events.append((state.nextNumber, event))
    state.nextNumber += 1
  }
}
