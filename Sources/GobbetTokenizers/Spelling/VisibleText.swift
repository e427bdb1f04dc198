package import GobbetBPE

/// How GPT-2's and Hugging Face's files spell the tokens and merges of a vocabulary.
package struct VisibleText {
  /// The UTF-8 of every entry, ordered by id; special tokens as they are.
  package let entries: [(text: [UInt8], id: TokenID)]
  /// The two parts of each merge, in order.
  package let merges: [(left: [UInt8], right: [UInt8])]

  /// Spells `vocabulary`.
  ///
  /// - Throws: ``InterchangeError`` (`notRepresentable`) if a special token is not UTF-8 or looks as
  ///   an ordinary one does.
  package init(_ vocabulary: Vocabulary, path: String?) throws(InterchangeError) {
    var entries: [(text: [UInt8], id: TokenID)] = []
    var texts: Set<[UInt8]> = []
    for id in 0..<TokenID(vocabulary.idBound) {
      let text: [UInt8]
      if vocabulary.tokens.contains(id) {
        text = Self.text(of: vocabulary.tokens[id], in: vocabulary)
      } else if let special = vocabulary.specialTokens.token(withID: id) {
        text = special.bytes
        guard isUTF8(text) else {
          throw InterchangeError(
            .notRepresentable("special token \(id), which is not UTF-8"), path: path)
        }
      } else {
        continue
      }
      guard texts.insert(text).inserted else {
        let name = String(decoding: text, as: UTF8.self)
        throw InterchangeError(
          .notRepresentable("special token \(name), which an ordinary one looks like"), path: path)
      }
      entries.append((text, id))
    }
    self.entries = entries
    merges = Self.merges(of: vocabulary).map { left, right in
      let tokens = vocabulary.tokens
      return (
        Self.text(of: tokens[left], in: vocabulary), Self.text(of: tokens[right], in: vocabulary)
      )
    }
  }

  /// How a token is spelled: as visible characters if symbols are bytes, else as it is.
  private static func text(of token: ArraySlice<UInt8>, in vocabulary: Vocabulary) -> [UInt8] {
    vocabulary.pipeline.symbols.unit == .byte ? VisibleBytes.text(of: token) : Array(token)
  }

  /// The merges that have to be listed for the same ids.
  ///
  /// tiktoken's rule has a merge for each token that its own bytes merge into, and no other pair of
  /// parts comes up for these. Any other token is made by whatever pair spells it.
  private static func merges(of vocabulary: Vocabulary) -> [(TokenID, TokenID)] {
    let derived = vocabulary.merges.lazy.map { ($0.left, $0.right) }
    guard vocabulary.mergeRule == .ranks else { return Array(derived) }
    let tokens = vocabulary.tokens
    var merges: [(TokenID, TokenID)] = []
    var next = vocabulary.merges.startIndex
    for id in 0..<TokenID(truncatingIfNeeded: tokens.count) where tokens[id].count > 1 {
      if next < vocabulary.merges.endIndex, vocabulary.merges[next].result == id {
        merges.append((vocabulary.merges[next].left, vocabulary.merges[next].right))
        next += 1
        continue
      }
      let bytes = tokens[id]
      for middle in bytes.indices.dropFirst() {
        if let left = ordinaryID(of: bytes[..<middle], vocabulary),
          let right = ordinaryID(of: bytes[middle...], vocabulary)
        {
          merges.append((left, right))
        }
      }
    }
    return merges
  }

  private static func ordinaryID(
    of bytes: ArraySlice<UInt8>, _ vocabulary: Vocabulary
  ) -> TokenID? {
    vocabulary.id(of: bytes).flatMap { vocabulary.tokens.contains($0) ? $0 : nil }
  }
}
