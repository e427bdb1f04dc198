/// An expression that cannot be run.
public struct SplitExpressionError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What is wrong; clients need a default case, for more may come.
  @nonexhaustive public enum Code: Hashable, Sendable {
    /// It isn't an expression: a parenthesis is not closed, or a range ends before it begins.
    case malformed(String)
    /// It is one, but has a part that this package does not run.
    case unsupported(String)
    /// It is too long, nests too deeply, or grows too large when its repeats are written out.
    case tooLarge(String)
  }

  /// What is wrong.
  public let code: Code
  /// Where the part begins, in bytes from the beginning of the expression.
  public let offset: Int
  /// The part.
  public let fragment: String

  init(_ code: Code, offset: Int, fragment: String) {
    self.code = code
    self.offset = offset
    self.fragment = fragment
  }

  /// One line for a terminal or a log.
  public var description: String {
    let reason =
      switch code {
      case .malformed(let reason): reason
      case .unsupported(let reason): "\(reason) isn't supported"
      case .tooLarge(let reason): reason
      }
    return fragment.isEmpty
      ? "the expression \(reason)" : "byte \(offset) of the expression, \(fragment): \(reason)"
  }
}
