internal import GobbetBPE
internal import GobbetFile
internal import GobbetSystem

/// A vocabulary in the sections of a container, alone or beside tokens or weights.
enum VocabularySections {
  /// Adds the sections of `vocabulary`, at zstd's `level`.
  ///
  /// The highest level takes some tenths of a second for 100,000 merges.
  /// Who knows the fingerprint spares computing it once more.
  static func write(
    _ vocabulary: Vocabulary, fingerprint: ContentDigest? = nil,
    to container: inout ContainerWriter,
    level: Int = 19
  ) throws {
    let header = VocabularyHeader(vocabulary, fingerprint: fingerprint)
    let merges = vocabulary.merges
    // In front of all others: a reader of version 1.0 then names it as what it lacks.
    if let pipeline = PipelineSection(vocabulary) {
      try container.add(.pipeline, pipeline.content, level: nil)
    }
    if let post = PostSection(vocabulary) {
      try container.add(.postProcessor, post.content, level: nil)
    }
    try container.add(.vocabularyHeader, header.content, level: nil)
    try container.add(.mergeLeft, MergePlanes.bytes(merges.lazy.map { $0.left }), level: level)
    try container.add(.mergeRight, MergePlanes.bytes(merges.lazy.map { $0.right }), level: level)
    if case .tokens = header.layout {
      try container.add(
        .mergeResult, MergePlanes.bytes(merges.lazy.map { $0.result }), level: level)
      try container.add(.tokenStrings, TokenStrings.bytes(vocabulary.tokens), level: level)
    }
  }

  /// The vocabulary of the sections.
  ///
  /// - Throws: `FormatError` for sections that are missing or do not make a vocabulary.
  static func read(_ container: ContainerReader) throws -> Vocabulary {
    let section = try container.requiredSection(.vocabularyHeader)
    // A special token takes nine bytes at least, and some 100 here.
    let header = try container.parsed(section, building: section.byteCount / 9, of: 100) {
      content throws(FormatError) in
      try VocabularyHeader(content)
    }
    var tokens = header.specialTokens
    var pipeline = TextPipeline.plain
    var pipelineSection: PipelineSection?
    if container.section(.pipeline) != nil {
      let parsed = try container.parsed(.pipeline) { content throws(FormatError) in
        try PipelineSection(content)
      }
      pipelineSection = parsed
      pipeline = parsed.pipeline
    }
    if container.section(.postProcessor) != nil {
      let post = try container.parsed(.postProcessor) { content throws(FormatError) in
        try PostSection(content)
      }
      pipeline.template = post.template
      pipeline.keptParts = post.keptParts
    }
    let left = try ids(.mergeLeft, header, container)
    let right = try ids(.mergeRight, header, container)
    let vocabulary: Vocabulary
    do {
      if let pipelineSection { tokens = try pipelineSection.applied(to: tokens) }
      let specialTokens = try SpecialTokens(tokens)
      switch header.layout {
      case .pairs(let byteOrder, let firstID):
        vocabulary = try Vocabulary(
          byteOrder: byteOrder, firstID: firstID, pairs: Array(zip(left, right)),
          mergeRule: header.mergeRule, pattern: header.pattern, specialTokens: specialTokens,
          pipeline: pipeline)
      case .tokens:
        let result = try ids(.mergeResult, header, container)
        let merges = left.indices.map {
          TokenMerge(left: left[$0], right: right[$0], result: result[$0])
        }
        vocabulary = try Vocabulary(
          tokens: try TokenStrings.table(container), merges: merges,
          mergeRule: header.mergeRule, pattern: header.pattern, specialTokens: specialTokens,
          pipeline: pipeline)
        guard vocabulary.merges == merges else { throw try unlikeRanks(container) }
      }
    } catch let error as VocabularyError {
      throw FormatError(
        code: .damaged("\(error)"), offset: section.payloadOffset, field: "vocabulary",
        file: container.path)
    }
    guard vocabulary.idBound == header.idBound else {
      throw FormatError(
        code: .damaged("ids end at \(vocabulary.idBound), not at \(header.idBound)"),
        offset: section.payloadOffset + VocabularyHeader.idBoundOffset,
        field: "vocabulary.idBound", file: container.path)
    }
    return vocabulary
  }

  /// The error for listed merges that are not those that follow from the tokens.
  static func unlikeRanks(_ container: ContainerReader) throws(FormatError) -> FormatError {
    FormatError(
      code: .damaged("not the merges that follow from the tokens"),
      offset: try container.requiredSection(.mergeLeft).payloadOffset, field: "vocabulary.merges",
      file: container.path)
  }

  private static func ids(
    _ kind: SectionKind, _ header: VocabularyHeader, _ container: ContainerReader
  ) throws -> [TokenID] {
    try container.parsed(kind, building: header.mergeCount, of: 4) { planes throws(FormatError) in
      guard let ids = MergePlanes.ids(planes, count: header.mergeCount) else {
        throw FormatError(
          code: .damaged(
            "\(planes.count.counted("byte")) for \(header.mergeCount.counted("merge"))"), offset: 0,
          field: "vocabulary.merges")
      }
      return ids
    }
  }
}
