public import GobbetBPE

extension SentencePieceModel {
  /// Writes a vocabulary as a `.model` that SentencePiece loads and encodes the same with.
  ///
  /// What was trained by SentencePiece's rules is written as its trainer writes it: with the settings
  /// that differ from the defaults, without paths and numbers of threads.
  /// - Throws: `FileError`; ``InterchangeError`` (`notRepresentable`) with what a `.model` can't say.
  public static func write(
    _ vocabulary: Vocabulary, to path: String, replacing: Bool = false
  ) throws {
    try writeWholeFile(try bytes(of: vocabulary, path: path), to: path, replacing: replacing)
  }

  /// Where a vocabulary keeps the settings of its training, among the parts of its pipeline.
  private static let specKey = "sentencepiece.trainer_spec"

  /// A vocabulary that keeps the settings that it was trained with.
  ///
  /// - Throws: ``InterchangeError`` as for writing it.
  package static func keeping(
    _ options: PieceTrainingOptions, in vocabulary: Vocabulary
  ) throws -> Vocabulary {
    let spec = try WrittenPieces(vocabulary, path: nil).trainer(options)
    var pipeline = vocabulary.pipeline
    pipeline.keptParts[specKey] = spec.map { byte in
      let digits = String(byte, radix: 16)
      return byte < 16 ? "0" + digits : digits
    }.joined()
    return try vocabulary.with(pipeline: pipeline)
  }

  /// The settings that a vocabulary of `pieceCount` pieces keeps; nil if it keeps none that are its own.
  private static func keptSpec(of vocabulary: Vocabulary, pieceCount: Int) -> [UInt8]? {
    guard let text = vocabulary.pipeline.keptParts[specKey] else { return nil }
    let digits = Array(text.utf8)
    var spec: [UInt8] = []
    for place in stride(from: 0, to: digits.count - 1, by: 2) {
      let pair = String(decoding: digits[place..<(place + 2)], as: UTF8.self)
      guard let byte = UInt8(pair, radix: 16) else { return nil }
      spec.append(byte)
    }
    var size: UInt64?
    var fields = ProtobufFields(spec.span, spec.indices)
    do throws(ProtobufFields.Fault) {
      while let field = try fields.next() {
        if field.number == 4, case .number(let value) = field.value { size = value }
      }
    } catch {
      return nil
    }
    return size == UInt64(pieceCount) ? spec : nil
  }

  /// The bytes of a `.model` of `vocabulary`; `path` is for errors.
  package static func bytes(
    of vocabulary: Vocabulary, path: String?
  ) throws(InterchangeError) -> [UInt8] {
    let pieces = try WrittenPieces(vocabulary, path: path)
    var model = ProtobufWriter()
    for piece in pieces.pieces {
      var message = ProtobufWriter()
      message.write(1, bytes: piece.text)
      message.write(2, float: piece.score)
      if piece.kind != .normal { message.write(3, value: Int64(piece.type)) }
      model.write(1, bytes: message.bytes)
    }
    let kept = keptSpec(of: vocabulary, pieceCount: pieces.pieces.count)
    model.write(2, bytes: kept ?? pieces.trainer(nil))
    model.write(3, bytes: pieces.normalizer())
    return model.bytes
  }
}

/// The pieces of a vocabulary as a `.model` holds them.
private struct WrittenPieces {
  private(set) var pieces: [SentencePieces.Piece] = []
  private var map: CharacterMap?
  private var collapsesSpaces = false
  private var addsPrefix = false
  private let fallsBackToBytes: Bool

  init(_ vocabulary: Vocabulary, path: String?) throws(InterchangeError) {
    func refusal(_ what: String) -> InterchangeError {
      InterchangeError(.notRepresentable(what), path: path)
    }
    let pipeline = vocabulary.pipeline
    let symbols = pipeline.symbols
    fallsBackToBytes = symbols.fallsBackToBytes
    guard symbols.unit == .scalar, symbols.endOfWordSuffix.isEmpty,
      vocabulary.mergeRule == .learnedPairs
    else { throw refusal("tokens that aren't pieces of characters, which is all that .model has") }
    guard let unknown = symbols.unknown else {
      throw refusal("no unknown token, which .model needs")
    }
    guard pipeline.template == nil else {
      throw refusal("a post-processor, which .model has no place for")
    }
    try readNormalizers(vocabulary, refusal)
    let usual = TextPipeline.ofPieces(
      changes: [], addsPrefix: addsPrefix, unknown: unknown, fallsBackToBytes: fallsBackToBytes,
      wholeSymbols: symbols.wholeSymbols, order: symbols.pieceOrder)
    guard pipeline.decoders == usual.decoders, symbols == usual.symbols else {
      throw refusal("a decoder, or unknown tokens, other than those of SentencePiece")
    }
    try addPieces(vocabulary, unknown, refusal)
  }

  private mutating func readNormalizers(
    _ vocabulary: Vocabulary, _ refusal: (String) -> InterchangeError
  ) throws(InterchangeError) {
    let space: [UInt8] = [0xE2, 0x96, 0x81]
    var rest = vocabulary.pipeline.normalizers[...]
    guard rest.popLast() == .replace([UInt8(ascii: " ")], with: space),
      vocabulary.pipeline.pretokenizers.isEmpty, vocabulary.pattern == .whole
    else {
      throw refusal("a pre-tokenizer, or spaces that aren't spelled by a normalizer")
    }
    if rest.last == .prepend(space) {
      addsPrefix = true
      rest.removeLast()
    }
    if rest.last == .collapseSpaces {
      collapsesSpaces = true
      rest.removeLast()
    }
    if case .characterMap(let map) = rest.last {
      self.map = map
      rest.removeLast()
    }
    guard rest.isEmpty else {
      throw refusal("a normalizer that isn't a table of characters")
    }
  }

  private mutating func addPieces(
    _ vocabulary: Vocabulary, _ unknown: TokenID, _ refusal: (String) -> InterchangeError
  ) throws(InterchangeError) {
    let symbols = vocabulary.pipeline.symbols
    let wholes = Set(symbols.wholeSymbols)
    let unused = Set(symbols.pieceOrder?.unused ?? [])
    var byteCount = 0
    for id in 0..<TokenID(truncatingIfNeeded: vocabulary.idBound) {
      guard let text = vocabulary.bytes(of: id) else {
        throw refusal("the id \(id) without a token")
      }
      var kind = SentencePieces.Kind.normal
      if let special = vocabulary.specialTokens.token(withID: id) {
        guard special.matching == [], !vocabulary.tokens.contains(id) else {
          throw refusal("the added token \(special.text) that every text yields")
        }
        kind = id == unknown ? .unknown : .control
      } else if wholes.contains(id) {
        kind = .userDefined
      } else if unused.contains(id) {
        kind = .unused
      } else if fallsBackToBytes, ByteTokens.byte(of: text) != nil {
        kind = .byte
        byteCount += 1
      }
      pieces.append(SentencePieces.Piece(text: Array(text), type: kind.rawValue))
    }
    guard !fallsBackToBytes || byteCount == 256 else {
      throw refusal("tokens for \(byteCount) of the 256 bytes")
    }
    // A piece merges when its first merge does; those that nothing makes come last.
    let ranks = vocabulary.pieceRanks
    let merging = pieces.indices.filter { pieces[$0].kind == .normal || pieces[$0].kind == .unused }
    let rank = { (index: Int) in ranks[TokenID(truncatingIfNeeded: index)] ?? .max }
    let order = merging.sorted { (rank($0), $0) < (rank($1), $1) }
    var next = (ranks.values.max() ?? -1) + 1
    for index in order {
      if rank(index) == .max { next += 1 }
      pieces[index].score = -Float(rank(index) == .max ? next - 1 : rank(index))
    }
    let ids = order.map { TokenID(truncatingIfNeeded: $0) }
    guard (try? PieceMerges.all(of: ids, in: vocabulary.tokens)) == vocabulary.merges else {
      throw refusal("merges other than all that make a piece of two others, the best piece first")
    }
  }

  /// The trainer's settings, those that are not the default.
  func trainer(_ options: PieceTrainingOptions?) -> [UInt8] {
    let settings = options?.sentencePiece ?? PieceTrainingOptions.SentencePiece()
    var spec = ProtobufWriter()
    spec.write(3, value: 2)
    spec.write(4, value: Int64(pieces.count))
    if settings.characterCoverage != 0.9995 { spec.write(10, float: settings.characterCoverage) }
    if settings.maximumSentenceLength != 4192 {
      spec.write(18, value: Int64(settings.maximumSentenceLength))
    }
    if settings.maximumPieceLength != 16 {
      spec.write(20, value: Int64(settings.maximumPieceLength))
    }
    if !settings.splitsByScript { spec.write(21, flag: false) }
    if !settings.splitsBySpace { spec.write(22, flag: false) }
    if !settings.splitsByNumber { spec.write(23, flag: false) }
    if settings.splitsDigits { spec.write(25, flag: true) }
    if settings.allowsSpaceOnlyPieces { spec.write(26, flag: true) }
    let named = ["<unk>", "<s>", "</s>", "<pad>"].map { Array($0.utf8) }
    for (field, kind) in [(30, SentencePieces.Kind.control), (31, .userDefined)] {
      let given = field == 30 ? settings.controlSymbols : settings.userDefinedSymbols
      let found = pieces.filter { $0.kind == kind && !named.contains($0.text) }.map(\.text)
      for text in options == nil ? found : given.map({ Array($0.utf8) }) {
        spec.write(field, bytes: text)
      }
    }
    if let options, pieces.count < options.vocabularySize { spec.write(33, flag: false) }
    if fallsBackToBytes { spec.write(35, flag: true) }
    if let options, !options.requiredCharacters.isEmpty {
      spec.write(36, bytes: Array(options.requiredCharacters.utf8))
    }
    for (index, usual) in [0, 1, 2, -1].enumerated() {
      let id = pieces.firstIndex { $0.kind != .normal && $0.text == named[index] }
      let isUnknown = index == 0
      let place = isUnknown ? pieces.firstIndex { $0.kind == .unknown } : id
      if place ?? -1 != usual { spec.write(40 + index, value: Int64(place ?? -1)) }
    }
    if let unknown = pieces.first(where: { $0.kind == .unknown }), unknown.text != named[0] {
      spec.write(45, bytes: unknown.text)
    }
    return spec.bytes
  }

  /// The normalizer's settings, those that are not the default.
  func normalizer() -> [UInt8] {
    var spec = ProtobufWriter()
    spec.write(1, bytes: Array((map == nil ? "identity" : "user_defined").utf8))
    spec.write(2, bytes: map?.bytes ?? [])
    if !addsPrefix { spec.write(3, flag: false) }
    if !collapsesSpaces { spec.write(4, flag: false) }
    return spec.bytes
  }
}
