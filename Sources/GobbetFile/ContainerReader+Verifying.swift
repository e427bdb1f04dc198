internal import GobbetSystem

extension ContainerReader {
  /// Reads everything, of all generations: every checksum, every digest, every padding byte.
  ///
  /// - Throws: ``FormatError`` for the first fault in the order of the file: of the tables, then of
  ///   the sections, then of what follows them; `FileError`.
  /// - Complexity: O(bytes of the file and of what it decodes to, at most 4 GiB or 256 times its size),
  ///   in the memory of one block and the tables.
  public func verify() throws {
    for section in try sectionsOfAllGenerations() { try verify(section) }
    try verifyEnd()
  }

  /// Reads one section: every block's checksum, the digest, the padding.
  ///
  /// - Throws: as ``verify()``.
  public func verify(_ section: ContainerSection) throws {
    var hasher = DigestHasher()
    try forEachBlock(of: section, touching: 0..<section.byteCount) { block, _ in
      hasher.update(block.span)
    }
    try verifyEnd(of: section, hasher.digest)
  }

  /// Checks what follows the last block of a section whose content has the digest `computed`.
  func verifyEnd(of section: ContainerSection, _ computed: ContentDigest) throws {
    guard computed == section.digest else {
      throw FormatError(
        code: .digestMismatch(stored: section.digest, computed: computed),
        offset: section.payloadOffset, field: "table.digest", file: path)
    }
    let end = section.blockTableOffset + section.blockTableByteCount
    try source.requireZeros(end, section.endOffset - end, "section.padding")
  }

  /// Checks that nothing follows the last generation.
  func verifyEnd() throws(FormatError) {
    guard unfinishedByteCount == 0 else {
      throw FormatError(
        code: .damaged("\(unfinishedByteCount.counted("byte")) of an append that did not end"),
        offset: generation.trailer.endOffset, field: "trailer", file: path)
    }
  }

  /// The sections of all generations in the order of the file, after all tables were checked.
  func sectionsOfAllGenerations() throws -> [ContainerSection] {
    let generations = try allGenerations()
    try verifyLayout(generations)
    var seen: Set<Int> = []
    let sections = generations.flatMap(\.table.sections)
      .filter { seen.insert($0.offset).inserted }
      .sorted { $0.offset < $1.offset }
    try requireDecoding(of: sections)
    return sections
  }

  /// How many times the file was written or appended to.
  ///
  /// - Throws: ``FormatError``, `FileError`.
  /// - Complexity: a read of each table and trailer.
  public func generationCount() throws -> Int { try allGenerations().count }

  /// All generations, the last first; each trailer lies before the table of the next one, so that
  /// there is an end of them.
  private func allGenerations() throws -> [Generation] {
    var generations = [generation]
    var offset = generation.trailer.previousOffset
    while offset != 0 {
      let bytes = try source.read(offset, Trailer.byteCount, "trailer")
      let trailer = try source.locating(at: offset) { () throws(FormatError) in
        try Trailer(bytes.span, offset: offset)
      }
      generations.append(try Generation(trailer, in: source))
      offset = trailer.previousOffset
    }
    return generations
  }

  /// Checks that the sections, tables and trailers of all generations fill the file without holes
  /// and do not overlap.
  private func verifyLayout(_ generations: [Generation]) throws {
    var sections: [Int: ContainerSection] = [:]
    var extents: [Range<Int>] = []
    for generation in generations {
      extents.append(generation.trailer.tableOffset..<generation.trailer.endOffset)
      for section in generation.table.sections {
        if let other = sections.updateValue(section, forKey: section.offset) {
          guard other == section else {
            throw FormatError(
              code: .damaged("generations disagree about the section at \(section.offset)"),
              offset: generation.trailer.tableOffset, field: "table.offset", file: path)
          }
        } else {
          extents.append(section.offset..<section.endOffset)
        }
      }
    }
    var end = Header.byteCount
    for extent in extents.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      guard extent.lowerBound == end else {
        throw FormatError(
          code: .damaged("bytes \(end) to \(extent.lowerBound) belong to nothing, or to two"),
          offset: end, field: "table.offset", file: path)
      }
      end = extent.upperBound
    }
  }
}
