/// What happens to special tokens that stand in a text.
public struct SpecialTokenPolicy: Hashable, Sendable {
  /// What happens to those that are not allowed.
  public enum Others: Hashable, Sendable {
    /// They are ordinary text.
    case text
    /// They are an error.
    case error
  }

  /// The bytes of the special tokens that count as such; nil for all of the vocabulary.
  private let allowed: Set<[UInt8]>?
  /// What happens to those that are not allowed.
  public let others: Others

  private init(_ allowed: Set<[UInt8]>?, _ others: Others) {
    self.allowed = allowed
    self.others = others
  }

  /// Special tokens are ordinary text: safe for text that others wrote.
  public static let none = SpecialTokenPolicy([], .text)

  /// Every special token counts as such.
  public static let all = SpecialTokenPolicy(nil, .text)

  /// A text with a special token in it is refused.
  public static let refused = SpecialTokenPolicy([], .error)

  /// These special tokens count as such; other texts are never found.
  public static func only(
    _ texts: some Sequence<String>, others: Others = .text
  ) -> SpecialTokenPolicy {
    SpecialTokenPolicy(Set(texts.map { Array($0.utf8) }), others)
  }

  /// Whether `token` counts as a special token.
  ///
  /// An added token that is not special counts in every text.
  public func allows(_ token: SpecialToken) -> Bool {
    !token.isSpecial || allowed?.contains(token.bytes) ?? true
  }
}

/// Which special tokens an encoder puts around a text.
public enum AddedSpecialTokens: Hashable, Sendable {
  /// None.
  case none
  /// Those of ``TextPipeline/template``; none if the vocabulary has no template.
  case template
}

/// A special token in a text that the caller did not allow.
public struct SpecialTokenError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The special token.
  public let token: SpecialToken
  /// Bytes from the start of the text to it.
  public let offset: Int

  /// One line for a terminal or a log.
  public var description: String { "byte \(offset): special token \(token.text) is not allowed" }
}
