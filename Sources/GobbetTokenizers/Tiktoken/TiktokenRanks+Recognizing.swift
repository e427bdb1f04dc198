package import GobbetBPE

extension TiktokenRanks {
  /// Whether a file that begins so holds ranks: its first line that isn't blank is base64, white space
  /// and a number.
  package static func begins(_ start: [UInt8]) -> Bool {
    let line = start.drop { $0.isJSONSpace }.prefix { $0 != 0x0A && $0 != 0x0D }
    let parts = line.split { $0 == 0x20 || $0 == 0x09 }
    guard parts.count == 2, parts[0].count % 4 == 0 else { return false }
    return parts[1].allSatisfy { (0x30...0x39).contains($0) }
      && parts[0].allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "/"),
          UInt8(ascii: "="):
          true
        default: false
        }
      }
  }

  /// The vocabulary in a file of ranks, of which those that are published say the rest.
  ///
  /// `given` is how text is split, and `setName` a set of special tokens; `added` are others.
  /// Beside the file, a `tokenizer_config.json` names special tokens, too, as that of Kimi does. `digest` is a SHA-256.
  /// - Throws: `FileError`; ``InterchangeError``: `incomplete` if nothing says how text is split, or
  ///   which set that is.
  package static func vocabulary(
    recognizing file: any TokenizerFile, pattern given: SplitPattern?,
    specialTokens setName: String?, specials added: [SpecialToken] = [],
    digest: (Span<UInt8>) -> String = { SHA256.hexadecimal(of: $0) }
  ) throws -> Vocabulary {
    let text = try file.bytes(limit: maximumFileByteCount)
    let path = file.path
    let ranks = try tokens(text.span, path: path)
    let published = WellKnownTokenizer.recognized(ranks, text: text, digest: digest)
    guard let pattern = given ?? published?.pattern else {
      throw InterchangeError(
        .incomplete(
          "doesn't say how text is split, and isn't a published file; give the pattern"),
        path: path)
    }
    // With another pattern it is another tokenizer, and its special tokens are its own affair.
    let known = published.flatMap { $0.pattern == pattern ? $0 : nil }
    var specials = known?.specialTokens ?? []
    if let setName {
      guard let named = known?.specialTokens(named: setName) else {
        let names = published.map { $0.specialTokenNames.joined(separator: " and ") }
        throw InterchangeError(
          .incomplete(
            names.map { "has no set of special tokens named \(setName); there are \($0)" }
              ?? "isn't a published file: there is no set of special tokens for it"),
          path: path)
      }
      specials = named
    }
    var tokens = specials.map { SpecialToken($0.text, id: $0.id) }
    if setName == nil, let file = try file.neighbour("tokenizer_config.json") {
      tokens.take(try TokenizerConfiguration(file, needsPattern: false).addedTokens)
    }
    tokens.take(added)
    do throws(VocabularyError) {
      return try Vocabulary(
        ranks: ranks, pattern: pattern, specialTokens: try SpecialTokens(tokens))
    } catch {
      let line =
        if let rank = error.token { Self.line(ofRank: rank, in: text.span) } else { Int?.none }
      throw InterchangeError(.vocabulary(error), path: path, line: line)
    }
  }
}

extension [SpecialToken] {
  /// Takes others in, each in the place of those with its id or its bytes.
  fileprivate mutating func take(_ others: [SpecialToken]) {
    let (ids, texts) = (Set(others.map(\.id)), Set(others.map(\.bytes)))
    removeAll { ids.contains($0.id) || texts.contains($0.bytes) }
    self += others
  }
}
