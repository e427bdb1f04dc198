internal import GobbetBPE

/// Tokens and merges as GPT-2 and Hugging Face write them: strings of visible characters.
struct VisibleVocabulary {
  /// The ids of all entries, special ones too, by the UTF-8 that the file has for them.
  private(set) var ids: [[UInt8]: TokenID] = [:]
  private(set) var texts: [TokenID: [UInt8]] = [:]
  /// The merges in order, each as its two parts.
  private var pairs: [(left: [UInt8], right: [UInt8])] = []
  private let path: String?
  /// Whether tokens are bytes that are spelled as visible characters, rather than text.
  let isByteLevel: Bool
  /// What tokens end with that stand for ends of words.
  var endOfWordSuffix: [UInt8] = []

  init(path: String?, isByteLevel: Bool = true) {
    self.path = path
    self.isByteLevel = isByteLevel
  }

  /// Whether each of the 256 bytes is an entry.
  var hasEveryByte: Bool {
    (UInt8.min...UInt8.max).allSatisfy { ids[VisibleBytes.text(of: CollectionOfOne($0))] != nil }
  }

  /// The bytes that an entry stands for; nil if it stands for none.
  private func bytes(of text: [UInt8]) -> [UInt8]? {
    isByteLevel ? VisibleBytes.bytes(of: text) : text
  }

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
  /// - Throws: ``InterchangeError`` (`damaged`): no object, an id that is none, an entry or an id
  ///   twice.
  mutating func readEntries(_ object: JSONValue) throws(InterchangeError) {
    guard object.isObject else { throw object.error(.damaged("not an object")) }
    try object.forEach { (key, value) throws(InterchangeError) in
      guard let id = value.size, id < TokenTable.maximumCount else {
        throw object.error(.damaged("not an id below \(TokenTable.maximumCount)"), key: key)
      }
      guard ids.updateValue(TokenID(id), forKey: key) == nil else {
        throw object.error(.damaged("the token is there twice"), key: key)
      }
      guard texts.updateValue(key, forKey: TokenID(id)) == nil else {
        throw object.error(.damaged("the id \(id) is there twice"), key: key)
      }
    }
  }

  /// Adds an entry; false if its text or id is there already.
  mutating func append(_ text: [UInt8], id: TokenID) -> Bool {
    ids.updateValue(id, forKey: text) == nil && texts.updateValue(text, forKey: id) == nil
  }

  /// Adds a merge.
  mutating func append(left: [UInt8], right: [UInt8]) { pairs.append((left, right)) }

  /// Adds a merge of two strings with a space between them; false if it is none.
  mutating func append(line: ArraySlice<UInt8>) -> Bool {
    guard let space = line.firstIndex(of: UInt8(ascii: " ")) else { return false }
    let right = line[(space + 1)...]
    guard space > line.startIndex, !right.isEmpty, !right.contains(UInt8(ascii: " ")) else {
      return false
    }
    append(left: Array(line[..<space]), right: Array(right))
    return true
  }

  /// The entries that are neither single bytes nor made by a merge.
  func entriesWithoutMerge() -> [SpecialToken] {
    let made = Set(pairs.map { $0.left + $0.right })
    return ids.compactMap { text, id in
      guard !made.contains(text), VisibleBytes.bytes(of: text)?.count != 1 else { return nil }
      return SpecialToken(bytes: text, id: id)
    }
  }

  /// The vocabulary; `field` says where in the file tokens and merges are.
  ///
  /// - Throws: ``InterchangeError``: a string that stands for no bytes, a merge of what is no token,
  ///   or `vocabulary`.
  func vocabulary(
    specialTokens: [SpecialToken], mergeRule: MergeRule, pattern: SplitPattern,
    pipeline: TextPipeline = .plain, tokensField: String, mergesField: String
  ) throws(InterchangeError) -> Vocabulary {
    var merges: [TokenMerge] = []
    merges.reserveCapacity(pairs.count)
    for (index, pair) in pairs.enumerated() {
      guard let left = ids[pair.left], let right = ids[pair.right],
        let result = ids[pair.left + pair.right]
      else {
        throw InterchangeError(
          .damaged("a part, or both together, are no token"), path: path,
          field: "\(mergesField)[\(index)]")
      }
      merges.append(TokenMerge(left: left, right: right, result: result))
    }
    // A special token that merges make, too, or that is a symbol, is an ordinary one as well.
    var specialIDs = Set(specialTokens.lazy.filter { !isSymbol($0.bytes) }.map(\.id))
    for merge in merges { specialIDs.subtract([merge.left, merge.right, merge.result]) }
    let tokens = try table(without: specialIDs, tokensField)
    do {
      return try Vocabulary(
        tokens: tokens, merges: merges, mergeRule: mergeRule, pattern: pattern,
        specialTokens: SpecialTokens(specialTokens), pipeline: pipeline)
    } catch {
      throw InterchangeError(.vocabulary(error), path: path)
    }
  }

  private func table(
    without specialIDs: Set<TokenID>, _ field: String
  ) throws(InterchangeError) -> TokenTable {
    var table = TokenTable()
    let bound = texts.keys.filter { !specialIDs.contains($0) }.max().map { Int($0) + 1 } ?? 0
    for id in 0..<TokenID(bound) {
      var bytes: [UInt8] = []
      if let text = texts[id], !specialIDs.contains(id) {
        guard let visible = self.bytes(of: text), !visible.isEmpty else {
          let name = String(decoding: text, as: UTF8.self)
          throw InterchangeError(
            .damaged("does not stand for bytes"), path: path, field: "\(field).\(name)")
        }
        bytes = visible
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
