package import GobbetBPE

/// Tokens and merges as GPT-2 and Hugging Face write them: strings of visible characters.
package struct VisibleVocabulary {
  /// All entries, special ones too, as the UTF-8 that the file has for them.
  package private(set) var entries = EntryTable()
  /// The parts of the merge that is read, one after the other, and where the first one ends.
  private var parts: [UInt8] = []
  private var middle = 0
  /// The merges in order, with ``noToken`` for a part that isn't a token.
  private var merges: [TokenMerge] = []
  private let path: String?
  /// Whether tokens are bytes that are spelled as visible characters, rather than text.
  let isByteLevel: Bool
  /// Whether the first of several merges of the same two tokens counts, as to llama.cpp, rather than the
  /// last.
  package var firstMergeCounts = false
  /// What tokens end with that stand for ends of words.
  package var endOfWordSuffix: [UInt8] = []

  /// In place of a token that is not there.
  private static let noToken = TokenID.max

  package init(path: String?, isByteLevel: Bool = true) {
    self.path = path
    self.isByteLevel = isByteLevel
  }

  /// Whether each of the 256 bytes is an entry.
  package var hasEveryByte: Bool {
    (UInt8.min...UInt8.max).allSatisfy { id(of: VisibleBytes.text(of: CollectionOfOne($0))) != nil }
  }

  /// The id of an entry.
  package func id(of text: [UInt8]) -> TokenID? { entries.id(of: text.span, text.indices) }

  /// Whether an entry is a symbol that pretokens are made of before anything merges.
  private func isSymbol(_ text: [UInt8]) -> Bool {
    let suffix = endOfWordSuffix
    if !suffix.isEmpty, text.count > suffix.count, text.suffix(suffix.count) == suffix[...] {
      return isLetter(Array(text.dropLast(suffix.count)))
    }
    return isLetter(text)
  }

  private func isLetter(_ text: [UInt8]) -> Bool {
    if isByteLevel { return VisibleBytes.bytes(of: text)?.count == 1 }
    return text.count <= 4 && String(decoding: text, as: UTF8.self).unicodeScalars.count == 1
  }

  /// Reads the entries of a JSON object of strings and ids.
  ///
  /// - Throws: ``InterchangeError`` (`damaged`): no object, an invalid id, an entry or an id
  ///   twice.
  mutating func readEntries(_ object: JSONValue) throws(InterchangeError) {
    guard object.isObject else { throw object.error(.damaged("not an object")) }
    try object.forEachMember { (key, value) throws(InterchangeError) in
      guard let id = value.size, id < TokenTable.maximumCount else {
        let reason = "not an id below \(TokenTable.maximumCount)"
        throw object.error(.damaged(reason), key: [UInt8](copying: key))
      }
      let reason: String
      switch entries.insert(key, id: TokenID(id)) {
      case .done: return
      case .textIsThere: reason = "the token is there twice"
      case .idIsThere: reason = "the id \(id) is there twice"
      }
      throw object.error(.damaged(reason), key: [UInt8](copying: key))
    }
  }

  /// Adds an entry; false if its text or id is there already.
  package mutating func append(_ text: [UInt8], id: TokenID) -> Bool {
    entries.insert(text.span, id: id) == .done
  }

  /// Gives the next merge its left part, or, after that, its right one.
  package mutating func append(part: Span<UInt8>) {
    middle = parts.count
    parts.append(addingCapacity: part.count) { output in
      for index in part.indices { output.append(part[index]) }
    }
  }

  /// Ends the merge whose two parts, entries that are there already, were given.
  mutating func finishMerge() {
    merges.append(mergeOfParts)
    parts.removeAll(keepingCapacity: true)
  }

  private var mergeOfParts: TokenMerge {
    let text = parts.span
    return TokenMerge(
      left: entries.id(of: text, 0..<middle) ?? Self.noToken,
      right: entries.id(of: text, middle..<text.count) ?? Self.noToken,
      result: entries.id(of: text, text.indices) ?? Self.noToken)
  }

  /// Adds a merge of two entries with a space between them; false if it is none.
  package mutating func append(line: Span<UInt8>) -> Bool {
    var space = 0
    for index in line.indices where line[index] == UInt8(ascii: " ") {
      // None in front, and no other.
      guard index > 0, space == 0 else { return false }
      space = index
    }
    guard space > 0, space + 1 < line.count else { return false }
    append(part: line.extracting(..<space))
    append(part: line.extracting((space + 1)...))
    finishMerge()
    return true
  }

  /// The entries that are neither single bytes nor made by a merge.
  func entriesWithoutMerge() -> [SpecialToken] {
    let made = Set(merges.map(\.result))
    var found: [SpecialToken] = []
    entries.forEach { text, id in
      guard !made.contains(id), VisibleBytes.bytes(of: text)?.count != 1 else { return }
      found.append(SpecialToken(bytes: Array(text), id: id))
    }
    return found
  }

  /// The vocabulary; `field` says where in the file tokens and merges are.
  ///
  /// - Throws: ``InterchangeError``: a string that stands for no bytes, a merge of what isn't a token,
  ///   or `vocabulary`.
  package func vocabulary(
    specialTokens: [SpecialToken], mergeRule: MergeRule, pattern: SplitPattern,
    pipeline: TextPipeline = .plain, tokensField: String, mergesField: String
  ) throws(InterchangeError) -> Vocabulary {
    for (index, merge) in merges.enumerated() {
      guard merge.left != Self.noToken, merge.right != Self.noToken, merge.result != Self.noToken
      else {
        throw InterchangeError(
          .damaged("a part, or both together, aren't a token"), path: path,
          field: "\(mergesField)[\(index)]")
      }
    }
    // A special token that merges make, too, or that is a symbol, is an ordinary one as well.
    var isSpecial = [Bool](repeating: false, count: entries.idBound)
    for token in specialTokens where Int(token.id) < isSpecial.count && !isSymbol(token.bytes) {
      isSpecial[Int(token.id)] = true
    }
    for merge in merges {
      isSpecial[Int(merge.left)] = false
      isSpecial[Int(merge.right)] = false
      isSpecial[Int(merge.result)] = false
    }
    let tokens = try table(without: isSpecial, tokensField)
    func vocabulary(_ merges: [TokenMerge]) throws(VocabularyError) -> Vocabulary {
      try Vocabulary(
        tokens: tokens, merges: merges, mergeRule: mergeRule, pattern: pattern,
        specialTokens: SpecialTokens(specialTokens), pipeline: pipeline)
    }
    do throws(VocabularyError) {
      do throws(VocabularyError) {
        return try vocabulary(merges)
      } catch {
        guard error.code == .duplicateMerge else { throw error }
        return try vocabulary(mergesOnce)
      }
    } catch {
      if error.code == .specialTokenClash, let id = error.token, let text = entries.text(of: id) {
        let text = String(decoding: text, as: UTF8.self)
        throw InterchangeError(
          .unsupported(
            "an added token \(text) that is spelled as token \(id), which stands for other bytes; "
              + "leave it out of the added tokens"),
          path: path, field: tokensField)
      }
      throw InterchangeError(.vocabulary(error), path: path)
    }
  }

  /// The merges without those of the same two tokens as another that counts.
  private var mergesOnce: [TokenMerge] {
    var pairs: Set<UInt64> = []
    func isNew(_ merge: TokenMerge) -> Bool {
      pairs.insert(UInt64(merge.left) << 32 | UInt64(merge.right)).inserted
    }
    return firstMergeCounts ? merges.filter(isNew) : merges.reversed().filter(isNew).reversed()
  }

  private func table(
    without isSpecial: [Bool], _ field: String
  ) throws(InterchangeError) -> TokenTable {
    var table = TokenTable()
    let bound =
      isSpecial.indices.last {
        !isSpecial[$0] && entries.text(of: TokenID(truncatingIfNeeded: $0)) != nil
      }.map { $0 + 1 } ?? 0
    var bytes: [UInt8] = []
    for id in 0..<TokenID(truncatingIfNeeded: bound) {
      bytes.removeAll(keepingCapacity: true)
      if !isSpecial[Int(id)], let text = entries.text(of: id) {
        let stands = isByteLevel ? VisibleBytes.append(bytesOf: text, to: &bytes) : true
        if !isByteLevel { bytes += text }
        guard stands, !bytes.isEmpty else {
          let name = String(decoding: text, as: UTF8.self)
          throw InterchangeError(
            .damaged("does not stand for bytes"), path: path, field: "\(field).\(name)")
        }
      }
      do {
        try table.append(bytes)
      } catch {
        throw InterchangeError(.vocabulary(error), path: path, field: field)
      }
    }
    return table
  }
}
