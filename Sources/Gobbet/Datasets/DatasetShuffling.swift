internal import GobbetBPE
public import GobbetData
internal import GobbetFile
internal import GobbetInterchange
internal import GobbetSystem

/// A dataset → the same documents in another order, which a seed decides.
///
/// Two passes: documents are first thrown into buckets on disk by where they go, and then every
/// bucket is put in order in memory. The order is that of an arithmetic permutation, so that the
/// memory given changes no result.
///
/// ```swift
/// let dataset = try TokenDataset(path: "corpus.gobbet")
/// let options = DatasetOutputOptions(replaces: true)
/// try DatasetShuffling(dataset, seed: 1, options: options).write(to: "shuffled.gobbet")
/// ```
public struct DatasetShuffling: Sendable {
  /// What is shuffled.
  public var dataset: TokenDataset
  /// What the order is made from.
  public var seed: UInt64
  /// About how much memory is used; a document, and one of at most 256 buckets, must fit.
  public var memoryByteBudget: Int
  /// How the result is written.
  public var options: DatasetOutputOptions

  /// A shuffle.
  ///
  /// - Precondition: the budget is at least 1 MiB.
  public init(
    _ dataset: TokenDataset, seed: UInt64, memoryByteBudget: Int = 256 << 20,
    options: DatasetOutputOptions = DatasetOutputOptions()
  ) {
    precondition(memoryByteBudget >= 1 << 20, "DatasetShuffling: too little memory")
    self.dataset = dataset
    self.seed = seed
    self.memoryByteBudget = memoryByteBudget
    self.options = options
  }

  /// Writes the result at `path`, beside which, or in which if it is a folder, buckets lie meanwhile.
  ///
  /// `progress` is told how many tokens went through, of twice those that there are, and stops the
  /// run by answering false; nothing is left behind then.
  /// - Throws: `FormatError`, `FileError`; `CancellationError`.
  public func write(to path: String, progress: (Int) -> Bool = { _ in true }) throws {
    let documentCount = dataset.documentCount
    var sink = try DatasetSink(
      path, try TokenDatasetVocabulary(dataset), madeOf: [dataset], options,
      entries: [
        ("shuffled", .list(dataset.paths)), ("seed", .text("\(seed)")),
      ])
    let order = Permutation(count: documentCount, key: Permutation.mixed(seed, 0))
    // A bucket is in memory as it was stored and once more in order.
    let byteCount = MemoryLayout<TokenID>.stride * dataset.tokenCount + 64 * documentCount
    let wanted = byteCount / (memoryByteBudget / 4) + 1
    let buckets = try ShuffleBuckets(
      beside: options.shardTokenCount == nil ? path : "\(path)/\(DatasetFolder.scratchName)",
      count: min(wanted, 256, max(1, documentCount)), placeCount: documentCount)
    defer { buckets.remove() }
    var tokenCount = 0
    func advance(_ count: Int) throws {
      tokenCount += count
      guard progress(tokenCount) else { throw CancellationError() }
    }
    try dataset.forEachDocument { note, document in
      try buckets.append(document, note, place: order[note.index])
      try advance(document.count)
    }
    try buckets.forEachDocument { document, note in
      try sink.append(document, note)
      try advance(document.count)
    }
    try sink.finish()
  }
}

/// Documents in files, by ranges of the places that they go to.
private final class ShuffleBuckets {
  private final class Bucket {
    let path: String
    var file: AtomicFile

    init(_ path: String) throws {
      self.path = path
      file = try AtomicFile(path, replacing: true)
    }
  }

  /// A document in a bucket that was read back.
  private struct Entry {
    let place: Int
    let tokens: Range<Int>
    let note: DocumentNote
  }

  /// Goes with the files when this does.
  private var folder: StagingFolder?
  private var buckets: [Bucket]
  private let placesPerBucket: Int

  init(beside path: String, count: Int, placeCount: Int) throws {
    let folder = try StagingFolder(beside: path)
    self.folder = folder
    placesPerBucket = max(1, (placeCount + count - 1) / count)
    buckets = try (0..<count).map { try Bucket(folder.file("\($0)")) }
  }

  /// Takes the files away, whatever became of them.
  func remove() {
    buckets = []
    folder = nil
  }

  /// Record: place, numbers of tokens and of bytes of the source, byte count, number of ranges that
  /// count, source, bounds of the ranges, tokens; what is not known is -1.
  func append(_ document: Span<TokenID>, _ note: DocumentNote, place: Int) throws {
    let bucket = buckets[place / placesPerBucket]
    var head = ByteWriter()
    let sourceBytes = note.source.map { Array($0.utf8) }
    for number in [
      place, document.count, sourceBytes?.count ?? -1, note.byteCount ?? -1,
      note.counted?.count ?? -1,
    ] {
      head.write(Int64(number))
    }
    head.write(sourceBytes ?? [])
    for range in note.counted ?? [] {
      head.write(Int64(range.lowerBound))
      head.write(Int64(range.upperBound))
    }
    try bucket.file.write(head.bytes.span)
    try bucket.file.write(PackedCode(width: 32).encoded(document).span)
  }

  /// Every document in the order of the places.
  func forEachDocument(
    _ body: (Span<TokenID>, DocumentNote) throws -> Void
  ) throws {
    for bucket in buckets {
      try bucket.file.commit()
      let file = try InputFile(bucket.path, regularOnly: true)
      let bytes = try file.bytes(in: 0..<(file.byteCount ?? 0))
      for entry in try Self.entries(bytes.span).sorted(by: { $0.place < $1.place }) {
        var ids = [TokenID](repeating: 0, count: entry.tokens.count / 4)
        var span = ids.mutableSpan
        PackedCode(width: 32).decode(bytes.span.extracting(entry.tokens), from: 0, into: &span)
        try body(ids.span, entry.note)
      }
      try removeFile(bucket.path)
    }
  }

  private static func entries(_ bytes: Span<UInt8>) throws -> [Entry] {
    var reader = ByteReader(bytes)
    var entries: [Entry] = []
    while reader.remainingCount > 0 {
      let place = Int(try reader.read(Int64.self, "place"))
      let count = Int(try reader.read(Int64.self, "tokens"))
      let sourceCount = Int(try reader.read(Int64.self, "source"))
      let byteCount = Int(try reader.read(Int64.self, "bytes"))
      let rangeCount = Int(try reader.read(Int64.self, "ranges"))
      let source =
        sourceCount < 0
        ? nil : String(decoding: try reader.readBytes(sourceCount, "source"), as: UTF8.self)
      var counted: [Range<Int>] = []
      for _ in 0..<max(0, rangeCount) {
        let start = Int(try reader.read(Int64.self, "ranges"))
        counted.append(start..<Int(try reader.read(Int64.self, "ranges")))
      }
      let start = reader.offset
      try reader.skip(4 * count, "tokens")
      entries.append(
        Entry(
          place: place, tokens: start..<reader.offset,
          note: DocumentNote(
            source: source, byteCount: byteCount < 0 ? nil : byteCount,
            counted: rangeCount < 0 ? nil : counted)))
    }
    return entries
  }
}
