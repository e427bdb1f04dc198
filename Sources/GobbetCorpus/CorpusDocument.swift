internal import GobbetSystem

/// Where a document comes from.
public struct DocumentSource: Hashable, Sendable, CustomStringConvertible {
  /// The input, as given or found; `-` for standard input.
  public let path: String
  /// The index of the line or document in the input, from 0.
  public let index: Int
  /// Whether the input holds one document, so that its path says all.
  let isWholeInput: Bool

  /// The path, and after a colon the number of the line or document, from 1.
  public var description: String {
    let name = displayedPath(path)
    return isWholeInput ? name : "\(name):\(index + 1)"
  }
}

/// One text of a corpus.
public struct CorpusDocument: Hashable, Sendable {
  /// The text: UTF-8, or whatever else a text file holds.
  public let text: [UInt8]
  /// Where it comes from.
  public let source: DocumentSource
}

/// Documents in a row, their texts in one array.
public struct DocumentBatch: Sendable {
  /// Documents of one input, from `start` on up to the next run.
  struct Run: Sendable {
    let path: String
    let isWholeInput: Bool
    let start: Int
  }

  /// The texts, one after the other; what is after the last isn't text.
  private(set) var arena: [UInt8] = []
  /// Where each text ends in `arena`.
  private var ends: [Int] = []
  /// The index of each document in its input.
  private var indices: [Int] = []
  private var runs: [Run] = []
  /// The lines that were left out, as ``BadLinePolicy/skip`` asks for.
  public internal(set) var rejections: [CorpusError] = []
  /// The same lines themselves, as ``BadLinePolicy/keepAside`` asks for.
  public internal(set) var rejectedLines: [[UInt8]] = []
  /// What each document's line calls it; empty without ``CorpusOptions/identifierKey``.
  private var identifiers: [String?] = []

  /// No documents yet.
  init() {}

  /// Documents that are whole inputs: the bytes stay where they are, however many there are.
  init(wholeInputs batch: UnparsedBatch) {
    arena = batch.arena
    ends = batch.ends
    indices = Array(repeating: 0, count: batch.count)
    runs = batch.segments.map { Run(path: $0.path, isWholeInput: true, start: $0.firstUnit) }
  }

  /// How many documents there are.
  public var count: Int { ends.count }
  /// Bytes of all texts.
  public var byteCount: Int { ends.last ?? 0 }

  /// The text of one document, borrowed.
  @_lifetime(borrow self)
  public func text(_ position: Int) -> Span<UInt8> { arena.span.extracting(range(position)) }

  /// Where one document comes from.
  public func source(_ position: Int) -> DocumentSource {
    var low = 0
    var high = runs.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if runs[middle].start <= position { low = middle } else { high = middle }
    }
    let run = runs[low]
    return DocumentSource(
      path: run.path, index: indices[position], isWholeInput: run.isWholeInput)
  }

  /// What the line of one document calls it; nil where nothing was asked for, or it isn't a line.
  public func identifier(_ position: Int) -> String? {
    position < identifiers.count ? identifiers[position] : nil
  }

  /// One document, copied.
  public func document(_ position: Int) -> CorpusDocument {
    CorpusDocument(text: Array(arena[range(position)]), source: source(position))
  }

  private func range(_ position: Int) -> Range<Int> {
    (position == 0 ? 0 : ends[position - 1])..<ends[position]
  }

  mutating func reserve(byteCount: Int) { arena.reserveCapacity(byteCount) }

  /// Says where the documents that follow come from.
  mutating func beginRun(path: String, isWholeInput: Bool) {
    runs.append(Run(path: path, isWholeInput: isWholeInput, start: count))
  }

  /// Adds the document `index` of the input that the last run names.
  mutating func append(_ text: UnsafeBufferPointer<UInt8>, index: Int) {
    // SAFETY: the caller's buffer is valid for the call, and is copied.
    unsafe arena.append(contentsOf: text)
    ends.append(arena.count)
    indices.append(index)
  }

  /// Says what the line of the last document calls it.
  mutating func nameLast(_ identifier: String) {
    identifiers += repeatElement(nil, count: count - identifiers.count - 1)
    identifiers.append(identifier)
  }
}
