import Foundation
import GobbetTokenizers

// What mlx-swift-lm 3 declares, for a program that doesn't import it: with `import MLXLMCommon` these
// two protocols and the error go, and the types below stay as they are.

/// `MLXLMCommon.Tokenizer`.
protocol MLXTokenizer: Sendable {
  func encode(text: String, addSpecialTokens: Bool) -> [Int]
  func decode(tokenIds: [Int], skipSpecialTokens: Bool) -> String
  func convertTokenToId(_ token: String) -> Int?
  func convertIdToToken(_ id: Int) -> String?
  var bosToken: String? { get }
  var eosToken: String? { get }
  var unknownToken: String? { get }
  func applyChatTemplate(
    messages: [[String: any Sendable]], tools: [[String: any Sendable]]?,
    additionalContext: [String: any Sendable]?
  ) throws -> [Int]
}

/// `MLXLMCommon.TokenizerLoader`.
protocol MLXTokenizerLoader: Sendable {
  func load(from directory: URL) async throws -> any MLXTokenizer
}

/// `MLXLMCommon.TokenizerError`.
enum MLXTokenizerError: Error { case missingChatTemplate }

/// Loads the tokenizer of a model's folder.
struct GobbetTokenizerLoader: MLXTokenizerLoader {
  func load(from directory: URL) async throws -> any MLXTokenizer {
    try GobbetTokenizer(directory: directory)
  }
}

/// A `Tokenizer` as mlx-swift-lm calls it.
///
/// Tokens go by the text that they stand for, " world" where `tokenizer.json` writes "Ġworld".
struct GobbetTokenizer: MLXTokenizer {
  let bosToken: String?
  let eosToken: String?
  let unknownToken: String?
  private let tokenizer: Tokenizer

  /// Creates the tokenizer of a folder with a vocabulary and, mostly, a `tokenizer_config.json`.
  init(directory: URL) throws {
    tokenizer = Tokenizer(try Vocabulary(tokenizer: directory.path))
    let settings = try TokenizerSettings(folder: directory.path)
    bosToken = settings.beginningToken
    eosToken = settings.endToken
    unknownToken = settings.unknownToken
  }

  func encode(text: String, addSpecialTokens: Bool) -> [Int] {
    // Only a policy that refuses tokens makes an error of them.
    let ids = try? tokenizer.encoded(
      text, allowing: .all, adding: addSpecialTokens ? .template : .none)
    return (ids ?? []).map(Int.init)
  }

  func decode(tokenIds: [Int], skipSpecialTokens: Bool) -> String {
    let vocabulary = tokenizer.vocabulary
    let skipped = Set(
      skipSpecialTokens ? vocabulary.specialTokens.filter(\.isSpecial).map(\.id) : [])
    let ids = tokenIds.compactMap { TokenID(exactly: $0) }.filter {
      vocabulary.bytes(of: $0) != nil && !skipped.contains($0)
    }
    return (try? tokenizer.decoded(ids)) ?? ""
  }

  func convertTokenToId(_ token: String) -> Int? {
    tokenizer.vocabulary.id(of: token.utf8).map(Int.init)
  }

  func convertIdToToken(_ id: Int) -> String? {
    guard let id = TokenID(exactly: id), let bytes = tokenizer.vocabulary.bytes(of: id) else {
      return nil
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Throws: a model's template, `TokenizerSettings.chatTemplate`, is a program in Jinja, which nothing
  /// here runs.
  func applyChatTemplate(
    messages: [[String: any Sendable]], tools: [[String: any Sendable]]?,
    additionalContext: [String: any Sendable]?
  ) throws -> [Int] {
    throw MLXTokenizerError.missingChatTemplate
  }
}
