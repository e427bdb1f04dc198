/// Merges texts as SentencePiece does where a list of merges doesn't say everything: pieces of equal
/// scores, unused pieces, and characters that are part of pieces but are none.
///
/// What a part of a text is while it merges: a token, or past the tokens a character that has none.
/// - Source: `bpe::Model::SampleEncode` of SentencePiece 0.2.3; pinned by `Fixtures/sentencepiece`.
struct PieceTextMerger: Sendable {
  private typealias Symbol = UInt32

  /// What two symbols become.
  private struct Join {
    var rank: UInt32
    var result: TokenID
  }

  /// A whole symbol has this bit beside its token, and nothing merges with it.
  private static let isolated: Symbol = 1 << 31
  /// A character that is part of no piece.
  private static let unknown = Symbol.max

  private let vocabulary: Vocabulary
  private let byteTokens: [TokenID?]
  private let unused: Set<TokenID>
  private var characters: [UInt32: Symbol] = [:]
  /// The bytes of each character without a token, in the order of their symbols.
  private var characterByteCounts: [Int] = []
  private var joins: [UInt64: Join] = [:]

  /// Nil if the list of merges says everything.
  init?(_ vocabulary: Vocabulary) {
    let settings = vocabulary.pipeline.symbols
    guard let order = settings.pieceOrder, order.mergesTexts else { return nil }
    self.vocabulary = vocabulary
    unused = Set(order.unused)
    byteTokens = (UInt8.min...UInt8.max).map {
      vocabulary.ordinaryID(of: ByteTokens.text(of: $0).span)
    }
    let tokens = vocabulary.tokens
    let wholes = Set(settings.wholeSymbols)
    for id in 0..<TokenID(truncatingIfNeeded: tokens.count) where !wholes.contains(id) {
      if let scalar = UTF8Scalar.only(of: tokens[id]) { characters[scalar] = id }
    }
    let arena = tokens.arena.span
    let mergeable = Set(order.pieces.map(\.id))
    for (piece, rank) in zip(order.pieces, order.ranks) {
      let range = tokens.range(of: piece.id)
      for middle in range.dropFirst() where arena[middle] & 0xC0 != 0x80 {
        guard let left = part(arena, range.lowerBound..<middle, mergeable, vocabulary),
          let right = part(arena, middle..<range.upperBound, mergeable, vocabulary)
        else { continue }
        joins[Self.key(left, right)] = Join(
          rank: UInt32(truncatingIfNeeded: rank), result: piece.id)
      }
    }
  }

  private static func key(_ left: Symbol, _ right: Symbol) -> UInt64 {
    UInt64(left) << 32 | UInt64(right)
  }

  /// The symbol of a part of a piece; nil if nothing becomes that part.
  private mutating func part(
    _ arena: Span<UInt8>, _ range: Range<Int>, _ mergeable: Set<TokenID>, _ vocabulary: Vocabulary
  ) -> Symbol? {
    let (scalar, length) = UTF8Scalar.scalarOrByte(of: arena, at: range.lowerBound)
    guard length == range.count, scalar >= 0 else {
      let id = vocabulary.index.id(of: arena, range, in: vocabulary.tokens)
      return id.flatMap { mergeable.contains($0) ? $0 : nil }
    }
    let key = UInt32(truncatingIfNeeded: scalar)
    if let symbol = characters[key] { return symbol }
    let symbol = Symbol(truncatingIfNeeded: vocabulary.tokens.count + characterByteCounts.count)
    characters[key] = symbol
    characterByteCounts.append(length)
    return symbol
  }

  /// Calls `body` with each token of a text, and where in the text it ends.
  ///
  /// - Parameter isPassedOver: whether a pair that could merge next is left for a later turn.
  /// - Complexity: O(n log n) for n bytes.
  func forEachToken(
    of text: Span<UInt8>, _ table: SymbolTable, isPassedOver: () -> Bool = { false },
    _ body: (TokenID, _ end: Int) -> Void
  ) {
    var parts = Parts()
    var place = 0
    while place < text.count {
      if let (whole, end) = table.wholeSymbol(of: text, at: place) {
        parts.append(whole | Self.isolated, place)
        place = end
        continue
      }
      let (scalar, length) = UTF8Scalar.scalarOrByte(of: text, at: place)
      let key = UInt32(truncatingIfNeeded: scalar)
      parts.append(scalar < 0 ? Self.unknown : characters[key] ?? Self.unknown, place)
      place += length
    }
    parts.finish(at: text.count)
    var sources: [TokenID: (left: Symbol, right: Symbol)] = [:]
    var queue = MinHeap()
    var passedOver: [UInt64] = []

    func join(at index: Int) -> Join? {
      guard index >= 0, parts.isAlive(index), parts.next[index] < parts.count else { return nil }
      return joins[Self.key(parts.symbols[index], parts.symbols[parts.next[index]])]
    }

    /// Notes that a pair may merge. What an unused piece is taken apart into was noted last, wherever.
    func consider(_ index: Int) {
      guard let join = join(at: index) else { return }
      queue.insert(UInt64(join.rank) << 32 | UInt64(truncatingIfNeeded: index))
      if unused.contains(join.result) {
        sources[join.result] = (parts.symbols[index], parts.symbols[parts.next[index]])
      }
    }

    for index in 0..<parts.count { consider(index) }
    while let best = queue.popMin() {
      let index = Int(truncatingIfNeeded: best & 0xFFFF_FFFF)
      guard let join = join(at: index), UInt64(join.rank) == best >> 32 else { continue }
      if isPassedOver() {
        passedOver.append(best)
        continue
      }
      parts.join(index, into: join.result)
      consider(parts.previous[index])
      consider(index)
      for key in passedOver { queue.insert(key) }
      passedOver.removeAll(keepingCapacity: true)
    }
    var output = Output(settings: vocabulary.pipeline.symbols, byteTokens: byteTokens)
    var index = 0
    while index < parts.count {
      // What is taken apart is taken apart again, from the left.
      var waiting = [parts.symbols[index]]
      var start = parts.starts[index]
      let end = parts.starts[parts.next[index]]
      while let symbol = waiting.popLast() {
        if let source = sources[symbol] {
          waiting += [source.right, source.left]
          continue
        }
        let stop = waiting.isEmpty ? end : start + byteCount(of: symbol)
        let token = symbol & ~Self.isolated
        // A character whose piece is unused has none.
        let isToken =
          token < TokenID(truncatingIfNeeded: vocabulary.tokens.count) && !unused.contains(token)
        output.write(isToken ? token : nil, text, start..<stop, body)
        start = stop
      }
      index = parts.next[index]
    }
    output.finish(body)
  }

  /// The bytes of what an unused piece is taken apart into.
  private func byteCount(of symbol: Symbol) -> Int {
    let count = vocabulary.tokens.count
    if symbol < count { return vocabulary.tokens.range(of: symbol).count }
    return characterByteCounts[Int(symbol) - count]
  }

  /// The parts of a text, linked by their indices; those before the first and after the last are -1
  /// and ``count``.
  private struct Parts {
    private(set) var symbols: [Symbol] = []
    private(set) var starts: [Int] = []
    private(set) var next: [Int] = []
    private(set) var previous: [Int] = []
    private(set) var count = 0

    mutating func append(_ symbol: Symbol, _ start: Int) {
      symbols.append(symbol)
      starts.append(start)
      previous.append(count - 1)
      count += 1
      next.append(count)
    }

    mutating func finish(at end: Int) { starts.append(end) }

    /// Whether a part has not become one with the part in front.
    func isAlive(_ index: Int) -> Bool { next[index] > index }

    mutating func join(_ index: Int, into symbol: Symbol) {
      let right = next[index]
      symbols[index] = symbol
      next[index] = next[right]
      if next[index] < count { previous[next[index]] = index }
      next[right] = -1
    }
  }

  /// Tokens as they are handed on: characters without one in a row are one unknown token.
  private struct Output {
    let settings: InitialSymbols
    let byteTokens: [TokenID?]
    /// Where unknown characters end that wait for more of them.
    private var unknownEnd: Int?

    init(settings: InitialSymbols, byteTokens: [TokenID?]) {
      self.settings = settings
      self.byteTokens = byteTokens
    }

    mutating func write(
      _ token: TokenID?, _ text: Span<UInt8>, _ range: Range<Int>, _ body: (TokenID, Int) -> Void
    ) {
      if let token {
        finish(body)
        return body(token, range.upperBound)
      }
      if settings.fallsBackToBytes, range.allSatisfy({ byteTokens[Int(text[$0])] != nil }) {
        finish(body)
        for index in range {
          if let token = byteTokens[Int(text[index])] { body(token, index + 1) }
        }
        return
      }
      if !settings.fusesUnknown { finish(body) }
      unknownEnd = range.upperBound
    }

    mutating func finish(_ body: (TokenID, Int) -> Void) {
      if let end = unknownEnd, let unknown = settings.unknown { body(unknown, end) }
      unknownEnd = nil
    }
  }
}
