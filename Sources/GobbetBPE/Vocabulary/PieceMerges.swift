/// The merges that pieces of SentencePiece stand for.
package enum PieceMerges {
  /// The most bytes of a piece that merges, every way to cut which is looked at; SentencePiece's trainer
  /// makes none of more than 512 characters.
  package static let maximumByteCount = 2048

  /// All ways to make a piece of two others; `pieces` are those that merge at all, the best first.
  ///
  /// - Precondition: no two pieces have the same bytes.
  /// - Throws: ``VocabularyError`` (`tooManyMerges`, `mergesTooLong`) for pieces that too many others make.
  package static func all(
    of pieces: [TokenID], in tokens: TokenTable
  ) throws(VocabularyError) -> [TokenMerge] {
    var mergedByteCount = 0
    var index = TokenIndex(capacity: pieces.count)
    for id in pieces {
      precondition(index.insert(id, in: tokens) == nil, "PieceMerges: a piece is there twice")
    }
    let arena = tokens.arena.span
    var merges: [TokenMerge] = []
    for id in pieces {
      let range = tokens.range(of: id)
      for middle in range.dropFirst() where arena[middle] & 0xC0 != 0x80 {
        guard let left = index.id(of: arena, range.lowerBound..<middle, in: tokens),
          let right = index.id(of: arena, middle..<range.upperBound, in: tokens)
        else { continue }
        mergedByteCount += range.count
        guard merges.count < TokenTable.maximumCount - 1 else {
          throw VocabularyError(.tooManyMerges, token: id)
        }
        guard mergedByteCount <= TokenTable.maximumMergedByteCount else {
          throw VocabularyError(.mergesTooLong, token: id)
        }
        merges.append(TokenMerge(left: left, right: right, result: id))
      }
    }
    return merges
  }
}

extension TextPipeline {
  /// U+2581.
  private static let space = MergeBorders.metaspace

  /// How SentencePiece makes a text ready for its pieces, after `changes` to the text itself, and
  /// makes a text of them.
  package static func ofPieces(
    changes: [Normalizer], addsPrefix: Bool, unknown: TokenID?, fallsBackToBytes: Bool,
    wholeSymbols: [TokenID], order: PieceOrder? = .byResult
  ) -> TextPipeline {
    let blank = [UInt8(ascii: " ")]
    var pipeline = TextPipeline(
      normalizers: changes,
      symbols: InitialSymbols(
        unit: .scalar, isComplete: false, unknown: unknown, fusesUnknown: true,
        fallsBackToBytes: fallsBackToBytes, wholeSymbols: wholeSymbols,
        pieceOrder: order),
      decoders: [.replace(space, with: blank), .byteFallback, .fuse])
    if addsPrefix { pipeline.normalizers.append(.prepend(space)) }
    pipeline.normalizers.append(.replace(blank, with: space))
    if addsPrefix { pipeline.decoders.append(.strip(blank, start: 1, stop: 0)) }
    return pipeline
  }
}
