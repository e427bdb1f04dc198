public import GobbetBPE

/// The `.model` files of SentencePiece, as far as they hold BPE.
///
/// Pieces merge in the order of their scores, whichever two pieces make them, as in the
/// `tokenizer.json` that `transformers` makes of such a file. Decoding follows that file too.
public enum SentencePieceModel {
  private static let maximumFileByteCount = 1 << 27

  /// The vocabulary in the file at `path`.
  ///
  /// - Throws: `FileError`; ``InterchangeError`` with the field or the byte.
  public static func vocabulary(contentsOf path: String) throws -> Vocabulary {
    try vocabulary(StoredTokenizerFile(path))
  }

  /// The vocabulary in an open file.
  package static func vocabulary(_ file: any TokenizerFile) throws -> Vocabulary {
    try vocabulary(file.bytes(limit: maximumFileByteCount), path: file.path)
  }

  /// Whether a file that begins so may be such a model: its first field is a piece with a text.
  package static func begins(_ start: [UInt8]) -> Bool {
    guard start.count > 4, start[0] == 0x0A, start[2] == 0x0A, start[1] < 0x80 else { return false }
    return start[3] > 0 && start[3] <= start[1] - min(2, start[1])
  }

  /// The vocabulary in `bytes`; `path` is for errors.
  package static func vocabulary(
    _ bytes: [UInt8], path: String?
  ) throws(InterchangeError) -> Vocabulary {
    var pieces = SentencePieces(path: path, field: "pieces", userDefined: .symbols)
    var settings = Settings()
    do throws(ProtobufFields.Fault) {
      var fields = ProtobufFields(bytes.span, bytes.indices)
      while let field = try fields.next() {
        guard case .bytes(let range) = field.value else { continue }
        switch field.number {
        case 1: pieces.pieces.append(try piece(bytes, range))
        case 2: try settings.readTrainer(bytes, range)
        case 3: try settings.readNormalizer(bytes, range)
        default: break
        }
      }
    } catch {
      throw InterchangeError(
        .damaged("not a SentencePiece model: \(error.reason)"), path: path, offset: error.offset)
    }
    try settings.apply(to: &pieces)
    return try pieces.vocabulary()
  }

  private static func piece(
    _ bytes: [UInt8], _ range: Range<Int>
  ) throws(ProtobufFields.Fault) -> SentencePieces.Piece {
    var piece = SentencePieces.Piece()
    var fields = ProtobufFields(bytes.span, range)
    while let field = try fields.next() {
      switch (field.number, field.value) {
      case (1, .bytes(let text)): piece.text = Array(bytes[text])
      case (2, .fixed32(let bits)): piece.score = Float(bitPattern: bits)
      case (3, .number(let type)): piece.type = type
      default: break
      }
    }
    return piece
  }

  /// What the trainer and the normalizer were told.
  private struct Settings {
    private var modelType: UInt64 = 1
    private var fallsBackToBytes = false
    private var table: [UInt8] = []
    private var addsPrefix = true
    private var removesSpaces = true
    private var escapesSpaces = true
    private var spaceIsSuffix = false

    mutating func readTrainer(
      _ bytes: [UInt8], _ range: Range<Int>
    ) throws(ProtobufFields.Fault) {
      var fields = ProtobufFields(bytes.span, range)
      while let field = try fields.next() {
        guard case .number(let value) = field.value else { continue }
        switch field.number {
        case 3: modelType = value
        case 24: spaceIsSuffix = value != 0
        case 35: fallsBackToBytes = value != 0
        default: break
        }
      }
    }

    mutating func readNormalizer(
      _ bytes: [UInt8], _ range: Range<Int>
    ) throws(ProtobufFields.Fault) {
      var fields = ProtobufFields(bytes.span, range)
      while let field = try fields.next() {
        switch (field.number, field.value) {
        case (2, .bytes(let range)): table = Array(bytes[range])
        case (3, .number(let value)): addsPrefix = value != 0
        case (4, .number(let value)): removesSpaces = value != 0
        case (5, .number(let value)): escapesSpaces = value != 0
        default: break
        }
      }
    }

    /// Refuses what nothing here can run, and says the rest to `pieces`.
    func apply(to pieces: inout SentencePieces) throws(InterchangeError) {
      let path = pieces.path
      let types: [UInt64: String] = [1: "Unigram", 3: "Word", 4: "Char"]
      var what: String?
      if modelType != 2 { what = "a SentencePiece model of type \(types[modelType] ?? "unknown")" }
      if !escapesSpaces { what = "spaces that are not escaped" }
      if spaceIsSuffix { what = "treat_whitespace_as_suffix" }
      if let what { throw InterchangeError(.unsupported(what), path: path) }
      pieces.fallsBackToBytes = fallsBackToBytes
      pieces.addsPrefix = addsPrefix
      if !table.isEmpty {
        guard let map = CharacterMap(table) else {
          throw InterchangeError(
            .damaged("not a table of characters"), path: path,
            field: "normalizer_spec.precompiled_charsmap")
        }
        pieces.changes.append(.characterMap(map))
      }
      if removesSpaces { pieces.changes.append(.collapseSpaces) }
    }
  }
}
