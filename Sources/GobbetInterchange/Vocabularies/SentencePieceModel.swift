public import GobbetBPE

/// The `.model` files of SentencePiece, as far as they hold BPE without a table of characters.
///
/// Pieces merge in the order of their scores, whichever two pieces make them, as in the
/// `tokenizer.json` that `transformers` makes of such a file. Decoding follows that file too.
public enum SentencePieceModel {
  private static let maximumFileByteCount = 1 << 27
  private static let space: [UInt8] = [0xE2, 0x96, 0x81]

  /// The vocabulary in the file at `path`.
  ///
  /// - Throws: `FileError`; ``InterchangeError`` with the field or the byte.
  public static func vocabulary(contentsOf path: String) throws -> Vocabulary {
    let bytes = try wholeFile(path, limit: maximumFileByteCount)
    return try vocabulary(bytes, path: path)
  }

  /// Whether a file that begins so may be such a model: its first field is a piece with a text.
  static func begins(_ start: [UInt8]) -> Bool {
    guard start.count > 4, start[0] == 0x0A, start[2] == 0x0A, start[1] < 0x80 else { return false }
    return start[3] > 0 && start[3] <= start[1] - min(2, start[1])
  }

  /// The vocabulary in `bytes`; `path` is for errors.
  package static func vocabulary(
    _ bytes: [UInt8], path: String?
  ) throws(InterchangeError) -> Vocabulary {
    var parts = Parts(path: path)
    do throws(ProtobufFields.Fault) {
      var fields = ProtobufFields(bytes.span, bytes.indices)
      while let field = try fields.next() {
        guard case .bytes(let range) = field.value else { continue }
        switch field.number {
        case 1: parts.pieces.append(try piece(bytes, range))
        case 2: try parts.readTrainer(bytes, range)
        case 3: try parts.readNormalizer(bytes, range)
        default: break
        }
      }
    } catch {
      throw InterchangeError(
        .damaged("not a SentencePiece model: \(error.reason)"), path: path, offset: error.offset)
    }
    return try parts.vocabulary()
  }

  /// A piece of the vocabulary; its place is its id.
  private struct Piece {
    var text: [UInt8] = []
    var score: Float = 0
    /// 1: normal, 2: unknown, 3: control, 4: user-defined, 5: unused, 6: byte.
    var type: UInt64 = 1
  }

  private static func piece(
    _ bytes: [UInt8], _ range: Range<Int>
  ) throws(ProtobufFields.Fault) -> Piece {
    var piece = Piece()
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

  /// What is read of a file.
  private struct Parts {
    let path: String?
    var pieces: [Piece] = []
    private var modelType: UInt64 = 1
    private var fallsBackToBytes = false
    private var hasTable = false
    private var addsPrefix = true
    private var removesSpaces = true
    private var escapesSpaces = true
    private var spaceIsSuffix = false

    init(path: String?) { self.path = path }

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
        case (2, .bytes(let table)): hasTable = !table.isEmpty
        case (3, .number(let value)): addsPrefix = value != 0
        case (4, .number(let value)): removesSpaces = value != 0
        case (5, .number(let value)): escapesSpaces = value != 0
        default: break
        }
      }
    }

    func vocabulary() throws(InterchangeError) -> Vocabulary {
      try requireKnown()
      var table = TokenTable()
      var specials: [SpecialToken] = []
      var unknown: TokenID?
      var ids: [[UInt8]: TokenID] = [:]
      for (index, piece) in pieces.enumerated() {
        let id = TokenID(truncatingIfNeeded: index)
        guard !piece.text.isEmpty, isUTF8(piece.text), piece.score.isFinite else {
          throw error(.damaged("has no text or no score"), index)
        }
        guard ids.updateValue(id, forKey: piece.text) == nil else {
          throw error(.damaged("is there twice"), index)
        }
        let isSpecial = piece.type == 2 || piece.type == 3
        if piece.type == 2 { unknown = id }
        if isSpecial { specials.append(SpecialToken(bytes: piece.text, id: id)) }
        do {
          try table.append(isSpecial ? [] : piece.text)
        } catch {
          throw InterchangeError(.vocabulary(error), path: path, field: "pieces[\(index)]")
        }
      }
      do {
        return try Vocabulary(
          tokens: table, merges: merges(ids), mergeRule: .learnedPairs, pattern: .whole,
          specialTokens: SpecialTokens(specials), pipeline: pipeline(unknown: unknown))
      } catch {
        throw InterchangeError(.vocabulary(error), path: path)
      }
    }

    private func requireKnown() throws(InterchangeError) {
      let types: [UInt64: String] = [1: "Unigram", 3: "Word", 4: "Char"]
      var what: String?
      if modelType != 2 { what = "a SentencePiece model of type \(types[modelType] ?? "unknown")" }
      if hasTable { what = "a table of characters (precompiled_charsmap)" }
      if removesSpaces { what = "remove_extra_whitespaces" }
      if !escapesSpaces { what = "spaces that are not escaped" }
      if spaceIsSuffix { what = "treat_whitespace_as_suffix" }
      if let what { throw InterchangeError(.unsupported(what), path: path) }
      for (index, piece) in pieces.enumerated() {
        switch piece.type {
        case 1, 2, 3: break
        case 4: throw error(.unsupported("a user-defined piece"), index)
        case 5: throw error(.unsupported("an unused piece"), index)
        case 6:
          if !fallsBackToBytes { throw error(.damaged("a byte without byte_fallback"), index) }
        default: throw error(.damaged("a piece of type \(piece.type)"), index)
        }
      }
    }

    /// All ways to make a piece of two others, the pieces in the order of their scores.
    private func merges(_ ids: [[UInt8]: TokenID]) -> [TokenMerge] {
      let order = pieces.indices.filter { pieces[$0].type == 1 }
        .sorted { (-pieces[$0].score, $0) < (-pieces[$1].score, $1) }
      var merges: [TokenMerge] = []
      for index in order {
        let text = pieces[index].text
        for middle in 1..<max(text.count, 1) where text[middle] & 0xC0 != 0x80 {
          guard let left = ids[Array(text[..<middle])], pieces[Int(left)].type == 1,
            let right = ids[Array(text[middle...])], pieces[Int(right)].type == 1
          else { continue }
          let result = TokenID(truncatingIfNeeded: index)
          merges.append(TokenMerge(left: left, right: right, result: result))
        }
      }
      return merges
    }

    private func pipeline(unknown: TokenID?) -> TextPipeline {
      let blank = [UInt8(ascii: " ")]
      var pipeline = TextPipeline(
        normalizers: [.replace(blank, with: space)],
        symbols: InitialSymbols(
          unit: .scalar, isComplete: false, unknown: unknown, fusesUnknown: true,
          fallsBackToBytes: fallsBackToBytes),
        decoders: [.replace(space, with: blank), .byteFallback, .fuse])
      if addsPrefix {
        pipeline.normalizers.insert(.prepend(space), at: 0)
        pipeline.decoders.append(.strip(blank, start: 1, stop: 0))
      }
      return pipeline
    }

    private func error(_ code: InterchangeError.Code, _ index: Int) -> InterchangeError {
      InterchangeError(code, path: path, field: "pieces[\(index)]")
    }
  }
}
