internal import GobbetBPE
internal import GobbetData
internal import GobbetSystem

/// The files that belong to a `vocab.json`, found beside it by their names or their content.
///
/// Programs save a tokenizer as several files, often behind a prefix: `gpt2-vocab.json` goes with
/// `gpt2-merges.txt`, OpenAI's `encoder.json` with `vocab.bpe`.
struct TokenizerFolder {
  /// The file of tokens.
  let tokensPath: String
  /// What its name has in front of `vocab.json` or `encoder.json`.
  private let prefix: String

  /// The names that the two files of a pair end in.
  private static let pairs = [("vocab.json", "merges.txt"), ("encoder.json", "vocab.bpe")]

  init(tokensPath: String) {
    self.tokensPath = tokensPath
    let name = fileName(of: tokensPath)
    let ending = Self.pairs.map(\.0).first { name.hasSuffix($0) }
    prefix = ending.map { String(name.dropLast($0.count)) } ?? ""
  }

  private func path(_ name: String) -> String { siblingPath(name, of: tokensPath) }

  /// The name that the file of merges has by convention.
  static func mergesPath(ofTokens path: String) -> String {
    let name = fileName(of: path)
    for (tokens, merges) in pairs where name.hasSuffix(tokens) {
      return siblingPath(name.dropLast(tokens.count) + merges, of: path)
    }
    return siblingPath("merges.txt", of: path)
  }

  /// The file of merges: by its name, or the only file in the folder that begins as one does.
  ///
  /// - Throws: `LoadingError` if there is none, or more than one could be it; `FileError`.
  func mergesPath() throws -> String {
    var names = [fileName(of: Self.mergesPath(ofTokens: tokensPath))]
    names += Self.pairs.flatMap { [prefix + $0.1, $0.1] }
    if let name = names.first(where: { exists(path($0)) }) { return path(name) }
    let folder = siblingPath("", of: tokensPath)
    let found = try directoryEntries(folder.isEmpty ? "." : folder).filter { name in
      guard name.hasSuffix(".txt") || name.hasSuffix(".bpe") else { return false }
      guard let file = try? InputFile(path(name), regularOnly: true) else { return false }
      return (try? file.bytes(in: 0..<8)) == Array("#version".utf8)
    }
    guard let only = found.first else {
      throw LoadingError(
        path: tokensPath,
        reason: "holds tokens without merges; put its \(names[0]) beside it")
    }
    guard found.count == 1 else {
      throw LoadingError(
        path: tokensPath,
        reason: "holds tokens without merges, and \(found.joined(separator: " and ")) could both "
          + "be theirs; name them \(names[0])")
    }
    return path(only)
  }

  /// The tokens of `added_tokens.json`, where transformers saves what was added to a vocabulary.
  ///
  /// - Throws: ``InterchangeError``, `FileError`.
  func addedTokens() throws -> [SpecialToken] {
    let file = path(prefix + "added_tokens.json")
    guard exists(file) else { return [] }
    let root = try JSONDocument(try wholeFile(file, limit: 1 << 26), path: file).root
    guard root.isObject else { throw root.error(.damaged("not an object")) }
    var tokens: [SpecialToken] = []
    try root.forEach { (key, value) throws(InterchangeError) in
      guard let id = value.size, id < TokenTable.maximumCount else {
        throw root.error(.damaged("not an id below \(TokenTable.maximumCount)"), key: key)
      }
      tokens.append(SpecialToken(bytes: key, id: TokenID(id)))
    }
    return tokens
  }

  /// What `tokenizer_config.json` says; nil if there is none.
  ///
  /// - Throws: ``InterchangeError`` for a setting that changes ids and isn't understood; `FileError`.
  func configuration(needsPattern: Bool) throws -> TokenizerConfiguration? {
    let file = path(prefix + "tokenizer_config.json")
    guard exists(file) else { return nil }
    return try TokenizerConfiguration(contentsOf: file, needsPattern: needsPattern)
  }
}
