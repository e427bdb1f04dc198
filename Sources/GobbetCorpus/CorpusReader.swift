package import GobbetSystem

/// Reads documents from files, directories and standard input, one after the other.
///
/// Memory holds one batch, or one document if that is larger, and buffers of a fixed size.
public struct CorpusReader: ~Copyable, Sendable {
  private let options: CorpusOptions
  private var walk: InputWalk
  /// One of the inputs, if it is open already.
  private let opened: PooledFile?
  private var current: UnitReader?
  private var parser: DocumentParser
  /// What ``next()`` reads ahead.
  private var batch = DocumentBatch()
  private var position = 0
  /// Bytes of the inputs that were read to their ends.
  private var finishedByteCount = 0
  /// What the options still have to find among the inputs.
  private var use: OptionUse

  private static let readAheadByteCount = 1 << 16

  /// A reader of the files at `inputs`, of all files in those that are directories (in the order of
  /// the bytes of their paths, without hidden ones), and of standard input for `-`.
  ///
  /// An input that does not exist and has `*`, `?` or `[` in its name stands for all that match.
  ///
  /// - Throws: `FileError` if an input does not exist; ``CorpusError`` if an option is invalid, or
  ///   applies to none of the inputs.
  public init(inputs: [String], options: CorpusOptions = CorpusOptions()) throws {
    try self.init(inputs: inputs, options: options, opened: nil)
  }

  /// A reader that shares one of its inputs with whoever opened it.
  ///
  /// - Throws: as ``init(inputs:options:)``.
  package init(inputs: [String], options: CorpusOptions, opened: PooledFile?) throws {
    guard options.textSeparator?.isEmpty != true else { throw CorpusError(.emptySeparator) }
    try OptionUse.checkFormat(options)
    precondition(options.maximumDocumentByteCount > 0, "CorpusReader: no room for a document")
    let walk = try InputWalk(inputs)
    let parser = try DocumentParser(options)
    var use = OptionUse(options)
    try use.check(walk)
    self.use = use
    self.options = options
    self.walk = walk
    self.opened = opened
    self.parser = parser
  }

  /// Bytes of the inputs, compressed as they are, that were read so far.
  public var readByteCount: Int {
    switch current {
    case .some(let reader): finishedByteCount + reader.readByteCount
    case .none: finishedByteCount
    }
  }

  /// Bytes of all inputs, compressed as they are; nil where one does not tell, as standard input.
  ///
  /// - Throws: `FileError` if an input does not exist.
  public static func byteCount(of inputs: [String]) throws -> Int? {
    var walk = try InputWalk(inputs)
    var total = 0
    while let (path, _) = try walk.next() {
      guard path != "-" else { return nil }
      let status = try FileStatus(of: path)
      guard status.kind == .regular else { return nil }
      total += status.byteCount
    }
    return total
  }

  /// The next document; nil after the last.
  ///
  /// - Throws: `FileError`, ``CorpusError``; reading cannot go on then.
  public mutating func next() throws -> CorpusDocument? {
    while position == batch.count {
      guard let batch = try nextBatch(byteCount: Self.readAheadByteCount) else { return nil }
      self.batch = batch
      position = 0
    }
    defer { position += 1 }
    return batch.document(position)
  }

  /// Documents that take about `byteCount` bytes in the input, the last of them up to 64 KiB more, or
  /// one that takes more than that; nil after the last.
  ///
  /// - Throws: `FileError`, ``CorpusError``; reading cannot go on then.
  public mutating func nextBatch(byteCount: Int) throws -> DocumentBatch? {
    guard let unparsed = try nextUnparsedBatch(byteCount: byteCount) else { return nil }
    let batch = try parser.documents(of: unparsed)
    try options.log?.add(batch)
    return batch
  }

  /// The same as ``nextBatch(byteCount:)``, for a ``DocumentParser`` on another thread.
  ///
  /// - Throws: `FileError`, ``CorpusError``; reading cannot go on then.
  public mutating func nextUnparsedBatch(byteCount: Int) throws -> UnparsedBatch? {
    precondition(byteCount > 0, "CorpusReader: an empty batch")
    var batch = UnparsedBatch()
    // The last read asks for more room than the batch has left.
    batch.arena.reserveCapacity(
      byteCount + UnitReader.minimumReadByteCount + DocumentParser.paddingByteCount)
    while batch.arena.count < byteCount {
      if current == nil {
        guard let (path, isNamed) = try walk.next() else {
          try use.finish()
          break
        }
        current = try open(path, isNamed: isNamed)
      }
      if current == nil { continue }
      if try current?.read(into: &batch, byteCount: byteCount) == .end {
        finishedByteCount = readByteCount
        current = nil
      }
    }
    guard batch.count > 0 else { return nil }
    batch.arena.append(contentsOf: repeatElement(0, count: DocumentParser.paddingByteCount))
    return batch
  }

  /// A reader of the input at `path`; nil if it is passed over.
  ///
  /// - Throws: `FileError`; ``CorpusError`` (`notText`) for what cannot be passed over.
  private mutating func open(_ path: String, isNamed: Bool) throws -> UnitReader? {
    let input = try SniffedInput(path, options, opened: opened)
    guard let layout = try layout(of: input.content, path, isNamed: isNamed) else {
      finishedByteCount += input.readByteCount
      return nil
    }
    use.note(layout)
    return UnitReader(path, input, layout, options)
  }

  /// How the documents of an input lie in it; nil if it is passed over.
  private func layout(
    of content: InputContent, _ path: String, isNamed: Bool
  ) throws(CorpusError) -> InputLayout? {
    let isPassedOver = content.isPassedOver(path, isNamed: isNamed)
    switch content {
    case .empty(let layout):
      if isPassedOver { options.log?.addEmpty() }
      return isPassedOver ? nil : layout
    case .documents(let layout, let encoding, _):
      guard !isPassedOver else {
        options.log?.addEmpty()
        return nil
      }
      if encoding == .unknown, layout == .text { options.log?.addUndecoded(path) }
      return layout
    case .foreign(let name, let advice):
      guard isPassedOver, let log = options.log, log.takesForeignInputs else {
        throw CorpusError(.notText(name, advice: advice), path: path)
      }
      log.addSkipped(path, name)
      return nil
    }
  }
}
