internal import CGobbetJSON

/// Makes documents of what a ``CorpusReader`` read; one for each thread.
public struct DocumentParser: ~Copyable, Sendable {
  private let key: TextKey
  private let identifierKey: TextKey?
  private let badLines: BadLinePolicy
  private let conversations: ConversationOptions?
  private var json: JSONLineParser

  /// Bytes after the units of a batch that parsing may read and does not use.
  static let paddingByteCount = Int(GOBBET_JSON_PADDING)

  /// A parser for what was read with these options.
  ///
  /// - Throws: ``CorpusError`` (`invalidTextKey`, `outOfMemory`).
  public init(_ options: CorpusOptions) throws(CorpusError) {
    let key = try TextKey(
      options.conversations?.key ?? options.textKey ?? CorpusOptions.usualTextKey)
    var identifierKey: TextKey?
    if let text = options.identifierKey { identifierKey = try TextKey(text) }
    let json = try JSONLineParser()
    self.key = key
    self.identifierKey = identifierKey
    self.json = json
    badLines = options.badLines
    conversations = options.conversations
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
      if !segment.starts.isEmpty { start = segment.starts[unit - segment.firstUnit] }
      let range = start..<batch.ends[unit]
      let index = segment.firstIndex + unit - segment.firstUnit
      if segment.layout.isJSON {
        do {
          try append(json: range, index, of: batch, to: &documents)
        } catch {
          let isLine = segment.layout == .jsonLines
          let error = CorpusError(
            error.code, path: segment.path, line: isLine ? index + 1 : nil,
            element: isLine ? nil : index + 1,
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
    json range: Range<Int>, _ index: Int, of batch: UnparsedBatch,
    to documents: inout DocumentBatch
  ) throws(CorpusError) {
    var range = range
    // A byte order mark, as some editors put it in front of a file, belongs to no line.
    if index == 0, batch.arena[range].starts(with: [0xEF, 0xBB, 0xBF]) {
      range = (range.lowerBound + 3)..<range.upperBound
    }
    if range.isEmpty { return }
    if JSONValueCutter.isSpace(batch.arena[range.lowerBound]),
      batch.arena[range].allSatisfy(JSONValueCutter.isSpace)
    {
      return
    }
    do throws(CorpusError) {
      try appendStrictly(range, index, of: batch, to: &documents)
    } catch {
      // What simdjson refuses and others take is looked through for a text only.
      guard case .invalidJSON = error.code, conversations == nil else { throw error }
      let object = try LenientJSON(batch.arena.span.extracting(range))
      let text = try object.text(key)
      let identifier = try identifierKey.map { key throws(CorpusError) in
        try object.identifier(key)
      }
      unsafe text.withUnsafeBufferPointer { text in
        // SAFETY: the buffer is valid in the closure.
        unsafe documents.append(text, index: index)
      }
      if let identifier { documents.nameLast(identifier) }
    }
  }

  /// Adds what simdjson takes.
  private mutating func appendStrictly(
    _ range: Range<Int>, _ index: Int, of batch: UnparsedBatch, to documents: inout DocumentBatch
  ) throws(CorpusError) {
    try unsafe batch.arena.withUnsafeBufferPointer { arena throws(CorpusError) in
      // SAFETY: units lie within the arena, which ends with the padding that the parser may read; the
      // text is copied before the parser is used again.
      let bytes = unsafe UnsafeBufferPointer(rebasing: arena[range])
      try unsafe json.parse(bytes)
      let framed: [UInt8]? =
        if let conversations {
          try json.conversation(key, conversations).framed
        } else {
          nil
        }
      let text = framed == nil ? try unsafe json.text(key) : nil
      let identifier = try identifierKey.map { key throws(CorpusError) in
        try json.identifier(key)
      }
      if let framed {
        unsafe framed.withUnsafeBufferPointer { unsafe documents.append($0, index: index) }
      } else if let text = unsafe text {
        unsafe documents.append(text, index: index)
      }
      if let identifier { documents.nameLast(identifier) }
    }
  }
}
