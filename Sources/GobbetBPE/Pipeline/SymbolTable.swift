/// The symbols that pieces are made of, where that is not simply a token for every byte.
final class SymbolTable: Sendable {
  /// In place of a token.
  private static let none = TokenID.max
  private let settings: InitialSymbols
  /// The token of each byte, or with scalars that of its `<0x…>`.
  private let byteTokens: [TokenID]
  /// The tokens of the scalars below U+10000.
  private let basic: [TokenID]
  /// The tokens of the others.
  private let others: [UInt32: TokenID]
  /// The tokens of bytes or scalars at the end of a pretoken, if they have a suffix there.
  private let lasts: [UInt32: TokenID]
  /// Whole symbols by their first byte, the longest first; empty if there are none.
  private let wholes: [[WholeSymbol]]
  /// What cuts pretokens into pieces, if they are made of those.
  private let pieces: PieceTable?
  /// What merges texts, if the list of merges doesn't say everything.
  let textMerger: PieceTextMerger?
  /// How spaces are spelled, if they can stand for U+2581.
  let escapedSpaces: EscapedSpaces?
  /// The token of U+2581, if spaces stand for it.
  private let spaceToken: TokenID?
  /// Where a text can be cut that no pattern cuts.
  let borders: MergeBorders?
  /// The tokens of the first 128 scalars, if each is one symbol whatever is beside it; else empty.
  private let ascii: [TokenID]

  init(_ vocabulary: Vocabulary) {
    settings = vocabulary.pipeline.symbols
    lasts = Self.lasts(vocabulary)
    escapedSpaces = settings.unit == .scalar ? EscapedSpaces(vocabulary) : nil
    let added = escapedSpaces?.addedSymbols.map { WholeSymbol(bytes: $0.bytes, id: $0.id) } ?? []
    wholes = Self.wholes(
      settings.wholeSymbols.map { WholeSymbol(bytes: Array(vocabulary.tokens[$0]), id: $0) } + added
    )
    pieces = settings.unit == .piece ? PieceTable(vocabulary) : nil
    textMerger = PieceTextMerger(vocabulary)
    guard settings.unit == .scalar else {
      byteTokens = (UInt8.min...UInt8.max).map { vocabulary.ordinaryID(of: [$0].span) ?? Self.none }
      basic = []
      others = [:]
      ascii = []
      spaceToken = nil
      borders = nil
      return
    }
    byteTokens = (UInt8.min...UInt8.max).map {
      vocabulary.ordinaryID(of: ByteTokens.text(of: $0).span) ?? Self.none
    }
    var basic = [TokenID](repeating: Self.none, count: 1 << 16)
    var others: [UInt32: TokenID] = [:]
    let tokens = vocabulary.tokens
    for id in 0..<TokenID(truncatingIfNeeded: tokens.count) {
      let bytes = tokens[id]
      if bytes.count <= 4, let scalar = UTF8Scalar.only(of: bytes) {
        if scalar < 1 << 16 { basic[Int(scalar)] = id } else { others[scalar] = id }
      }
    }
    let areEscaped = escapedSpaces != nil
    spaceToken =
      areEscaped ? vocabulary.ordinaryID(of: MergeBorders.metaspace.span) : nil
    let escapedSpace = spaceToken
    // Where a pretoken ends makes a difference to a suffix, and to what is taken whole.
    let canBeCut =
      lasts.isEmpty && vocabulary.mergeRule == .learnedPairs && textMerger == nil
    let alwaysFallsBack = settings.fallsBackToBytes && !byteTokens.contains(Self.none)
    borders =
      canBeCut
      ? MergeBorders(
        vocabulary, whole: wholes.joined().map(\.bytes), areSpacesEscaped: areEscaped,
        byteTokens: byteTokens
      ) {
        if alwaysFallsBack { return true }
        if $0 == UInt8(ascii: " "), escapedSpace != nil { return true }
        return $0 < 0x80 && basic[Int($0)] != Self.none
      } : nil
    var ascii = basic[..<128]
    if let escapedSpace { ascii[0x20] = escapedSpace }
    self.ascii = lasts.isEmpty && wholes.isEmpty ? Array(ascii) : []
    self.basic = basic
    self.others = others
  }

  private struct WholeSymbol {
    let bytes: [UInt8]
    let id: TokenID
  }

  private static func wholes(_ symbols: [WholeSymbol]) -> [[WholeSymbol]] {
    guard !symbols.isEmpty else { return [] }
    var wholes = [[WholeSymbol]](repeating: [], count: 256)
    for symbol in symbols { wholes[Int(symbol.bytes[0])].append(symbol) }
    return wholes.map { $0.sorted { $0.bytes.count > $1.bytes.count } }
  }

  /// The tokens of single bytes or scalars with the suffix after them.
  private static func lasts(_ vocabulary: Vocabulary) -> [UInt32: TokenID] {
    let settings = vocabulary.pipeline.symbols
    let suffix = settings.endOfWordSuffix
    guard !suffix.isEmpty else { return [:] }
    var lasts: [UInt32: TokenID] = [:]
    for id in 0..<TokenID(truncatingIfNeeded: vocabulary.tokens.count) {
      let bytes = vocabulary.tokens[id]
      guard bytes.count > suffix.count, bytes.count <= suffix.count + 4,
        bytes.suffix(suffix.count).elementsEqual(suffix)
      else { continue }
      let stem = bytes.dropLast(suffix.count)
      if settings.unit == .byte {
        if stem.count == 1, let byte = stem.first { lasts[UInt32(byte)] = id }
      } else if let scalar = UTF8Scalar.only(of: stem) {
        lasts[scalar] = id
      }
    }
    return lasts
  }

  /// Whether a piece has to be made of these symbols, rather than of a token for every byte.
  func apply(to piece: Span<UInt8>) -> Bool {
    guard settings.unit == .byte, lasts.isEmpty else { return true }
    for index in piece.indices where byteTokens[Int(piece[index])] == Self.none { return true }
    return false
  }

  /// Calls `body` with each token that `piece` is made of before anything merges.
  ///
  /// An unknown symbol waits until a known one comes, as in `tokenizers`: the tokens of the bytes of
  /// others pass it.
  func forEachSymbol(of piece: Span<UInt8>, _ body: (TokenID) -> Void) {
    if let pieces {
      if !pieces.forEachPiece(of: piece, body), let unknown = settings.unknown { body(unknown) }
      return
    }
    var isWaiting = false
    var place = 0
    while place < piece.count {
      let (token, end) = symbol(of: piece, at: place)
      defer { place = end }
      if token != Self.none {
        if isWaiting, let unknown = settings.unknown { body(unknown) }
        isWaiting = false
        body(token)
        continue
      }
      if settings.fallsBackToBytes,
        (place..<end).allSatisfy({ byteTokens[Int(piece[$0])] != Self.none })
      {
        for index in place..<end { body(byteTokens[Int(piece[index])]) }
        continue
      }
      guard let unknown = settings.unknown else { continue }
      if isWaiting, !settings.fusesUnknown { body(unknown) }
      isWaiting = true
    }
    if isWaiting, let unknown = settings.unknown { body(unknown) }
  }

  /// Writes the tokens that `piece` is made of before anything merges to `tokens`, and says how many
  /// they are.
  ///
  /// - Precondition: `tokens` has room for one token a byte.
  func readSymbols(of piece: Span<UInt8>, into tokens: UnsafeMutablePointer<TokenID>) -> Int {
    var count = 0
    // SAFETY: every symbol has a byte or more, and so has each token of bytes.
    if ascii.count == 128 {
      // Nothing waits while every symbol has a token.
      var place = 0
      while place < piece.count, piece[place] < 0x80 {
        let token = ascii[Int(piece[place])]
        if token == Self.none { break }
        unsafe tokens[count] = token
        count += 1
        place += 1
      }
      if place == piece.count { return count }
      forEachSymbol(of: piece.extracting(place..<piece.count)) {
        unsafe tokens[count] = $0
        count += 1
      }
      return count
    }
    forEachSymbol(of: piece) {
      unsafe tokens[count] = $0
      count += 1
    }
    return count
  }

  /// The whole symbol at `place`, if there is one, and its end.
  func wholeSymbol(of piece: Span<UInt8>, at place: Int) -> (TokenID, Int)? {
    guard !wholes.isEmpty else { return nil }
    for whole in wholes[Int(piece[place])] where place + whole.bytes.count <= piece.count {
      if whole.bytes.indices.allSatisfy({ piece[place + $0] == whole.bytes[$0] }) {
        return (whole.id, place + whole.bytes.count)
      }
    }
    return nil
  }

  /// The token of the symbol at `place`, or ``none``, and where the symbol ends.
  private func symbol(of piece: Span<UInt8>, at place: Int) -> (TokenID, Int) {
    if let whole = wholeSymbol(of: piece, at: place) { return whole }
    if let spaceToken, piece[place] == UInt8(ascii: " ") { return (spaceToken, place + 1) }
    let (value, length) =
      settings.unit == .scalar
      ? UTF8Scalar.scalarOrByte(of: piece, at: place) : (Int(piece[place]), 1)
    guard value >= 0 else { return (Self.none, place + 1) }
    if !lasts.isEmpty, place + length == piece.count {
      return (lasts[UInt32(truncatingIfNeeded: value)] ?? Self.none, place + length)
    }
    guard settings.unit == .scalar else { return (byteTokens[value], place + 1) }
    if value < 1 << 16 { return (basic[value], place + length) }
    return (others[UInt32(truncatingIfNeeded: value)] ?? Self.none, place + length)
  }

  /// Where the bytes of `piece` that `token` stands for end, if they begin at `place`; `bytes` are
  /// those of the token.
  func end(
    of token: TokenID, in piece: Span<UInt8>, at place: Int, _ bytes: ArraySlice<UInt8>
  ) -> Int {
    if settings.unit == .piece {
      if token == settings.unknown { return piece.count }
      return min(
        place + bytes.count - (place > 0 ? settings.continuingPrefix.count : 0), piece.count)
    }
    var byteCount = bytes.count
    let suffix = settings.endOfWordSuffix
    if !suffix.isEmpty, bytes.suffix(suffix.count).elementsEqual(suffix) {
      let stands =
        place + byteCount <= piece.count
        && bytes.indices.allSatisfy { bytes[$0] == piece[place + $0 - bytes.startIndex] }
      if !stands { byteCount -= suffix.count }
    }
    var place = place
    if settings.fallsBackToBytes, place < piece.count,
      token == byteTokens[Int(piece[place])], symbol(of: piece, at: place).0 != token
    {
      return place + 1
    }
    if token == settings.unknown {
      var isFirst = true
      while place < piece.count, isFirst || settings.fusesUnknown {
        let (found, end) = symbol(of: piece, at: place)
        guard found == Self.none else { break }
        place = end
        isFirst = false
      }
      if !isFirst { return place }
    }
    // What has no token is left out, and then it may stand inside of one. With a suffix, a symbol is
    // told from its end, which is not that of the pretoken here.
    if !suffix.isEmpty { return min(place + byteCount, piece.count) }
    var left = byteCount
    while left > 0, place < piece.count {
      let (found, end) = symbol(of: piece, at: place)
      if found != Self.none { left -= end - place }
      place = end
    }
    return place
  }
}

/// The tokens that stand for single bytes beside a vocabulary of scalars.
package enum ByteTokens {
  private static let digits = Array("0123456789ABCDEF".utf8)

  /// `<0x0A>` for 10.
  static func text(of byte: UInt8) -> [UInt8] {
    Array("<0x".utf8) + [digits[Int(byte >> 4)], digits[Int(byte & 0xF)], UInt8(ascii: ">")]
  }

  /// 10 for `<0x0A>`; nil for anything else.
  package static func byte(of token: ArraySlice<UInt8>) -> UInt8? {
    guard token.count == 6, token.starts(with: "<0x".utf8), token.last == UInt8(ascii: ">") else {
      return nil
    }
    var byte: UInt8 = 0
    for digit in token.dropFirst(3).prefix(2) {
      switch digit {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): byte = byte << 4 | digit & 0xF
      case UInt8(ascii: "A")...UInt8(ascii: "F"), UInt8(ascii: "a")...UInt8(ascii: "f"):
        byte = byte << 4 | (digit & 0xF + 9)
      default: return nil
      }
    }
    return byte
  }
}
