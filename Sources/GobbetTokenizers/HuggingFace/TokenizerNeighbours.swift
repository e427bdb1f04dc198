package import GobbetBPE
package import GobbetSystem

/// The files that transformers saves beside a tokenizer and that change no ids: `tokenizer_config.json`, which
/// names the tokens at the ends of a text, and `chat_template.jinja`.
///
/// A vocabulary keeps them as they are, to be written again.
package enum TokenizerNeighbours {
  /// The keys of kept parts, and what the names of their files end in.
  package static let names = [
    (key: "tokenizer_config", ending: "tokenizer_config.json"),
    (key: "chat_template", ending: "chat_template.jinja"),
  ]

  private static let maximumFileByteCount = 1 << 24

  /// The names of tokenizers beside which they are looked for; what stands in front of one stands in front
  /// of their names, too.
  private static let tokenizerEndings = [
    "tokenizer.json", "vocab.json", "encoder.json", "tokenizer.model", "tiktoken.model",
    "vocab.txt",
  ]

  /// What the name of a tokenizer's file has in front of the usual one; nil for another name.
  private static func prefix(of path: String) -> Substring? {
    let name = fileName(of: path)
    return tokenizerEndings.first(where: name.hasSuffix).map { name.dropLast($0.count) }
  }

  /// Whether what a vocabulary keeps is written beside a file of that name.
  package static func belong(beside path: String) -> Bool { prefix(of: path) != nil }

  /// The vocabulary of a file with what lies beside it.
  ///
  /// - Throws: ``InterchangeError`` (`damaged`) for a configuration that isn't an object or too large; `FileError`.
  package static func kept(
    by vocabulary: Vocabulary, of file: any TokenizerFile
  ) throws -> Vocabulary {
    guard let prefix = prefix(of: file.path) else { return vocabulary }
    var pipeline = vocabulary.pipeline
    for (key, ending) in names {
      guard let neighbour = try file.neighbour(prefix + ending) else { continue }
      let text = try neighbour.bytes(limit: maximumFileByteCount)
      guard let kept = String(validating: text, as: UTF8.self) else {
        throw InterchangeError(.damaged("not UTF-8"), path: neighbour.path)
      }
      if ending.hasSuffix(".json") {
        let root = try JSONDocument(text, path: neighbour.path).root
        guard root.isObject else { throw root.error(.damaged("not an object")) }
      }
      pipeline.keptParts[key] = kept
    }
    return try vocabulary.with(pipeline: pipeline)
  }

  /// The files to write beside the tokenizer at `path`.
  ///
  /// - Throws: `FileError` for one that is there with another content, unless it is to be replaced.
  package static func files(
    of vocabulary: Vocabulary, beside path: String, replacing: Bool
  ) throws(FileError) -> [(path: String, text: [UInt8])] {
    guard let prefix = prefix(of: path) else { return [] }
    var files: [(path: String, text: [UInt8])] = []
    for (key, ending) in names {
      guard let text = vocabulary.pipeline.keptParts[key] else { continue }
      let place = siblingPath(prefix + ending, of: path)
      let bytes = Array(text.utf8)
      if exists(place) {
        if (try? wholeFile(place, limit: maximumFileByteCount)) == bytes { continue }
        guard replacing else {
          throw FileError(place, .create, "file exists, with another content")
        }
      }
      files.append((place, bytes))
    }
    return files
  }
}

extension Vocabulary {
  /// The template of a chat, in Jinja, that the files of the tokenizer hold; nil if they hold none.
  ///
  /// It is kept as a text, and nothing here runs it. Of several templates in a `tokenizer_config.json` it is the one named `default`.
  /// - Throws: ``InterchangeError`` for a damaged configuration.
  public var chatTemplate: String? {
    get throws(InterchangeError) {
      if let text = pipeline.keptParts["chat_template"] { return text }
      guard let template = try tokenizerConfiguration()?.present("chat_template") else {
        return nil
      }
      if let text = template.string { return text }
      var found: String?
      try template.forEach { (_, entry) throws(InterchangeError) in
        if try entry.member("name")?.string == "default" {
          found = try entry.member("template")?.string
        }
      }
      return found
    }
  }

  /// The token that a kept `tokenizer_config.json` names, as `bos_token` or `eos_token`; nil if it names none
  /// that the vocabulary has.
  ///
  /// - Throws: ``InterchangeError`` for a damaged configuration.
  public func token(named key: String) throws(InterchangeError) -> TokenID? {
    guard let value = try tokenizerConfiguration()?.present(key) else { return nil }
    let text = value.isObject ? try value.member("content")?.string : value.string
    return text.flatMap { id(of: Array($0.utf8)) }
  }

  private func tokenizerConfiguration() throws(InterchangeError) -> JSONValue? {
    guard let text = pipeline.keptParts["tokenizer_config"] else { return nil }
    return try JSONDocument(Array(text.utf8), path: "tokenizer_config.json").root
  }
}
