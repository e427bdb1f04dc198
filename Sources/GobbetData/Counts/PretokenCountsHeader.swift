internal import GobbetBPE
internal import GobbetFile

/// What a file of counts says of itself, in the section `counts header`.
struct PretokenCountsHeader {
  /// Bytes of the longest pretoken.
  static let maximumPretokenByteCount = TokenTable.maximumTokenByteCount
  /// Bytes of pretokens, each whole, that any file may hold where the caller does not say; training
  /// takes some sixteen times as much memory.
  static let leastPretokenByteLimit = 16 << 20
  /// How many more it may hold for each byte of the file; those of real texts have five to fifteen.
  static let pretokenBytesPerStoredByte = 64

  /// How the texts were cut.
  var pattern: SplitPattern
  /// How many pretokens there are.
  var uniqueCount = 0
  /// What they were counted from.
  var origin = PretokenCountsOrigin()

  /// The header of a file without pretokens.
  init(pattern: SplitPattern) { self.pattern = pattern }

  /// The header as it stands in files.
  var content: [UInt8] {
    var content = ByteWriter()
    content.write(UInt64(uniqueCount))
    content.write(origin.content)
    content.write(UInt32(pattern.settings.count))
    content.write(pattern.settings)
    return content.bytes
  }

  /// The header in a section's content.
  ///
  /// - Throws: `FormatError` if it ends early or late, or its pattern is none.
  init(_ content: Span<UInt8>) throws(FormatError) {
    var reader = ByteReader(content)
    uniqueCount = try reader.readCount("counts.uniqueCount")
    origin = try PretokenCountsOrigin(&reader)
    let settingsOffset = reader.offset + 4
    let settingCount = Int(try reader.read(UInt32.self, "counts.settingCount"))
    let settings = try reader.readBytes(settingCount, "counts.pattern")
    try reader.finish("counts")
    guard let pattern = SplitPattern(settings: settings) else {
      throw FormatError(
        code: .damaged(SplitPattern.complaint(about: settings)), offset: settingsOffset,
        field: "counts.pattern")
    }
    self.pattern = pattern
  }
}
