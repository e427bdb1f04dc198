internal import GobbetBPE
internal import GobbetCorpus
internal import GobbetData
internal import GobbetFile
internal import GobbetInterchange
internal import GobbetSystem
internal import Synchronization

extension PackingJob {
  /// Packs into `destination`, or only counts if there is none.
  ///
  /// `kept` are the shards of each split that are there already.
  func pack(
    _ splits: [DatasetSplit], _ progress: @escaping @Sendable (PackingSummary) -> Bool,
    _ destination: PackingDestination?, _ shards: ShardOptions = ShardOptions(),
    kept: [[FinishedShard]]? = nil
  ) async throws -> (summary: PackingSummary, shards: [[DatasetManifest.Shard]]) {
    let kept = kept ?? splits.map { _ in [] }
    let tokenizer = Tokenizer(vocabulary)
    let pipeline = PackingPipeline(
      self, tokenizer, try template.map { try ConversationEncoder($0, tokenizer) }, splits,
      destination, shards, kept,
      try DocumentSelector(self, kept: kept, replacing: destination?.replacesBadLines ?? false),
      BatchSource(
        try CorpusReader(inputs: inputs, options: corpus), batchByteCount: batchByteCount,
        byteLimit: .max),
      progress)
    try await pipeline.run()
    return (pipeline.summary, pipeline.writing?.finished ?? [])
  }
}

/// The stages of a packing run and what leads from one to the next.
///
/// read and parse → decide, in order → encode → cut into blocks, in order → compress → write, in
/// order. What is not in order is done by any worker; what is in order is cheap.
private final class PackingPipeline: Sendable {
  private typealias Queue = PipelineQueue<(batch: SelectedBatch, sequence: Int), TokenBlockJob>

  let writing: ShardWriting?
  private let packing: PackingJob
  private let source: BatchSource
  private let parsedBatches = OrderedStage<Result<ParsedBatch, any Error>>()
  private let selector: Mutex<DocumentSelector>
  private let cutting: ShardCutting
  private let queue: Queue
  private let tokenizer: Tokenizer
  private let conversations: ConversationEncoder?
  private let heldOut: HeldOutShare?
  private let needsHashes: Bool
  private let progress: @Sendable (PackingSummary) -> Bool

  init(
    _ run: PackingJob, _ tokenizer: Tokenizer, _ conversations: ConversationEncoder?,
    _ splits: [DatasetSplit], _ destination: PackingDestination?,
    _ shards: ShardOptions, _ kept: [[FinishedShard]], _ selector: consuming DocumentSelector,
    _ source: BatchSource, _ progress: @escaping @Sendable (PackingSummary) -> Bool
  ) {
    packing = run
    self.source = source
    self.progress = progress
    self.selector = Mutex(selector)
    let vocabulary = TokenDatasetVocabulary(run.vocabulary)
    cutting = ShardCutting(
      run.options, idBound: vocabulary.idBound, shardTokenCount: shards.tokenCount,
      firstShards: kept.map(\.count), keepsByteCounts: run.keepsByteCounts,
      isDry: destination == nil)
    writing = destination.map { ShardWriting(splits, $0, vocabulary, run.options) }
    queue = Queue(openBatchLimit: 2 * run.workerCount + 2)
    self.tokenizer = tokenizer
    self.conversations = conversations
    heldOut = shards.validationShare > 0 ? HeldOutShare(share: shards.validationShare) : nil
    needsHashes = run.removesDuplicates || destination?.keepsRecords == true
  }

  var summary: PackingSummary {
    var summary = cutting.summary
    let selected = selector.withLock { $0.summary }
    summary.keptDocumentCount = selected.keptDocumentCount
    summary.duplicateCount = selected.duplicateCount
    summary.badLineCount = selected.badLineCount
    summary.badLineKinds = selected.badLineKinds
    summary.firstBadLine = selected.firstBadLine
    summary.readByteCount = selected.readByteCount
    return summary
  }

  /// - Throws: the first error in the order of the corpus, or of writing.
  func run() async throws {
    try await queue.run(workerCount: packing.workerCount) {
      var parser = try DocumentParser(self.packing.corpus)
      let encoder = EncoderBox(self.tokenizer)
      let compressor = TokenBlockEncoder.compressor(self.packing.options.codec)
      return { try self.perform($0, &parser, encoder, compressor) }
    }
    try selector.withLock { try $0.finish() }
  }

  private func perform(
    _ job: Queue.Job, _ parser: inout DocumentParser, _ encoder: EncoderBox,
    _ compressor: Compressor
  ) throws {
    switch job {
    case .read:
      guard let (sequence, unparsed, readByteCount) = source.next() else {
        return queue.endCorpus()
      }
      try select(
        Result { parsed(try parser.documents(of: try unparsed.get()), readByteCount) }, sequence)
    case .batch((let batch, let sequence)):
      try cutting.take(try encoded(batch, encoder), sequence) { output in
        try hand(on: output, batchCount: 1)
      }
      guard progress(summary) else { throw CancellationError() }
    case .block(let block):
      let encoded = block.encoder.encode(block.ids.span, compressor)
      try writing?.take(.block(split: block.split, encoded), block.number)
      queue.finishBlock()
    case .close:
      try hand(on: cutting.close(), batchCount: 0)
      queue.close()
    }
  }

  private func hand(on output: ShardCutting.Output, batchCount: Int) throws {
    queue.finishBatches(batchCount, into: output.blocks)
    for (number, event) in output.events { try writing?.take(event, number) }
  }

  private func parsed(_ documents: DocumentBatch, _ readByteCount: Int) -> ParsedBatch {
    var hashes: [DocumentHash] = []
    if needsHashes {
      hashes.reserveCapacity(documents.count)
      for index in 0..<documents.count {
        hashes.append(DocumentHash(of: documents.text(index)))
      }
    }
    var isHeldOut: [Bool] = []
    if let heldOut {
      for index in 0..<documents.count {
        isHeldOut.append(heldOut.contains(documents.text(index)))
      }
    }
    return ParsedBatch(
      documents: documents, hashes: hashes, isHeldOut: isHeldOut, readByteCount: readByteCount)
  }

  private func select(_ batch: Result<ParsedBatch, any Error>, _ sequence: Int) throws {
    try parsedBatches.take(batch, sequence) { batch, sequence in
      let parsed = try batch.get()
      let selected = try selector.withLock { try $0.select(parsed) }
      queue.add([(selected, sequence)])
    }
  }

  private func encoded(_ batch: SelectedBatch, _ encoder: EncoderBox) throws -> EncodedBatch {
    var encoded = EncodedBatch()
    // Texts have three or four bytes a token; what is not used is never touched.
    encoded.ids.reserveCapacity(batch.documents.byteCount / 2 + batch.documents.count)
    for (index, split) in batch.splits.enumerated() {
      guard let split else { continue }
      let text = batch.documents.text(index)
      let first = encoded.ids.count
      var byteCount = text.count
      var counted: [Range<Int>]?
      if let conversations {
        let conversation = Conversation(framed: text)
        byteCount = conversation.messages.reduce(0) { $0 + $1.byteCount }
        counted = try conversations.encode(conversation, &encoder.encoder, into: &encoded.ids)
      } else {
        encoder.encoder.encode(text, into: &encoded.ids)
      }
      if let appended = packing.appendedToken { encoded.ids.append(appended) }
      func source() -> String {
        batch.documents.identifier(index) ?? batch.documents.source(index).description
      }
      let limit = packing.lengthLimit
      let isCropped = limit?.tooLong == .crop && encoded.ids.count - first > limit?.tokenCount ?? 0
      try encoded.endDocument(
        from: first, counted: counted, rule: conversations?.rule, limit: limit, origin: source
      ) { end, isFirst, mask in
        // The bytes of a cropped text are not known, and those of a split one are its first part's.
        EncodedBatch.Document(
          split: split, end: end, byteCount: isFirst && !isCropped ? byteCount : 0,
          source: packing.keepsSources ? source() : nil,
          hash: isFirst && !batch.hashes.isEmpty ? batch.hashes[index] : nil, mask: mask)
      }
    }
    return encoded
  }
}
