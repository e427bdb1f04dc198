package import GobbetFile

extension SectionKind {
  package static let vocabularyHeader = SectionKind("VOCB")
  package static let mergeLeft = SectionKind("LEFT")
  package static let mergeRight = SectionKind("RGHT")
  package static let mergeResult = SectionKind("RSLT")
  package static let tokenStrings = SectionKind("TSTR")
  package static let tokenHeader = SectionKind("TOKH")
  package static let tokenRanks = SectionKind("TOKR")
  package static let tokens = SectionKind("TOKN")
  package static let tokenBlocks = SectionKind("TOKB")
  package static let documentLengths = SectionKind("DOCL")
  package static let documentSources = SectionKind("dsrc")
  package static let documentByteCounts = SectionKind("dbyt")
  package static let countsHeader = SectionKind("CNTH")
  package static let counts = SectionKind("CNTS")
  package static let tensorTable = SectionKind("TENS")
  package static let tensorBlocks = SectionKind("TBLK")
  package static let tensorData = SectionKind("TDAT")

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
    try container.requireKnownDataSections()
    return container
  }

  /// Checks that all critical sections are known.
  ///
  /// - Throws: ``FormatError`` (`unsupportedSection`).
  func requireKnownDataSections() throws(FormatError) {
    try requireKnownSections(SectionKind.known)
  }
}
