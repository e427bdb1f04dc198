internal import GobbetBPE
internal import GobbetSystem

/// The files that belong to a `vocab.json`, found beside it by their names or their content.
///
/// Programs save a tokenizer as several files, often after a prefix: `gpt2-vocab.json` goes with
/// `gpt2-merges.txt`, OpenAI's `encoder.json` with `vocab.bpe`.
package struct TokenizerFolder {
  /// The file of tokens.
  private let tokens: any TokenizerFile
  /// What its name has in front of `vocab.json` or `encoder.json`.
  private let prefix: String

  private static let names = VocabularyAndMerges.names

  init(_ tokens: any TokenizerFile) {
    self.tokens = tokens
    let name = fileName(of: tokens.path)
    let ending = Self.names.map(\.tokens).first { name.hasSuffix($0) }
    prefix = ending.map { String(name.dropLast($0.count)) } ?? ""
  }

  /// The name that the file of merges has by convention.
  package static func mergesPath(ofTokens path: String) -> String {
    let name = fileName(of: path)
    for (tokens, merges) in names where name.hasSuffix(tokens) {
      return siblingPath(name.dropLast(tokens.count) + merges, of: path)
    }
    return siblingPath("merges.txt", of: path)
  }

  /// The file of merges: by its name, or the only file in the folder that begins as one does.
  ///
  /// - Throws: ``InterchangeError`` (`incomplete`) if there is none, or more than one could be it; `FileError`.
  func merges() throws -> any TokenizerFile {
    var names = [fileName(of: Self.mergesPath(ofTokens: tokens.path))]
    names += Self.names.flatMap { [prefix + $0.merges, $0.merges] }
    for name in names {
      if let file = try tokens.neighbour(name) { return file }
    }
    let folder = siblingPath("", of: tokens.path)
    let found = try directoryEntries(folder.isEmpty ? "." : folder).compactMap { name in
      guard name.hasSuffix(".txt") || name.hasSuffix(".bpe"),
        let file = try? tokens.file(at: siblingPath(name, of: tokens.path)),
        (try? file.available(in: 0..<8)) == Array("#version".utf8)
      else { return nil as (any TokenizerFile)? }
      return file
    }
    guard let only = found.first else {
      throw InterchangeError(
        .incomplete("holds tokens without merges; put its \(names[0]) beside it"),
        path: tokens.path)
    }
    guard found.count == 1 else {
      let both = found.map { fileName(of: $0.path) }.joined(separator: " and ")
      throw InterchangeError(
        .incomplete(
          "holds tokens without merges, and \(both) could both be theirs; name them \(names[0])"),
        path: tokens.path)
    }
    return only
  }

  /// The tokens of `added_tokens.json`, where transformers saves what was added to a vocabulary.
  ///
  /// - Throws: ``InterchangeError``, `FileError`.
  func addedTokens() throws -> [SpecialToken] {
    guard let file = try tokens.neighbour(prefix + "added_tokens.json") else { return [] }
    let root = try JSONDocument(file.bytes(limit: 1 << 26), path: file.path).root
    guard root.isObject else { throw root.error(.damaged("not an object")) }
    var added: [SpecialToken] = []
    try root.forEach { (key, value) throws(InterchangeError) in
      guard let id = value.size, id < TokenTable.maximumCount else {
        throw root.error(.damaged("not an id below \(TokenTable.maximumCount)"), key: key)
      }
      added.append(SpecialToken(bytes: key, id: TokenID(id)))
    }
    return added
  }

  /// What `tokenizer_config.json` says; nil if there is none.
  ///
  /// - Throws: ``InterchangeError`` for a setting that changes ids and isn't understood; `FileError`.
  func configuration(needsPattern: Bool) throws -> TokenizerConfiguration? {
    try tokens.neighbour(prefix + "tokenizer_config.json").map {
      try TokenizerConfiguration($0, needsPattern: needsPattern)
    }
  }
}
