public import GobbetBPE
public import GobbetFile

/// A packed file of tokens, read in any order and from any number of threads.
public struct TokenDataset: Sendable {
  /// The file.
  public let path: String
  private let container: ContainerReader
  private let header: TokenDatasetHeader
  private let blocks: TokenBlocks
  private let documents: DocumentIndex

  /// Opens the dataset at `path`; blocks are read and checked when their tokens are asked for.
  ///
  /// Of compressed blocks as many are kept decoded as `cacheByteBudget` allows. Tokens that are not
  /// compressed are mapped: who cuts the file short while it is open ends the process.
  /// - Throws: ``FormatError`` if the file is no dataset or is damaged; ``FileError``.
  public init(path: String, cacheByteBudget: Int = 16 << 20) throws {
    self.path = path
    container = try ContainerReader(path: path)
    let section = try container.requiredSection(.tokenHeader)
    let content = try container.bytes(of: section)
    do throws(FormatError) {
      header = try TokenDatasetHeader(content.span)
    } catch {
      throw error.located(at: section.payloadOffset, in: path)
    }
    blocks = try TokenBlocks(container, header, cacheByteBudget: cacheByteBudget)
    documents = try Self.documents(container, header)
  }

  /// Tokens in all documents.
  public var tokenCount: Int { header.tokenCount }
  /// How many documents there are.
  public var documentCount: Int { header.documentCount }
  /// How the tokens are stored.
  public var codec: TokenCodec { header.codec }
  /// Tokens of each block, but for the last.
  public var blockTokenCount: Int { header.blockTokenCount }
  /// All ids are below this bound.
  public var idBound: Int { header.idBound }
  /// The fingerprint of the vocabulary that the tokens are of.
  public var fingerprint: Digest { header.fingerprint }
  /// The content id of the file.
  public var contentID: Digest { container.contentID }

  /// The tokens of a document, as a range of all tokens.
  ///
  /// - Precondition: `index` is in `0..<documentCount`.
  public func document(_ index: Int) -> Range<Int> { documents[index] }

  /// The document that holds a token.
  ///
  /// - Precondition: `token` is in `0..<tokenCount`.
  public func document(containing token: Int) -> Int { documents.document(containing: token) }

  /// A range of the tokens of all documents, one behind the other.
  ///
  /// - Precondition: `range` lies in `0..<tokenCount`.
  /// - Throws: ``FormatError`` if a block is damaged; ``FileError``.
  /// - Complexity: linear in the tokens of the blocks that the range touches.
  public func tokens(in range: Range<Int>) throws -> [TokenID] {
    precondition(
      range.lowerBound >= 0 && range.upperBound <= tokenCount, "tokens(in:): no such tokens")
    return try blocks.tokens(in: range)
  }

  /// Windows of `length` input tokens that begin every `stride` tokens.
  ///
  /// - Precondition: `length` and `stride` are positive.
  public func windows(length: Int, stride: Int) -> TokenWindows {
    TokenWindows(self, length: length, stride: stride)
  }

  /// The vocabulary of the tokens: the embedded one, else `given`; nil if there is neither.
  ///
  /// - Throws: ``TokenDatasetError`` (`wrongVocabulary`) if it has another fingerprint than the
  ///   dataset names; ``FormatError`` if the embedded one is damaged.
  public func vocabulary(given: Vocabulary? = nil) throws -> Vocabulary? {
    let embedded =
      container.section(.vocabularyHeader) == nil ? nil : try VocabularySections.read(container)
    for vocabulary in [given, embedded] {
      if let found = vocabulary?.fingerprint, found != fingerprint {
        throw TokenDatasetError(.wrongVocabulary(expected: fingerprint, found: found), path)
      }
    }
    return embedded ?? given
  }

  private static func documents(
    _ container: ContainerReader, _ header: TokenDatasetHeader
  ) throws -> DocumentIndex {
    let section = try container.requiredSection(.documentLengths)
    let content = try container.bytes(of: section)
    do throws(FormatError) {
      var reader = ByteReader(content.span)
      var lengths: [Int] = []
      while reader.remainingCount > 0 {
        lengths.append(try reader.readVariable("documents.length"))
      }
      guard lengths.count == header.documentCount, let documents = DocumentIndex(lengths: lengths),
        documents.tokenCount == header.tokenCount
      else {
        throw FormatError(
          code: .damaged("lengths are not those of \(header.documentCount) documents"), offset: 0,
          field: "documents.length")
      }
      return documents
    } catch {
      throw error.located(at: section.payloadOffset, in: container.path)
    }
  }
}
