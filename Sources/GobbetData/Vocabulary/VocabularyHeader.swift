internal import GobbetBPE
internal import GobbetFile
internal import GobbetSystem

/// What a file says of a vocabulary beside its merges, in the section `vocabulary header`.
struct VocabularyHeader {
  /// Where the bound of the ids is in the section's content.
  static let idBoundOffset = 36

  /// How tokens follow from what is stored.
  enum Layout {
    /// From the 256 bytes, whose ids are in a row from `firstID` on, and the pairs of the merges.
    case pairs(byteOrder: [UInt8], firstID: TokenID)
    /// Every token and every merge is there.
    case tokens
  }

  var fingerprint: ContentDigest
  var layout: Layout
  var mergeRule: MergeRule
  var pattern: SplitPattern
  var idBound: Int
  var mergeCount: Int
  var specialTokens: [SpecialToken]

  /// The header of `vocabulary`, whose fingerprint is given where it is known.
  init(_ vocabulary: Vocabulary, fingerprint known: ContentDigest? = nil) {
    fingerprint = known ?? vocabulary.fingerprint
    layout =
      vocabulary.layout.map { .pairs(byteOrder: $0.byteOrder, firstID: $0.firstID) } ?? .tokens
    mergeRule = vocabulary.mergeRule
    pattern = vocabulary.pattern
    idBound = vocabulary.idBound
    mergeCount = vocabulary.merges.count
    specialTokens = Array(vocabulary.specialTokens)
  }

  /// The header as it stands in files.
  var content: [UInt8] {
    var content = ByteWriter()
    content.write(fingerprint.bytes)
    let layoutCode: UInt8 = if case .tokens = layout { 2 } else { 1 }
    content.write(layoutCode)
    content.write(mergeRule.rawValue)
    content.write(UInt16(pattern.settings.count))
    content.write(UInt32(idBound))
    content.write(UInt32(mergeCount))
    content.write(UInt32(specialTokens.count))
    content.write(pattern.settings)
    if case .pairs(let byteOrder, let firstID) = layout {
      content.write(firstID)
      content.write(byteOrder)
    }
    for special in specialTokens {
      content.write(special.id)
      content.write(UInt32(special.bytes.count))
      content.write(special.bytes)
    }
    return content.bytes
  }

  /// The header in a section's content.
  ///
  /// - Throws: `FormatError` if it ends early or late, or holds a code that is unknown.
  init(_ content: Span<UInt8>) throws(FormatError) {
    var reader = ByteReader(content)
    fingerprint = try reader.readDigest("vocabulary.fingerprint")
    let layoutCode = try reader.read(UInt8.self, "vocabulary.layout")
    let ruleCode = try reader.read(UInt8.self, "vocabulary.mergeRule")
    let settingCount = Int(try reader.read(UInt16.self, "vocabulary.settingCount"))
    idBound = Int(try reader.read(UInt32.self, "vocabulary.idBound"))
    mergeCount = Int(try reader.read(UInt32.self, "vocabulary.mergeCount"))
    guard mergeCount < TokenTable.maximumCount else {
      throw FormatError(
        code: .damaged("\(mergeCount.counted("merge"))"), offset: reader.offset - 4,
        field: "vocabulary.mergeCount")
    }
    let specialCount = Int(try reader.read(UInt32.self, "vocabulary.specialCount"))
    let settings = try reader.readBytes(settingCount, "vocabulary.pattern")
    switch layoutCode {
    case 1:
      let firstID = try reader.read(TokenID.self, "vocabulary.firstID")
      layout = .pairs(
        byteOrder: try reader.readBytes(256, "vocabulary.byteOrder"), firstID: firstID)
    case 2: layout = .tokens
    default: throw Self.unknown("layout", layoutCode, offset: ContentDigest.byteCount)
    }
    guard let mergeRule = MergeRule(rawValue: ruleCode) else {
      throw Self.unknown("mergeRule", ruleCode, offset: ContentDigest.byteCount + 1)
    }
    self.mergeRule = mergeRule
    guard let pattern = SplitPattern(settings: settings) else {
      throw FormatError(
        code: .damaged(SplitPattern.complaint(about: settings)), offset: 48,
        field: "vocabulary.pattern")
    }
    self.pattern = pattern
    specialTokens = []
    for _ in 0..<specialCount {
      let start = reader.offset
      let id = try reader.read(TokenID.self, "vocabulary.special.id")
      if let last = specialTokens.last, id <= last.id {
        throw FormatError(
          code: .damaged("special token \(id) after \(last.id)"), offset: start,
          field: "vocabulary.special.id")
      }
      let byteCount = Int(try reader.read(UInt32.self, "vocabulary.special.byteCount"))
      let bytes = try reader.readBytes(byteCount, "vocabulary.special.bytes")
      specialTokens.append(SpecialToken(bytes: bytes, id: id))
    }
    try reader.finish("vocabulary")
  }

  private static func unknown(_ field: String, _ code: UInt8, offset: Int) -> FormatError {
    FormatError(
      code: .damaged("code \(code) is unknown"), offset: offset, field: "vocabulary.\(field)")
  }
}
