/// A table of contents with the trailer after it; a file has one for each time that it was written
/// or appended to, and the last counts.
struct Generation: Sendable {
  let trailer: Trailer
  let table: TableOfContents

  /// Reads the table that `trailer` points at, and checks the padding after it.
  ///
  /// `tail` is what was read already, from `tailOffset` on.
  init(
    _ trailer: Trailer, in source: SectionSource, tail: [UInt8] = [], tailOffset: Int = .max
  ) throws {
    self.trailer = trailer
    var content: [UInt8]
    if trailer.tableOffset >= tailOffset {
      content = Array(tail[(trailer.tableOffset - tailOffset)..<(trailer.offset - tailOffset)])
    } else {
      content = try source.read(trailer.tableOffset, trailer.offset - trailer.tableOffset, "table")
    }
    table = try source.locating(at: trailer.tableOffset) { () throws(FormatError) in
      for index in trailer.tableByteCount..<content.count where content[index] != 0 {
        throw FormatError(
          code: .damaged("padding byte is \(content[index])"), offset: index,
          field: "table.padding")
      }
      content.removeLast(content.count - trailer.tableByteCount)
      return try TableOfContents(content.span, of: trailer)
    }
  }

  /// Bytes at the end of a file that opening reads at once; a larger table takes a second read.
  static let tailByteCount = 64 << 10

  /// The last generation that is whole, by the order of checks in `Spec/Container.md`.
  ///
  /// - Throws: ``FormatError`` if there is none, or if a table is followed by 64 bytes that are
  ///   neither cut off, nor all zero, nor its trailer.
  /// - Complexity: one read where the file ends with a trailer, else one for each record from its
  ///   start on.
  static func last(in source: SectionSource, start: [UInt8]) throws -> Generation {
    let byteCount = source.byteCount
    let trailerOffset = byteCount - Trailer.byteCount
    guard trailerOffset >= Header.byteCount else {
      throw FormatError(
        code: .truncated(needed: Header.byteCount + Trailer.byteCount, available: byteCount),
        offset: byteCount, field: "trailer", file: source.name)
    }
    let tailOffset = max(0, byteCount - tailByteCount)
    let tail =
      tailOffset == 0 && start.count == byteCount
      ? start : try source.read(tailOffset, byteCount - tailOffset, "trailer")
    let trailer: Trailer
    do {
      trailer = try source.locating(at: trailerOffset) { () throws(FormatError) in
        try Trailer(tail.span.extracting(last: Trailer.byteCount), offset: trailerOffset)
      }
    } catch {
      let earlier = try lastBeforeUnfinished(in: source)
      // A later version's, or one that breaks another rule: what came before must not take its place.
      let isPlaced = Trailer.endsTable(
        tail.span.extracting(last: Trailer.byteCount), offset: trailerOffset)
      guard let earlier, !isPlaced else { throw error }
      return try Generation(earlier, in: source)
    }
    return try Generation(trailer, in: source, tail: tail, tailOffset: tailOffset)
  }

  /// The last trailer that is followed by the beginning of an append; nil if there is none.
  ///
  /// Walks from record to record, so that nothing in a payload is mistaken for a trailer.
  /// - Throws: ``FormatError`` for a table whose trailer is damaged: an earlier generation must not
  ///   take the place of a later one that was finished.
  private static func lastBeforeUnfinished(in source: SectionSource) throws -> Trailer? {
    var records = RecordWalk(source, from: Header.byteCount)
    var last: Trailer?
    while let record = try records.next() {
      switch record {
      case .section: continue
      case .trailer(let trailer): last = trailer
      case .damagedTrailer(let fault): throw fault.ofFinishedGeneration(hasEarlier: last != nil)
      }
    }
    guard let last else { return nil }
    let count = min(ContainerSection.magic.count, source.byteCount - last.endOffset)
    let next = try source.read(last.endOffset, count, "section.magic")
    return [ContainerSection.magic, TableOfContents.magic].contains {
      next.elementsEqual($0.prefix(count))
    }
      ? last : nil
  }
}

extension FormatError {
  /// The fault of a trailer whose table is there, with the way out where an earlier generation could
  /// be taken for the last one.
  fileprivate func ofFinishedGeneration(hasEarlier: Bool) -> FormatError {
    if case .unsupportedVersion = code { return self }
    guard hasEarlier else { return self }
    let reason =
      field == "trailer.magic" ? "not a trailer, and its table is here" : code.description
    return FormatError(
      code: .damaged("\(reason); recover copies every whole section to a new file"), offset: offset,
      field: field, file: file)
  }
}
