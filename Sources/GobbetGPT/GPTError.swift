public import GobbetBPE
internal import GobbetData
internal import GobbetSystem

/// Weights, tokens or settings that a model cannot work with.
public struct GPTError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What is wrong; clients need a default case, for more may come.
  @nonexhaustive public enum Code: Hashable, Sendable {
    /// The source has no configuration and none was given.
    case missingConfiguration
    /// The configuration cannot be read or describes no model; the text says why.
    case invalidConfiguration(String)
    /// A tensor of the model is not in the source.
    case missingTensor(String)
    /// A tensor has another shape than the configuration asks for.
    case wrongShape(String, expected: [Int], found: [Int])
    /// A tensor that the model has no place for.
    case surplusTensor(String)
    /// A tensor with an infinity or a NaN.
    case notFinite(String)
    /// The system has no memory for that many bytes.
    case outOfMemory(byteCount: Int)
    /// No tokens where one at least is needed.
    case noTokens
    /// A token that the model's vocabulary does not have, and its index in the input.
    case unknownToken(TokenID, index: Int, bound: Int)
    /// More tokens than the model can see at once.
    case contextExceeded(tokenCount: Int, contextLength: Int)
    /// Logits after that many tokens are infinite or NaN: the weights are too large to compute with.
    case invalidLogits(tokenCount: Int)
    /// A type of a token that the model does not have, and its index in the input.
    case unknownTokenType(Int, index: Int, bound: Int)
    /// Logits of a model that has no head.
    case noHead
    /// A setting of sampling out of its range; the text says which.
    case invalidSampling(String)
    /// A number of threads that is not 1 to 1,024.
    case invalidThreadCount(Int)
  }

  /// What is wrong.
  public let code: Code

  /// Says what is wrong.
  public init(_ code: Code) { self.code = code }

  /// One line for a terminal or a log.
  public var description: String {
    switch code {
    case .missingConfiguration: "the weights have no \(GPTConfiguration.metadataKey)"
    case .invalidConfiguration(let reason): "configuration: \(reason)"
    case .missingTensor(let name): "tensor \(name.cropped()): missing"
    case .wrongShape(let name, let expected, let found):
      "tensor \(name.cropped()): shape \(found), expected \(expected)"
    case .surplusTensor(let name): "tensor \(name.cropped()): the model has no place for it"
    case .notFinite(let name): "tensor \(name.cropped()): holds an infinity or a NaN"
    case .outOfMemory(let byteCount): "no memory for \(byteCount.counted("byte"))"
    case .noTokens: "there are no tokens to begin with"
    case .unknownToken(let id, let index, let bound):
      "token \(index) is \(id), the vocabulary ends at \(bound - 1)"
    case .contextExceeded(let tokenCount, let contextLength):
      "\(tokenCount.counted("token")), the context holds \(contextLength)"
    case .invalidLogits(let tokenCount):
      "the logits after \(tokenCount.counted("token")) are infinite or NaN: "
        + "the weights are too large"
    case .unknownTokenType(let type, let index, let bound):
      bound == 0
        ? "token \(index) has the type \(type), and the model's tokens have none"
        : "token \(index) has the type \(type), the types end at \(bound - 1)"
    case .noHead: "the model is an encoder: it has states, but no head that makes logits of them"
    case .invalidSampling(let reason): "sampling: \(reason)"
    case .invalidThreadCount(let count): "\(count) threads are asked for: 1 to 1024 are taken"
    }
  }
}
