package import GobbetFile

extension SectionKind {
  package static let vocabularyHeader = SectionKind("VOCB")
  package static let mergeLeft = SectionKind("LEFT")
  package static let mergeRight = SectionKind("RGHT")
  package static let mergeResult = SectionKind("RSLT")
  package static let tokenStrings = SectionKind("TSTR")
  package static let pipeline = SectionKind("PIPE")
  package static let postProcessor = SectionKind("post")
  package static let tokenHeader = SectionKind("TOKH")
  package static let tokenRanks = SectionKind("TOKR")
  package static let tokens = SectionKind("TOKN")
  package static let tokenBlocks = SectionKind("TOKB")
  package static let documentLengths = SectionKind("DOCL")
  package static let lossMasks = SectionKind("LMSK")
  package static let documentSources = SectionKind("dsrc")
  package static let documentByteCounts = SectionKind("dbyt")
  package static let countsHeader = SectionKind("CNTH")
  package static let counts = SectionKind("CNTS")
  package static let tensorTable = SectionKind("TENS")
  package static let tensorBlocks = SectionKind("TBLK")
  package static let tensorData = SectionKind("TDAT")
  package static let weightSet = SectionKind("wset")
  package static let weightsBase = SectionKind("BASE")

  /// The kinds that this module knows, and the one of all files.
  fileprivate static let known: Set<SectionKind> = [
    .metadata, .vocabularyHeader, .mergeLeft, .mergeRight, .mergeResult, .tokenStrings, .pipeline,
    .postProcessor,
    .tokenHeader, .tokenRanks, .tokens, .tokenBlocks, .documentLengths, .lossMasks,
    .documentSources, .documentByteCounts, .countsHeader, .counts, .tensorTable, .tensorBlocks,
    .tensorData, .weightsBase,
  ]
}

extension ContainerReader {
  /// Checks that this module knows all critical sections.
  ///
  /// - Throws: `FormatError` (`unsupportedSection`) for the first that it does not.
  func requireKnownSections() throws(FormatError) { try requireKnownSections(SectionKind.known) }

  /// What `body` makes of the content of a section; its errors are moved to where that lies.
  ///
  /// Of the budget for an index it takes the content, and `width` bytes for each of `count` values.
  /// - Throws: `FormatError`, `FileError`.
  func parsed<Value>(
    _ section: ContainerSection, building count: Int = 0, of width: Int = 1,
    _ body: (Span<UInt8>) throws(FormatError) -> Value
  ) throws -> Value {
    let (built, isTooMuch) = count.multipliedReportingOverflow(by: width)
    let (total, isStillTooMuch) = section.byteCount.addingReportingOverflow(isTooMuch ? 0 : built)
    try requireIndexMemory(
      isTooMuch || isStillTooMuch ? .max : total, for: section, "section.byteCount")
    let content = try bytes(of: section)
    do throws(FormatError) {
      return try body(content.span)
    } catch {
      throw error.located(at: section.payloadOffset, in: path)
    }
  }

  /// What `body` makes of the content of the section of that kind, which there must be.
  ///
  /// - Throws: `FormatError`, `FileError`.
  func parsed<Value>(
    _ kind: SectionKind, building count: Int = 0, of width: Int = 1,
    _ body: (Span<UInt8>) throws(FormatError) -> Value
  ) throws -> Value {
    try parsed(try requiredSection(kind), building: count, of: width, body)
  }
}
