public import GobbetBPE
internal import GobbetSystem

/// nanochat's `tokenizer.pkl`: a pickle of tiktoken's `Encoding`.
///
/// The pickle is data: nothing that it names is called.
public enum TiktokenPickle {
  static let maximumFileByteCount = 1 << 27

  /// The vocabulary in the file at `path`.
  ///
  /// - Throws: `FileError`; `InterchangeError`: a pickle of something else, or one that is damaged.
  public static func vocabulary(contentsOf path: String) throws -> Vocabulary {
    try vocabulary(wholeFile(path, limit: maximumFileByteCount), path: path)
  }

  /// Whether a pickle that begins so is of an `Encoding`.
  static func begins(_ start: [UInt8]) -> Bool {
    let name = Array("tiktoken.core".utf8)
    let front = start.prefix(64)
    return start.first == 0x80
      && front.indices.contains { front[$0...].starts(with: name) }
  }

  /// The vocabulary in `bytes`; `path` is for errors.
  package static func vocabulary(
    _ bytes: [UInt8], path: String
  ) throws(InterchangeError) -> Vocabulary {
    let (heap, root, _) = try PickleMachine.read(bytes, path: path, field: "pickle")
    func error(_ code: InterchangeError.Code, _ field: String) -> InterchangeError {
      InterchangeError(code, path: path, field: field)
    }
    guard case .call(let function, _) = heap[root],
      heap.globalName(function) == "tiktoken.core.Encoding",
      let state = heap.state(of: root).flatMap({ heap.pairs($0) })
    else {
      throw error(.unsupported("a pickle of something else than tiktoken's Encoding"), "pickle")
    }
    func member(_ name: String) -> Int? { state.last { heap.text($0.key) == name }?.value }
    guard let expression = member("pat_str").flatMap({ heap.text($0) }) else {
      throw error(.damaged("no expression"), "pat_str")
    }
    let pattern: SplitPattern
    do {
      pattern = try SplitPattern(expression: expression, dialect: .tiktoken)
    } catch let refusal {
      throw error(.init(refusal), "pat_str")
    }
    guard let ranks = member("mergeable_ranks").flatMap({ heap.pairs($0) }) else {
      throw error(.damaged("no dictionary"), "mergeable_ranks")
    }
    var entries: [(rank: Int, range: Range<Int>)] = []
    for (key, value) in ranks {
      guard case .bytes(let range) = heap[key], !range.isEmpty, let rank = heap.integer(value),
        (0..<TokenTable.maximumCount).contains(rank)
      else {
        throw error(.damaged("entry \(entries.count) has no bytes or no rank"), "mergeable_ranks")
      }
      entries.append((rank, range))
    }
    entries.sort { $0.rank < $1.rank }
    var specials: [SpecialToken] = []
    for (key, value) in member("special_tokens").flatMap({ heap.pairs($0) }) ?? [] {
      guard let text = heap.text(key), let id = heap.integer(value),
        (0..<TokenTable.maximumCount).contains(id)
      else { throw error(.damaged("an entry without text or id"), "special_tokens") }
      specials.append(SpecialToken(text, id: TokenID(id)))
    }
    do {
      var tokens = TokenTable()
      for (rank, range) in entries {
        guard rank >= tokens.count else {
          throw VocabularyError(.duplicateOf(TokenID(rank)), token: TokenID(rank))
        }
        while tokens.count < rank { try tokens.append([]) }
        try tokens.append(Array(bytes[range]))
      }
      return try Vocabulary(
        ranks: tokens, pattern: pattern, specialTokens: try SpecialTokens(specials))
    } catch let problem as VocabularyError {
      throw InterchangeError(.vocabulary(problem), path: path, field: "mergeable_ranks")
    } catch {
      throw InterchangeError(.damaged("\(error)"), path: path)
    }
  }
}
