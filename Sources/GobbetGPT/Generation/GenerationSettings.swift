public import GobbetBPE

/// How prompts are continued.
public struct GenerationSettings: Hashable, Sendable {
  /// What happens when a sequence has filled the context of the model.
  public enum ContextEnd: Hashable, Sendable {
    /// The next token is an error (`contextExceeded`).
    case fails
    /// The sequence ends.
    case stops
    /// Every further token is computed from the last tokens that fill the context, all of them anew:
    /// they have moved, and positions are part of what they are. As slow as it is exact.
    case slides
  }

  /// How logits become a token.
  public var sampling = Sampling.greedy
  /// The seed of the choices; each sequence of a batch draws as if it were alone.
  public var seed: UInt64 = 0
  /// Tokens that are never drawn, such as rows of the model that the vocabulary has no token for.
  public var excludedTokens: Set<TokenID> = []
  /// Tokens that end a sequence; they are handed out.
  public var stopTokens: Set<TokenID> = []
  /// Tokens that are generated at most.
  public var maximumTokenCount = Int.max
  /// What happens when a sequence has filled the context.
  public var contextEnd = ContextEnd.fails

  /// The likeliest tokens, up to the end of the context.
  public init() {}
}
