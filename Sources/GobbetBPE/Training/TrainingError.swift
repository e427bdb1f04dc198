/// Why a vocabulary cannot be trained.
public enum TrainingError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The size leaves no room for the tokens that are there from the start, special ones too.
  case vocabularyTooSmall(size: Int, minimum: Int)
  /// The size is larger than ``TokenTable/maximumCount``.
  case vocabularyTooLarge(size: Int)
  /// A vocabulary cannot be continued, because this token of it is not made by one merge of tokens
  /// made before.
  case notMadeByMerges(token: TokenID)
  /// The id of a piece is taken, or not below the size.
  case pieceID(String, id: Int)
  /// An id is kept for a piece, and there are fewer pieces than that.
  case pieceIDBeyond(id: Int)
  /// A piece has no text, or is there already.
  case duplicatePiece(String)
  /// A setting is out of its range: one lower-case line.
  case pieceSetting(String)
  /// A vocabulary cannot be continued, because its tokens aren't made of single bytes.
  case notMadeOfBytes
  /// There is not a single pretoken to learn from.
  case noPretokens
  /// The pretokens, each taken once, have more bytes together than can be numbered.
  case tooManyPretokens
  /// The counts add up to more than 64 bits hold.
  case countsTooLarge

  /// One line for a terminal or a log.
  public var description: String {
    switch self {
    case .vocabularyTooSmall(let size, let minimum):
      "a vocabulary of \(size) has no room for the \(minimum) tokens it starts with"
    case .vocabularyTooLarge(let size):
      "a vocabulary of \(size) is larger than \(TokenTable.maximumCount)"
    case .notMadeByMerges(let token): "token \(token) is not made by one merge of earlier tokens"
    case .notMadeOfBytes: "the vocabulary is not made of all 256 bytes, and can't be continued"
    case .pieceID(let text, let id):
      "the id \(id) of \(text) is taken, or not below the size of the vocabulary"
    case .pieceIDBeyond(let id): "the id \(id) is kept for a piece, but there are fewer pieces"
    case .duplicatePiece(let text): "the piece \(text) has no text, or is there already"
    case .pieceSetting(let reason): reason
    case .noPretokens: "there is no text to learn from"
    case .tooManyPretokens: "the unique pretokens have more than 1,073,741,824 bytes together"
    case .countsTooLarge: "the counts add up to more than \(UInt64.max)"
    }
  }
}
