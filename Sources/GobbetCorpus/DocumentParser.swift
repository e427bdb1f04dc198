internal import CGobbetJSON

/// Makes documents of what a ``CorpusReader`` read; one for each thread.
public struct DocumentParser: ~Copyable, Sendable {
  private let key: TextKey
  private let identifierKey: TextKey?
  private let badLines: BadLinePolicy
  private var json: JSONLineParser

  /// Bytes behind the units of a batch that parsing may read and does not use.
  static let paddingByteCount = Int(GOBBET_JSON_PADDING)

  /// A parser for what was read with these options.
  ///
  /// - Throws: ``CorpusError`` (`invalidTextKey`, `outOfMemory`).
  public init(_ options: CorpusOptions) throws(CorpusError) {
    let key = try TextKey(options.textKey)
    var identifierKey: TextKey?
    if let text = options.identifierKey { identifierKey = try TextKey(text) }
    let json = try JSONLineParser()
    self.key = key
    self.identifierKey = identifierKey
    self.json = json
    badLines = options.badLines
  }

  /// The documents in `batch`, in its order.
  ///
  /// - Throws: ``CorpusError`` for the first bad line, unless bad lines are skipped.
  public mutating func documents(of batch: UnparsedBatch) throws(CorpusError) -> DocumentBatch {
    if batch.isWholeInputs { return DocumentBatch(wholeInputs: batch) }
    var documents = DocumentBatch()
    documents.reserve(byteCount: batch.arena.count)
    for position in batch.segments.indices {
      let segment = batch.segments[position]
      let next = position + 1
      let unitEnd = next < batch.segments.count ? batch.segments[next].firstUnit : batch.count
      documents.beginRun(path: segment.path, isWholeInput: segment.isWholeInput)
      try append(segment, units: segment.firstUnit..<unitEnd, of: batch, to: &documents)
    }
    return documents
  }

  private mutating func append(
    _ segment: UnparsedBatch.Segment, units: Range<Int>, of batch: UnparsedBatch,
    to documents: inout DocumentBatch
  ) throws(CorpusError) {
    var start = segment.start
    for unit in units {
      let range = start..<batch.ends[unit]
      let index = segment.firstIndex + unit - segment.firstUnit
      if segment.format == .jsonLines {
        do {
          try append(line: range, index, of: batch, to: &documents)
        } catch {
          let error = CorpusError(
            error.code, path: segment.path, line: index + 1,
            offset: segment.firstOffset + range.lowerBound - segment.start)
          guard badLines != .fail, error.code != .outOfMemory else { throw error }
          documents.rejections.append(error)
          if badLines == .keepAside { documents.rejectedLines.append(Array(batch.arena[range])) }
        }
      } else {
        unsafe batch.arena.withUnsafeBufferPointer { arena in
          // SAFETY: units lie within the arena.
          unsafe documents.append(UnsafeBufferPointer(rebasing: arena[range]), index: index)
        }
      }
      start = range.upperBound + segment.separatorByteCount
    }
  }

  private mutating func append(
    line: Range<Int>, _ index: Int, of batch: UnparsedBatch, to documents: inout DocumentBatch
  ) throws(CorpusError) {
    try unsafe batch.arena.withUnsafeBufferPointer { arena throws(CorpusError) in
      var line = line
      // A byte order mark, as some editors put it in front of a file, belongs to no line.
      if index == 0, unsafe arena[line].starts(with: [0xEF, 0xBB, 0xBF]) {
        line = (line.lowerBound + 3)..<line.upperBound
      }
      // SAFETY: lines lie within the arena, which ends with the padding that the parser may read; the
      // text is copied before the parser is used again.
      let bytes = unsafe UnsafeBufferPointer(rebasing: arena[line])
      try unsafe json.parse(bytes)
      let text = try unsafe json.text(key)
      let identifier = try identifierKey.map { key throws(CorpusError) in
        try json.identifier(key)
      }
      unsafe documents.append(text, index: index)
      if let identifier { documents.nameLast(identifier) }
    }
  }
}
