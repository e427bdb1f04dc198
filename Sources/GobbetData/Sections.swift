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
}
