/// Why a vocabulary cannot be trained.
public enum TrainingError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The size leaves no room for the bytes and the special tokens, which need `minimum`.
  case vocabularyTooSmall(size: Int, minimum: Int)
  /// The size is larger than ``TokenTable/maximumCount``.
  case vocabularyTooLarge(size: Int)
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
      "a vocabulary of \(size) has no room for the \(minimum) bytes and special tokens"
    case .vocabularyTooLarge(let size):
      "a vocabulary of \(size) is larger than \(TokenTable.maximumCount)"
    case .noPretokens: "there is no text to learn from"
    case .tooManyPretokens: "the unique pretokens have more than \(UInt32.max) bytes"
    case .countsTooLarge: "the counts add up to more than \(UInt64.max)"
    }
  }
}
