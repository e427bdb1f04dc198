/// The pieces of SentencePiece that are not learned, by id.
struct MetaPieces {
  /// What a piece is for.
  enum Kind: Hashable, Sendable {
    case unknown
    case control
    case userDefined
    case byte
  }

  /// A piece.
  struct Piece: Hashable, Sendable {
    let text: [UInt8]
    var kind: Kind
  }

  /// The pieces by id.
  private(set) var pieces: [Int: Piece] = [:]

  /// The pieces that `options` ask for: those with ids of their own, then control symbols, user-defined
  /// ones and bytes, which take the lowest ids that are free.
  ///
  /// - Throws: ``TrainingError`` (`pieceIDs`, `duplicatePiece`).
  init(_ options: PieceTrainingOptions) throws(TrainingError) {
    let settings = options.sentencePiece
    let named: [(String, Int?)] = [
      ("<unk>", settings.unknownID), ("<s>", settings.beginningID), ("</s>", settings.endID),
      ("<pad>", settings.paddingID),
    ]
    for (text, id) in named {
      guard let id else { continue }
      guard id >= 0, id < options.vocabularySize, pieces[id] == nil else {
        throw .pieceID(text, id: id)
      }
      let kind = text == "<unk>" ? Kind.unknown : .control
      pieces[id] = Piece(text: Array(text.utf8), kind: kind)
    }
    var nextID = 0
    var texts: Set<[UInt8]> = []
    func add(_ text: [UInt8], _ kind: Kind) throws(TrainingError) {
      guard !text.isEmpty, text != Array("<unk>".utf8), texts.insert(text).inserted else {
        throw .duplicatePiece(String(decoding: text, as: UTF8.self))
      }
      if let id = pieces.first(where: { $0.value.text == text })?.key {
        pieces[id]?.kind = kind
        return
      }
      while pieces[nextID] != nil { nextID += 1 }
      pieces[nextID] = Piece(text: text, kind: kind)
    }
    for symbol in settings.controlSymbols { try add(Array(symbol.utf8), .control) }
    for symbol in settings.userDefinedSymbols { try add(Array(symbol.utf8), .userDefined) }
    guard options.fallsBackToBytes else { return }
    for byte in UInt8.min...UInt8.max { try add(ByteTokens.text(of: byte), .byte) }
  }

  /// The texts that no piece crosses where they stand in the corpus.
  var cuts: [[UInt8]] { pieces.values.map(\.text) }
}
