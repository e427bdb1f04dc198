internal import GobbetFile

extension SectionKind {
  static let vocabularyHeader = SectionKind("VOCB")
  static let mergeLeft = SectionKind("LEFT")
  static let mergeRight = SectionKind("RGHT")
  static let mergeResult = SectionKind("RSLT")
  static let tokenStrings = SectionKind("TSTR")
  static let tokenHeader = SectionKind("TOKH")
  static let tokenRanks = SectionKind("TOKR")
  static let tokens = SectionKind("TOKN")
  static let tokenBlocks = SectionKind("TOKB")
  static let documentLengths = SectionKind("DOCL")
  static let documentSources = SectionKind("dsrc")
  static let documentByteCounts = SectionKind("dbyt")
  static let countsHeader = SectionKind("CNTH")
  static let counts = SectionKind("CNTS")
  static let tensorTable = SectionKind("TENS")
  static let tensorBlocks = SectionKind("TBLK")
  static let tensorData = SectionKind("TDAT")

  /// The kinds that this module knows, and the one of all files.
  fileprivate static let known: Set<SectionKind> = [
    .metadata, .vocabularyHeader, .mergeLeft, .mergeRight, .mergeResult, .tokenStrings,
    .tokenHeader, .tokenRanks, .tokens, .tokenBlocks, .documentLengths, .documentSources,
    .documentByteCounts, .countsHeader, .counts, .tensorTable, .tensorBlocks, .tensorData,
  ]
}

extension ContainerReader {
  /// Opens a file whose critical sections are all known.
  ///
  /// - Throws: ``FormatError`` (`unsupportedSection`) if one is not, else as ``init(path:budget:)``.
  static func ofKnownSections(_ path: String) throws -> ContainerReader {
    let container = try ContainerReader(path: path)
    try container.requireKnownSections(SectionKind.known)
    return container
  }
}
