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
}
