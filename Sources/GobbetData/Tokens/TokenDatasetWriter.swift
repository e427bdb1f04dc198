public import GobbetBPE
public import GobbetFile

/// Writes documents of tokens into one packed file, in one pass and in bounded memory.
///
/// Codecs that rank ids hold back the first documents until there are enough tokens to count
/// (``TokenDatasetOptions/sampleTokenCount``); the ranks then stay. Ranks from the whole dataset
/// would need a second pass and make the file a third of a percent smaller.
///
/// ```swift
/// let vocabulary = try Vocabulary(recognizing: "my.gobbet")
/// var writer = try TokenDatasetWriter(
///   path: "two.gobbet", vocabulary: vocabulary, replacing: true)
/// try writer.append(document: [39, 78].span, source: "first")
/// try writer.append(document: [13].span, source: "second")
/// _ = try writer.finish()
/// ```
public struct TokenDatasetWriter: ~Copyable {
  private let path: String
  private let codec: TokenCodec
  private let idBound: Int
  private let compressor: Compressor
  private var file: TokenDatasetFile
  private var cutter: TokenBlockCutter
  /// Nil until the ranks are known.
  private var encoder: TokenBlockEncoder?
  private var documents: DocumentColumns
  private let lossRule: LossRule?
  /// Tokens of the document that is open.
  private var openTokenCount = 0

  /// Begins a dataset that appears at `path` when it is finished.
  ///
  /// - Precondition: the options' numbers are in their ranges.
  /// - Throws: ``TokenDatasetError`` (`codecTooNarrow`); `FileError` if the file cannot be made.
  public init(
    path: String, vocabulary: Vocabulary, options: TokenDatasetOptions = TokenDatasetOptions(),
    replacing: Bool = false
  ) throws {
    try self.init(path: path, TokenDatasetVocabulary(vocabulary), options, replacing: replacing)
  }

  /// The same for a vocabulary that is perhaps only named.
  package init(
    path: String, _ vocabulary: TokenDatasetVocabulary, _ options: TokenDatasetOptions,
    replacing: Bool
  ) throws {
    file = try TokenDatasetFile(path: path, vocabulary, options, replacing: replacing)
    self.path = path
    codec = options.codec
    documents = DocumentColumns(options.lossRule)
    lossRule = options.lossRule
    idBound = vocabulary.idBound
    compressor = TokenBlockEncoder.compressor(options.codec)
    cutter = TokenBlockCutter(options, idBound: vocabulary.idBound)
  }

  /// Adds the tokens of a document after those of the others, with its source, such as a path, and
  /// the number of bytes of its text, if the file shall tell them.
  ///
  /// `counted` are the tokens that count in a loss, counted from the document's first; nil for those
  /// that ``TokenDatasetOptions/lossRule`` names, or all.
  /// - Precondition: `byteCount` is not negative; the ranges rise, aren't empty, don't overlap and lie in
  ///   the document.
  /// - Throws: ``TokenDatasetError`` (`unknownID`), and nothing of the document is then added;
  ///   `FileError` if the file cannot be written.
  public mutating func append(
    document: Span<TokenID>, counted: [Range<Int>]? = nil, source: String? = nil,
    byteCount: Int? = nil
  ) throws {
    try append(part: document)
    end(Self.mask(document, counted, lossRule), source, byteCount)
  }

  /// Adds tokens to the document that is open; one that is too long for memory comes in parts.
  ///
  /// - Throws: ``TokenDatasetError`` (`unknownID`), and nothing of the part is then added;
  ///   `FileError` if the file cannot be written.
  public mutating func append(part: Span<TokenID>) throws {
    for index in part.indices where part[index] >= idBound {
      throw TokenDatasetError(
        .unknownID(part[index], bound: idBound, document: documents.documentCount), path)
    }
    cutter.append(part)
    openTokenCount += part.count
    try writeBlocks()
  }

  /// Ends the document that is open, which has the tokens added since the end of the last.
  ///
  /// - Precondition: as of ``append(document:counted:source:byteCount:)``.
  public mutating func endDocument(
    counted: [Range<Int>]? = nil, source: String? = nil, byteCount: Int? = nil
  ) {
    let mask = counted.map { DocumentMask(counted: $0, count: openTokenCount) }
    end(mask ?? .byRule, source, byteCount)
  }

  private mutating func end(_ mask: DocumentMask, _ source: String?, _ byteCount: Int?) {
    documents.append(
      tokenCount: openTokenCount, source: source, byteCount: byteCount, mask: mask)
    openTokenCount = 0
  }

  /// The mask of a document, left to the rule where that says the same.
  package static func mask(
    _ document: Span<TokenID>, _ counted: [Range<Int>]?, _ rule: LossRule?
  ) -> DocumentMask {
    guard let counted else { return .byRule }
    let mask = DocumentMask(counted: counted, count: document.count)
    guard let rule else { return mask }
    let ruled = DocumentMask(counted: rule.ranges(in: document), count: document.count)
    return mask == ruled ? .byRule : mask
  }

  /// Writes what is left, and puts the file under its name.
  ///
  /// `metadata` is JSON that the file shall hold beside the dataset.
  /// - Precondition: no document is open; the metadata are no longer than a file may have.
  /// - Throws: `FileError` if the file cannot be written.
  @discardableResult
  public mutating func finish(metadata: String? = nil) throws -> TokenDatasetSummary {
    precondition(openTokenCount == 0, "TokenDatasetWriter: a document is open")
    try writeBlocks(all: true)
    return try file.finish(documents, metadata: metadata)
  }

  private mutating func writeBlocks(all: Bool = false) throws {
    while let piece = cutter.next(all: all) {
      switch piece {
      case .ranks(let ranks):
        try file.begin(ranks)
        encoder = TokenBlockEncoder(codec, idBound: idBound, ranks)
      case .block(let ids):
        guard let encoder else { preconditionFailure("TokenDatasetWriter: a block before ranks") }
        try file.append(encoder.encode(ids.span, compressor))
      }
    }
  }
}

/// What was written.
public struct TokenDatasetSummary: Hashable, Sendable {
  /// Tokens in the file.
  public let tokenCount: Int
  /// Documents in the file.
  public let documentCount: Int
  /// The content id of the file.
  public let contentID: ContentDigest
}
