public import GobbetBPE
public import GobbetFile

/// Tokens, vocabularies or states that do not belong to a dataset.
public struct TokenDatasetError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What is wrong; clients need a default case, for more may come.
  @nonexhaustive public enum Code: Hashable, Sendable {
    /// An id that the vocabulary does not have; ids are below `bound`.
    case unknownID(TokenID, bound: Int, document: Int)
    /// The codec cannot hold ids up to the vocabulary's largest.
    case codecTooNarrow(TokenCodec, bound: Int)
    /// Another vocabulary than the dataset was made with.
    case wrongVocabulary(expected: ContentDigest, found: ContentDigest)
    /// The files together have more tokens or documents than 63 bits can count.
    case tooManyTokens
    /// Ids that targets of 32 bits with a sign have no room for; they are below `bound`.
    case idsTooLarge(bound: Int)
    /// A document of more tokens than a row has.
    case documentTooLong(Int, tokenCount: Int, limit: Int)
    /// A sampler's state that was taken from another file, or from other windows.
    case foreignState(String)
  }

  /// What is wrong.
  public let code: Code
  /// The dataset's file.
  public let path: String

  package init(_ code: Code, _ path: String) {
    self.code = code
    self.path = path
  }

  /// One line for a terminal or a log.
  public var description: String {
    let what =
      switch code {
      case .unknownID(let id, let bound, let document):
        "document \(document): token id \(id) is not below the vocabulary's bound of \(bound)"
      case .codecTooNarrow(let codec, let bound):
        "codec \(codec.name) cannot hold ids up to \(bound - 1)"
      case .wrongVocabulary(let expected, let found):
        "was made with vocabulary \(expected), not with \(found)"
      case .tooManyTokens: "the files together have too many tokens"
      case .idsTooLarge(let bound): "ids up to \(bound - 1) do not fit targets of 32 bits"
      case .documentTooLong(let document, let tokenCount, let limit):
        "document \(document) has \(tokenCount) tokens, and a row \(limit);"
          + " crop, split or drop what is too long"
      case .foreignState(let reason): "the sampler's state is of something else: \(reason)"
      }
    return "\(path): \(what)"
  }
}
