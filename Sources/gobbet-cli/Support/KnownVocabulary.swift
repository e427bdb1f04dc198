import Foundation
import Gobbet

/// A published vocabulary by its name, out of a cache folder of this machine; nothing is downloaded.
struct KnownVocabulary {
  /// The name to give.
  let name: String
  /// The tokenizer whose ranks the file must have.
  let tokenizer: String
  /// The set of special tokens.
  let specialTokens: String?
  /// The name of the encoding in tiktoken that has these ranks, and that of its file in tiktoken's cache:
  /// the SHA-1 of the address that it is published at.
  let encoding: (name: String, cacheName: String)
  /// The repositories of Hugging Face's that have it.
  let repositories: [String]

  private init(
    _ name: String, tokenizer: String? = nil, specialTokens: String? = nil, encoding: String,
    cacheName: String, repositories: [String] = []
  ) {
    self.name = name
    self.tokenizer = tokenizer ?? name
    self.specialTokens = specialTokens
    self.encoding = (encoding, cacheName)
    self.repositories = repositories
  }

  private static let all = [
    KnownVocabulary(
      "gpt2", encoding: "r50k_base", cacheName: "0ea1e91bbb3a60f729a8dc8f777fd2fc07cd8df4",
      repositories: ["gpt2", "openai-community/gpt2"]),
    KnownVocabulary(
      "r50k_base", tokenizer: "gpt2", encoding: "r50k_base",
      cacheName: "0ea1e91bbb3a60f729a8dc8f777fd2fc07cd8df4"),
    KnownVocabulary(
      "p50k_base", encoding: "p50k_base", cacheName: "ec7223a39ce59f226a68acc30dc1af2788490e15"),
    KnownVocabulary(
      "p50k_edit", tokenizer: "p50k_base", specialTokens: "p50k_edit", encoding: "p50k_base",
      cacheName: "ec7223a39ce59f226a68acc30dc1af2788490e15"),
    KnownVocabulary(
      "cl100k_base", encoding: "cl100k_base",
      cacheName: "9b5ad71b2ce5302211f9c61530b329a4922fc6a4"),
    KnownVocabulary(
      "o200k_base", encoding: "o200k_base",
      cacheName: "fb374d419588a4632f3f557e76b4b70aebbca790"),
    KnownVocabulary(
      "o200k_harmony", tokenizer: "o200k_base", specialTokens: "o200k_harmony",
      encoding: "o200k_base", cacheName: "fb374d419588a4632f3f557e76b4b70aebbca790"),
  ]

  /// All names, for help and errors.
  static var names: String { all.map(\.name).joined(separator: ", ") }

  /// The vocabulary of that name; nil if the name is none.
  init?(named name: String) {
    guard let known = Self.all.first(where: { $0.name == name }) else { return nil }
    self = known
  }

  /// The vocabulary in the first cache that has it; with the special tokens of that set, if one is
  /// named.
  ///
  /// - Throws: ``Failure`` if none has it, or what is there has other ranks.
  func load(specialTokens chosen: String? = nil) throws -> Vocabulary {
    let places = places()
    guard let path = places.first(where: isThere) else {
      throw Failure(
        .noInput,
        "\(name): no such file, and no cache has it: looked for \(places.joined(separator: ", ")); "
          + "tiktoken.get_encoding('\(encoding.name)') in Python puts it into tiktoken's cache")
    }
    let file = try OpenedFile(path)
    let vocabulary = try Vocabulary(file)
    guard WellKnownTokenizer.recognized(vocabulary.tokens)?.name == tokenizer else {
      throw Failure(.badData, "\(path): not the ranks of \(name); delete it and download it again")
    }
    guard let set = chosen ?? specialTokens else { return vocabulary }
    return try Vocabulary(file, specialTokens: set)
  }

  /// Where the file may be: Gobbet's cache, tiktoken's, Hugging Face's.
  private func places() -> [String] {
    let own = CacheFolders.own
    return ["\(own)/\(encoding.name).tiktoken", "\(CacheFolders.tiktoken)/\(encoding.cacheName)"]
      + repositories.flatMap { repository in
        let snapshots = HubSnapshot.snapshots(of: repository)
        let names = (try? FileManager.default.contentsOfDirectory(atPath: snapshots)) ?? []
        return (names.isEmpty ? ["*"] : names.sorted()).map {
          "\(snapshots)/\($0)/tokenizer.json"
        }
      }
  }
}
