/// Why tokens, merges and special tokens do not make a vocabulary.
public struct VocabularyError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What is wrong; clients need a default case, for more may come.
  @nonexhaustive public enum Code: Hashable, Sendable {
    /// The order of the first tokens does not hold each of the 256 bytes once.
    case byteOrder
    /// No token is this single byte, so that not every text could be encoded.
    case missingByte(UInt8)
    /// The token has the same bytes as this other one.
    case duplicateOf(TokenID)
    /// The token is longer than ``TokenTable/maximumTokenByteCount``.
    case tokenTooLong
    /// The tokens together are longer than ``TokenTable/maximumByteCount``, or the special ones
    /// than ``SpecialTokens/maximumByteCount``.
    case tokensTooLong
    /// The results of the merges together, each as often as merges make it, are longer than
    /// ``TokenTable/maximumMergedByteCount``.
    case mergesTooLong
    /// An id is ``TokenTable/maximumCount`` or larger.
    case idTooLarge
    /// A merge names an id that isn't a token, or not yet one.
    case unknownToken
    /// The merge's result has other bytes than its two parts together.
    case mergeBytes
    /// An earlier merge joins the same two tokens.
    case duplicateMerge
    /// There are ``TokenTable/maximumCount`` merges or more.
    case tooManyMerges
    /// A special token has no bytes.
    case emptySpecialToken
    /// Two special tokens have the same bytes, or the same id.
    case duplicateSpecialToken
    /// The id of a special token belongs to an ordinary token with other bytes.
    case specialTokenClash
    /// The pipeline uses an id that no token has.
    case pipelineToken
    /// A piece that merges has more than 2,048 bytes.
    case pieceTooLong
    /// The expressions of the pipeline together take up to that many steps for each character of a text,
    /// this one the most: more than a pipeline may.
    case pipelineSteps(Int, most: String)
    /// The normalizers of the pipeline may make a text that many times as long: more than they may.
    case pipelineGrowth(Int)
  }

  /// What is wrong.
  public let code: Code
  /// The token it is wrong with, if it is one.
  public let token: TokenID?
  /// The index of the merge it is wrong with, if it is one.
  public let mergeIndex: Int?

  package init(_ code: Code, token: TokenID? = nil, mergeIndex: Int? = nil) {
    self.code = code
    self.token = token
    self.mergeIndex = mergeIndex
  }

  /// One line for a terminal or a log.
  public var description: String {
    let what =
      switch code {
      case .byteOrder: "the byte order is not a permutation of the 256 bytes"
      case .missingByte(let byte): "no token is the single byte \(byte)"
      case .duplicateOf(let other): "has the same bytes as token \(other)"
      case .tokenTooLong: "is longer than \(TokenTable.maximumTokenByteCount) bytes"
      case .tokensTooLong: "the tokens together are too long"
      case .mergesTooLong:
        "what the merges make is longer than \(TokenTable.maximumMergedByteCount) bytes together: "
          + "leave out long tokens that many pairs make"
      case .idTooLarge: "is not below \(TokenTable.maximumCount)"
      case .unknownToken: "isn't a token that the merge could use"
      case .mergeBytes: "has other bytes than the two parts of the merge"
      case .duplicateMerge: "an earlier merge joins the same two tokens"
      case .tooManyMerges: "there are more merges than \(TokenTable.maximumCount - 1)"
      case .emptySpecialToken: "a special token has no bytes"
      case .duplicateSpecialToken: "two special tokens have the same bytes or the same id"
      case .pipelineToken: "isn't a token that the pipeline could use"
      case .pieceTooLong: "is a piece of more than \(PieceMerges.maximumByteCount) bytes"
      case .pipelineSteps(let count, let most):
        "the expressions of the pipeline take up to \(count) steps for each character, most of them "
          + "\(most), and at most \(TextPipeline.maximumStepsPerScalar) are supported"
      case .pipelineGrowth(let times):
        "the normalizers of the pipeline make a text up to \(times) times as long, and at most "
          + "\(TextPipeline.maximumStepsPerScalar) times is supported"
      case .specialTokenClash: "is both a special token and an ordinary one with other bytes"
      }
    let place = [mergeIndex.map { "merge \($0)" }, token.map { "token \($0)" }].compactMap { $0 }
    return place.isEmpty ? what : "\(place.joined(separator: ", ")): \(what)"
  }
}
