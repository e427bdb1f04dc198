package import GobbetBPE

/// The pieces of a vocabulary of SentencePiece's BPE, out of a `.model` or of GGUF, and how a text is
/// made ready for them.
package struct SentencePieces {
  /// What a piece is for.
  package enum Kind: UInt64 {
    case normal = 1
    case unknown = 2
    case control = 3
    case userDefined = 4
    case unused = 5
    case byte = 6
  }

  /// A piece of the vocabulary; its place is its id.
  package struct Piece {
    package var text: [UInt8]
    package var score: Float
    /// The number of its `Kind`.
    package var type: UInt64
    /// Which white space beside it a special piece takes along.
    package var strips: TokenMatching

    package init(
      text: [UInt8] = [], score: Float = 0, type: UInt64 = 1, strips: TokenMatching = []
    ) {
      self.text = text
      self.score = score
      self.type = type
      self.strips = strips
    }

    package var kind: Kind? { Kind(rawValue: type) }
  }

  /// What comes of user-defined pieces.
  package enum UserDefined {
    /// They are cut out of the text before anything happens to it, as llama.cpp does.
    case cutOut
    /// They are symbols that merge with nothing, as in SentencePiece.
    case symbols
  }

  let path: String?
  /// The name of the list of pieces in errors.
  let field: String
  let userDefined: UserDefined
  package var pieces: [Piece] = []
  /// Whether characters without a piece become the pieces of their bytes.
  package var fallsBackToBytes = true
  /// Whether a space stands in front of every text.
  package var addsPrefix = true
  /// The id of the unknown piece, if another place than its kind says it.
  package var unknown: TokenID?
  /// What happens to a text before its spaces are spelled as U+2581.
  var changes: [Normalizer] = []
  /// Special tokens around a text.
  package var template: SpecialTokenTemplate?

  package init(path: String?, field: String, userDefined: UserDefined) {
    self.path = path
    self.field = field
    self.userDefined = userDefined
  }

  /// The vocabulary of the pieces.
  ///
  /// - Throws: ``InterchangeError``: `damaged` for a piece without text or score, or that is there
  ///   twice; `unsupported` for a kind that nothing can run; `vocabulary`.
  package func vocabulary() throws(InterchangeError) -> Vocabulary {
    var table = TokenTable()
    var specials: [SpecialToken] = []
    var unknown = unknown
    var texts = TokenTable()
    func append(
      _ text: [UInt8], to table: inout TokenTable, _ index: Int
    ) throws(InterchangeError) {
      do {
        try table.append(text)
      } catch {
        throw InterchangeError(.vocabulary(error), path: path, field: "\(field)[\(index)]")
      }
    }
    for (index, piece) in pieces.enumerated() {
      guard index < TokenTable.maximumCount else {
        throw error(.damaged("more pieces than \(TokenTable.maximumCount)"), index)
      }
      let id = TokenID(truncatingIfNeeded: index)
      let isSpecial = try check(piece, index)
      try append(piece.text, to: &texts, index)
      if piece.kind == .unknown, unknown == nil { unknown = id }
      // Nothing makes an unused piece, and no text is one.
      if isSpecial, piece.kind != .unused {
        let isOrdinary = piece.kind == .userDefined
        let matching = isOrdinary ? piece.strips.union(.ordinary) : piece.strips
        specials.append(SpecialToken(bytes: piece.text, id: id, matching: matching))
      }
      try append(isSpecial ? [] : piece.text, to: &table, index)
    }
    if let id = texts.repeatedID { throw error(.damaged("is there twice"), Int(id)) }
    let order = rankedPieces()
    do {
      return try Vocabulary(
        tokens: table, merges: try PieceMerges.all(of: order, in: table), mergeRule: .learnedPairs,
        pattern: .whole, specialTokens: SpecialTokens(specials),
        pipeline: pipeline(unknown: unknown, order: pieceOrder(order)))
    } catch {
      throw InterchangeError(.vocabulary(error), path: path)
    }
  }

  /// Whether a piece isn't part of text as it is.
  private func check(_ piece: Piece, _ index: Int) throws(InterchangeError) -> Bool {
    guard !piece.text.isEmpty, isUTF8(piece.text) else {
      throw error(.damaged("has no text, or text that isn't UTF-8"), index)
    }
    guard piece.score.isFinite else {
      throw error(.damaged("has a score that isn't a finite number"), index)
    }
    if merges(piece), piece.text.count > PieceMerges.maximumByteCount {
      throw error(.unsupported("a piece of \(piece.text.count) bytes"), index)
    }
    switch piece.kind {
    case .normal: return false
    case .unknown, .control: return true
    case .userDefined:
      return userDefined == .cutOut
    // llama.cpp's kind of a token that stands for a gap.
    case .unused: return userDefined == .cutOut
    case .byte:
      guard fallsBackToBytes else {
        throw error(.damaged("a byte without byte_fallback"), index)
      }
      return false
    case nil: throw error(.damaged("a piece of type \(piece.type)"), index)
    }
  }

  /// Whether a piece takes part in merging.
  private func merges(_ piece: Piece) -> Bool {
    piece.kind == .normal || piece.kind == .unused && userDefined == .symbols
  }

  /// The pieces that merge, in the order of their scores.
  private func rankedPieces() -> [TokenID] {
    // Scores that are whole numbers in steps of one are in the order of ids most often.
    pieces.indices.filter { merges(pieces[$0]) }
      .sorted { (-pieces[$0].score, $0) < (-pieces[$1].score, $1) }
      .map { TokenID(truncatingIfNeeded: $0) }
  }

  /// The order of the pieces: that of the merges, if all scores differ, each character of a piece is
  /// one itself, and none is unused.
  private func pieceOrder(_ ranked: [TokenID]) -> PieceOrder {
    var isPiece = [Bool](repeating: false, count: 0x11_0000)
    var longer: [TokenID] = []
    func scalars(_ id: TokenID) -> String.UnicodeScalarView {
      String(decoding: pieces[Int(id)].text, as: UTF8.self).unicodeScalars
    }
    for id in ranked {
      let scalars = scalars(id)
      if let first = scalars.first, scalars.dropFirst().isEmpty {
        isPiece[Int(first.value)] = true
      } else {
        longer.append(id)
      }
    }
    let unused = ranked.filter { pieces[Int($0)].kind == .unused }.sorted()
    func score(_ id: TokenID) -> Float { pieces[Int(id)].score }
    let areTied = zip(longer, longer.dropFirst()).contains { score($0) == score($1) }
    let areCharactersPieces = longer.allSatisfy { id in
      scalars(id).allSatisfy { isPiece[Int($0.value)] }
    }
    if unused.isEmpty, !areTied, areCharactersPieces { return .byResult }
    let order = longer.enumerated().map { index, id in
      PieceOrder.Piece(id: id, isTied: index > 0 && score(longer[index - 1]) == score(id))
    }
    return PieceOrder(pieces: order, unused: unused)
  }

  private func pipeline(unknown: TokenID?, order: PieceOrder) -> TextPipeline {
    let wholes = pieces.indices.filter {
      userDefined == .symbols && pieces[$0].kind == .userDefined
    }
    var pipeline = TextPipeline.ofPieces(
      changes: changes, addsPrefix: addsPrefix, unknown: unknown,
      fallsBackToBytes: fallsBackToBytes,
      wholeSymbols: wholes.map { TokenID(truncatingIfNeeded: $0) }, order: order)
    pipeline.template = template
    return pipeline
  }

  private func error(_ code: InterchangeError.Code, _ index: Int) -> InterchangeError {
    InterchangeError(code, path: path, field: "\(field)[\(index)]")
  }
}
