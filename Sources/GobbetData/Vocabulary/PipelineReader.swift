internal import GobbetBPE
internal import GobbetFile

/// Reads the fields of the sections `PIPE` and `post`.
struct PipelineReader: ~Escapable {
  private var reader: ByteReader
  /// Where the field begins that was read last.
  private var start = 0

  @_lifetime(copy content)
  init(_ content: Span<UInt8>) { reader = ByteReader(content) }

  /// Bytes from the start to the next unread byte.
  var offset: Int { reader.offset }

  @_lifetime(self: copy self)
  mutating func byte(_ field: String) throws(FormatError) -> UInt8 {
    start = reader.offset
    return try reader.read(UInt8.self, field)
  }

  @_lifetime(self: copy self)
  mutating func id(_ field: String) throws(FormatError) -> TokenID {
    start = reader.offset
    return try reader.read(TokenID.self, field)
  }

  /// A number of things that take a byte or more each.
  @_lifetime(self: copy self)
  mutating func count(_ field: String) throws(FormatError) -> Int {
    let count = Int(try id(field))
    try require(count <= reader.remainingCount, field)
    return count
  }

  @_lifetime(self: copy self)
  mutating func flag(_ field: String) throws(FormatError) -> Bool {
    let value = try byte(field)
    try require(value <= 1, field)
    return value == 1
  }

  @_lifetime(self: copy self)
  mutating func bytes(_ field: String) throws(FormatError) -> [UInt8] {
    try reader.readBytes(try count(field), field)
  }

  /// Bytes of which there is at least one.
  @_lifetime(self: copy self)
  private mutating func someBytes(_ field: String) throws(FormatError) -> [UInt8] {
    let bytes = try bytes(field)
    try require(!bytes.isEmpty, field)
    return bytes
  }

  @_lifetime(self: copy self)
  mutating func ids(_ field: String) throws(FormatError) -> [TokenID] {
    var ids: [TokenID] = []
    for _ in 0..<(try count(field)) { ids.append(try id(field)) }
    return ids
  }

  /// The bytes as text.
  func text(_ bytes: [UInt8], _ field: String) throws(FormatError) -> String {
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw FormatError(code: .damaged("is not UTF-8"), offset: start, field: field)
    }
    return text
  }

  /// Refuses the field read last unless `condition` holds.
  func require(_ condition: Bool, _ field: String) throws(FormatError) {
    guard condition else {
      throw FormatError(
        code: .damaged("a value that the rules exclude"), offset: start, field: field)
    }
  }

  @_lifetime(self: copy self)
  mutating func finish(_ section: String) throws(FormatError) { try reader.finish(section) }

  @_lifetime(self: copy self)
  mutating func symbols(noID: TokenID) throws(FormatError) -> InitialSymbols {
    let unit = InitialSymbols.Unit(rawValue: try byte("pipeline.symbols.unit"))
    guard let unit else { throw unknown("pipeline.symbols.unit") }
    let flags = try byte("pipeline.symbols.flags")
    let hasSuffix = flags & 8 != 0
    try require(
      flags < 64 && (unit == .byte || flags & 1 == 0) && (unit != .piece || flags == 0)
        && !(hasSuffix && flags & 5 != 0) && (unit == .scalar || flags & 48 == 0)
        && !(hasSuffix && flags & 32 != 0),
      "pipeline.symbols.flags")
    let unknownID = try id("pipeline.symbols.unknown")
    try require(unit != .piece || unknownID != noID, "pipeline.symbols.unknown")
    var symbols = InitialSymbols(
      unit: unit, isComplete: flags & 1 != 0, unknown: unknownID == noID ? nil : unknownID,
      fusesUnknown: flags & 2 != 0, fallsBackToBytes: flags & 4 != 0)
    if hasSuffix { symbols.endOfWordSuffix = try someBytes("pipeline.symbols.suffix") }
    if flags & 16 != 0 {
      symbols.wholeSymbols = try ids("pipeline.symbols.wholes")
      try require(
        symbols.wholeSymbols.isRising && !symbols.wholeSymbols.isEmpty, "pipeline.symbols.wholes")
    }
    if flags & 32 != 0 { symbols.pieceOrder = try pieceOrder() }
    if unit == .piece {
      symbols.continuingPrefix = try bytes("pipeline.symbols.prefix")
      symbols.maximumScalarCount = Int(try id("pipeline.symbols.maximumScalarCount"))
    }
    try require(!symbols.isComplete || symbols == .bytes, "pipeline.symbols.unknown")
    return symbols
  }

  @_lifetime(self: copy self)
  private mutating func pieceOrder() throws(FormatError) -> PieceOrder {
    let field = "pipeline.symbols.order"
    let pieces = try ids(field).map {
      PieceOrder.Piece(id: $0 & ~PipelineSection.tie, isTied: $0 & PipelineSection.tie != 0)
    }
    try require(
      pieces.first?.isTied != true && Set(pieces.map(\.id)).count == pieces.count, field)
    let unused = try ids("pipeline.symbols.unused")
    try require(unused.isRising, "pipeline.symbols.unused")
    return PieceOrder(pieces: pieces, unused: unused)
  }

  @_lifetime(self: copy self)
  mutating func normalizer() throws(FormatError) -> Normalizer {
    let field = "pipeline.normalizer"
    switch try byte(field) {
    case 1: return .nfc
    case 2: return .nfd
    case 3: return .nfkc
    case 4: return .nfkd
    case 5: return .prepend(try bytes(field))
    case 6: return .replace(try someBytes(field), with: try bytes(field))
    case 7:
      let sides = try byte(field)
      try require(sides < 4, field)
      return .strip(left: sides & 1 != 0, right: sides & 2 != 0)
    case 16: return .lowercase
    case 17: return .stripAccents
    case 18:
      let options = BERTNormalization(rawValue: try byte(field))
      try require(BERTNormalization.all.contains(options), field)
      return .bert(options)
    case 19: return .nmt
    case 20: return .characterMap(try characterMap(field))
    case 21: return .collapseSpaces
    case 23: return .precompiled(try characterMap(field))
    case 24: return .byteLevel
    case 22:
      let expression = try expression(field)
      try require(expression.behavior == .isolated && !expression.isInverted, field)
      return .replaceMatches(expression, with: try bytes(field))
    default: throw unknown(field)
    }
  }

  @_lifetime(self: copy self)
  private mutating func characterMap(_ field: String) throws(FormatError) -> CharacterMap {
    guard let map = CharacterMap(try bytes(field)) else {
      throw FormatError(code: .damaged("no table of characters"), offset: start, field: field)
    }
    return map
  }

  @_lifetime(self: copy self)
  mutating func pretokenizer() throws(FormatError) -> PretokenizerStep {
    let field = "pipeline.pretokenizer"
    switch try byte(field) {
    case 1: return .digits(individual: try flag(field))
    case 2: return .prefixSpace
    case 3:
      let scheme = PretokenizerStep.PrependScheme(rawValue: try byte(field))
      guard let scheme else { throw unknown(field) }
      let splits = try flag(field)
      return .metaspace(replacement: try someBytes(field), scheme: scheme, splits: splits)
    case 4:
      let behavior = try behavior(field)
      let isInverted = try flag(field)
      return .split(try someBytes(field), behavior, isInverted: isInverted)
    case 5: return .expression(try expression(field))
    case 13: return .bert
    case 14: return .punctuation(try behavior(field))
    case 15: return .whitespaceSplit
    case 16: return .words
    case 17:
      let count = Int(try id(field))
      try require(count > 0, field)
      return .fixedLength(count)
    case 18: return .scripts
    default: throw unknown(field)
    }
  }

  @_lifetime(self: copy self)
  private mutating func expression(_ field: String) throws(FormatError) -> SplitExpression {
    guard let expression = SplitPattern(settings: try someBytes(field))?.expression else {
      throw FormatError(
        code: .damaged("an expression that isn't supported"), offset: start, field: field)
    }
    return expression
  }

  @_lifetime(self: copy self)
  private mutating func behavior(
    _ field: String
  ) throws(FormatError) -> PretokenizerStep.Behavior {
    let behavior = PretokenizerStep.Behavior(rawValue: try byte(field))
    guard let behavior else { throw unknown(field) }
    return behavior
  }

  @_lifetime(self: copy self)
  mutating func decoder() throws(FormatError) -> DecoderStep {
    let field = "pipeline.decoder"
    switch try byte(field) {
    case 1: return .replace(try someBytes(field), with: try bytes(field))
    case 2: return .byteFallback
    case 3: return .fuse
    case 4:
      let (start, stop) = (Int(try id(field)), Int(try id(field)))
      return .strip(try someBytes(field), start: start, stop: stop)
    case 5:
      let dropsFirst = try flag(field)
      return .metaspace(replacement: try someBytes(field), dropsFirst: dropsFirst)
    case 14:
      let cleansUp = try flag(field)
      return .wordPiece(prefix: try bytes(field), cleansUp: cleansUp)
    case 15: return .endOfWord(try someBytes(field))
    case 16: return .byteLevel
    default: throw unknown(field)
    }
  }

  private func unknown(_ field: String) -> FormatError {
    FormatError(code: .damaged("a code that is unknown"), offset: start, field: field)
  }
}

extension [TokenID] {
  /// Whether each id is larger than the one before it.
  fileprivate var isRising: Bool { zip(self, dropFirst()).allSatisfy { $0 < $1 } }
}
