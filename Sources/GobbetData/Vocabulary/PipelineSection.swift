internal import GobbetBPE
internal import GobbetFile

/// What a file says of a vocabulary beyond version 1.0 of its format, in the section `PIPE`: how
/// added tokens are found, and what of its `TextPipeline` decides ids.
struct PipelineSection {
  /// How each added token is found that is not found by its bytes alone.
  var matching: [TokenID: TokenMatching] = [:]
  var pipeline = TextPipeline.plain

  /// In place of an id.
  private static let noID = TokenID.max
  /// Beside the id of a piece whose rank is that of the one before it.
  static let tie: UInt32 = 1 << 31

  /// What there is to say of a vocabulary; nil if that is nothing.
  init?(_ vocabulary: Vocabulary) {
    pipeline = vocabulary.pipeline.decidingIDs
    for token in vocabulary.specialTokens where token.matching != [] {
      matching[token.id] = token.matching
    }
    if pipeline == .plain, matching.isEmpty { return nil }
  }

  // MARK: Writing

  /// The section as it stands in files.
  var content: [UInt8] {
    var content = ByteWriter()
    content.write(UInt32(matching.count))
    for (id, options) in matching.sorted(by: { $0.key < $1.key }) {
      content.write(id)
      content.write(options.rawValue)
    }
    let symbols = pipeline.symbols
    content.write(symbols.unit.rawValue)
    let flags: [(Bool, UInt8)] = [
      (symbols.isComplete, 1), (symbols.fusesUnknown, 2), (symbols.fallsBackToBytes, 4),
      (!symbols.endOfWordSuffix.isEmpty, 8), (!symbols.wholeSymbols.isEmpty, 16),
      (symbols.pieceOrder != nil, 32),
    ]
    content.write(flags.reduce(UInt8(0)) { $1.0 ? $0 | $1.1 : $0 })
    content.write(symbols.unknown ?? Self.noID)
    if !symbols.endOfWordSuffix.isEmpty { Self.write(symbols.endOfWordSuffix, to: &content) }
    if !symbols.wholeSymbols.isEmpty {
      content.write(UInt32(symbols.wholeSymbols.count))
      for id in symbols.wholeSymbols { content.write(id) }
    }
    if let order = symbols.pieceOrder {
      content.write(UInt32(order.pieces.count))
      for piece in order.pieces { content.write(piece.id | (piece.isTied ? Self.tie : 0)) }
      content.write(UInt32(order.unused.count))
      for id in order.unused { content.write(id) }
    }
    if symbols.unit == .piece {
      Self.write(symbols.continuingPrefix, to: &content)
      content.write(UInt32(symbols.maximumScalarCount))
    }
    content.write(UInt8(pipeline.normalizers.count))
    for step in pipeline.normalizers { Self.write(step, to: &content) }
    content.write(UInt8(pipeline.pretokenizers.count))
    for step in pipeline.pretokenizers { Self.write(step, to: &content) }
    content.write(UInt8(pipeline.decoders.count))
    for step in pipeline.decoders { Self.write(step, to: &content) }
    return content.bytes
  }

  private static func write(_ bytes: [UInt8], to content: inout ByteWriter) {
    content.write(UInt32(bytes.count))
    content.write(bytes)
  }

  private static func write(_ step: Normalizer, to content: inout ByteWriter) {
    switch step {
    case .nfc: content.write(UInt8(1))
    case .nfd: content.write(UInt8(2))
    case .nfkc: content.write(UInt8(3))
    case .nfkd: content.write(UInt8(4))
    case .prepend(let bytes):
      content.write(UInt8(5))
      write(bytes, to: &content)
    case .replace(let old, let new):
      content.write(UInt8(6))
      write(old, to: &content)
      write(new, to: &content)
    case .strip(let left, let right):
      content.write(UInt8(7))
      content.write(UInt8((left ? 1 : 0) | (right ? 2 : 0)))
    case .lowercase: content.write(UInt8(16))
    case .stripAccents: content.write(UInt8(17))
    case .bert(let options):
      content.write(UInt8(18))
      content.write(options.rawValue)
    case .nmt: content.write(UInt8(19))
    case .characterMap(let map):
      content.write(UInt8(20))
      write(map.bytes, to: &content)
    case .precompiled(let map):
      content.write(UInt8(23))
      write(map.bytes, to: &content)
    case .collapseSpaces: content.write(UInt8(21))
    case .byteLevel: content.write(UInt8(24))
    case .replaceMatches(let expression, let new):
      content.write(UInt8(22))
      write(SplitPattern(expression).settings, to: &content)
      write(new, to: &content)
    }
  }

  private static func write(_ step: PretokenizerStep, to content: inout ByteWriter) {
    switch step {
    case .digits(let individual):
      content.write(UInt8(1))
      content.write(UInt8(individual ? 1 : 0))
    case .prefixSpace: content.write(UInt8(2))
    case .metaspace(let replacement, let scheme, let splits):
      content.write(UInt8(3))
      content.write(scheme.rawValue)
      content.write(UInt8(splits ? 1 : 0))
      write(replacement, to: &content)
    case .split(let bytes, let behavior, let isInverted):
      content.write(UInt8(4))
      content.write(behavior.rawValue)
      content.write(UInt8(isInverted ? 1 : 0))
      write(bytes, to: &content)
    case .expression(let expression):
      content.write(UInt8(5))
      write(SplitPattern(expression).settings, to: &content)
    case .bert: content.write(UInt8(13))
    case .punctuation(let behavior):
      content.write(UInt8(14))
      content.write(behavior.rawValue)
    case .whitespaceSplit: content.write(UInt8(15))
    case .words: content.write(UInt8(16))
    case .fixedLength(let count):
      content.write(UInt8(17))
      content.write(UInt32(count))
    case .scripts: content.write(UInt8(18))
    }
  }

  private static func write(_ step: DecoderStep, to content: inout ByteWriter) {
    switch step {
    case .replace(let old, let new):
      content.write(UInt8(1))
      write(old, to: &content)
      write(new, to: &content)
    case .byteFallback: content.write(UInt8(2))
    case .fuse: content.write(UInt8(3))
    case .byteLevel: content.write(UInt8(16))
    case .strip(let scalar, let start, let stop):
      content.write(UInt8(4))
      content.write(UInt32(start))
      content.write(UInt32(stop))
      write(scalar, to: &content)
    case .metaspace(let replacement, let dropsFirst):
      content.write(UInt8(5))
      content.write(UInt8(dropsFirst ? 1 : 0))
      write(replacement, to: &content)
    case .wordPiece(let prefix, let cleansUp):
      content.write(UInt8(14))
      content.write(UInt8(cleansUp ? 1 : 0))
      write(prefix, to: &content)
    case .endOfWord(let suffix):
      content.write(UInt8(15))
      write(suffix, to: &content)
    }
  }

  // MARK: Reading

  /// The section in its content.
  ///
  /// - Throws: `FormatError` if it ends early or late, holds a code that is unknown or steps that do
  ///   not go together, or is one that a writer leaves out.
  init(_ content: Span<UInt8>) throws(FormatError) {
    var reader = PipelineReader(content)
    var previous: TokenID?
    for _ in 0..<(try reader.count("pipeline.matchingCount")) {
      let start = reader.offset
      let id = try reader.id("pipeline.matching.id")
      let options = try reader.byte("pipeline.matching.options")
      guard previous.map({ $0 < id }) ?? true, options != 0,
        TokenMatching.all.contains(TokenMatching(rawValue: options))
      else {
        throw FormatError(
          code: .damaged("token \(id) with options \(options)"), offset: start,
          field: "pipeline.matching")
      }
      matching[id] = TokenMatching(rawValue: options)
      previous = id
    }
    pipeline.symbols = try reader.symbols(noID: Self.noID)
    for _ in 0..<(try reader.byte("pipeline.normalizerCount")) {
      pipeline.normalizers.append(try reader.normalizer())
    }
    for _ in 0..<(try reader.byte("pipeline.pretokenizerCount")) {
      pipeline.pretokenizers.append(try reader.pretokenizer())
    }
    for _ in 0..<(try reader.byte("pipeline.decoderCount")) {
      pipeline.decoders.append(try reader.decoder())
    }
    try reader.require(pipeline.decoders.isStreamable, "pipeline.decoders")
    try reader.require(pipeline != .plain || !matching.isEmpty, "pipeline")
    try reader.finish("pipeline")
  }

  /// The tokens of a header with how they are found.
  ///
  /// - Throws: `VocabularyError` (`pipelineToken`) if one of ``matching`` is not there.
  func applied(to tokens: [SpecialToken]) throws(VocabularyError) -> [SpecialToken] {
    var left = matching
    let result = tokens.map { token in
      SpecialToken(
        bytes: token.bytes, id: token.id, matching: left.removeValue(forKey: token.id) ?? [])
    }
    if let id = left.keys.min() { throw VocabularyError(.pipelineToken, token: id) }
    return result
  }
}
