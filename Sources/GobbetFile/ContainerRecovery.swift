internal import GobbetSystem

/// What could be saved of a damaged file.
public struct RecoveryReport: Hashable, Sendable {
  /// The sections that the new file has.
  public let recovered: [ContainerSection]
  /// Why sections that have a whole header were left behind, in the order of the file.
  public let faults: [FormatError]
  /// Bytes that belong to no section, table or trailer that could be read.
  public let lostByteCount: Int
}

extension ContainerReader {
  /// Copies every whole section of the file at `path` to a new file, with or without its tables.
  ///
  /// Goes through the file record by record, and over everything else in steps of 64 bytes. Of sections
  /// with the same kind and name the last whole one is taken, and of signatures only one that holds
  /// for what was recovered. Payloads are compressed anew, so that the content is the same and the
  /// bytes may not be. `progress` is told how many bytes of the file were looked through.
  /// - Throws: `FileError`; ``FormatError`` if not even the header can be read; what `progress` throws,
  ///   which ends the recovery.
  public static func recover(
    _ path: String, to newPath: String, budget: Int = FormatLimits.defaultBudget,
    progress: (_ byteCount: Int, _ all: Int) throws -> Void = { _, _ in }
  ) throws -> RecoveryReport {
    let source = SectionSource(source: try FileSource(path: path), name: path, budget: budget)
    let start = try source.read(0, min(Header.byteCount, source.byteCount), "header")
    let header = try source.locating(at: 0) { () throws(FormatError) in try Header(start.span) }
    var places: [ContainerSection.Identity: Int] = [:]
    var sections: [ContainerSection?] = []
    var faults: [FormatError] = []
    var lostByteCount = 0
    var records = RecordWalk(source, from: Header.byteCount)
    while records.offset < source.byteCount {
      let offset = records.offset
      try progress(offset, source.byteCount)
      let section: ContainerSection
      switch try records.next() {
      case .trailer: continue
      case .section(let found): section = found
      case .damagedTrailer, nil:
        records.skip()
        lostByteCount += min(FormatLimits.alignment, source.byteCount - offset)
        continue
      }
      do {
        try source.forEachBlock(of: section, touching: 0..<section.byteCount) { _, _ in }
        if let earlier = places.updateValue(sections.count, forKey: section.identity) {
          sections[earlier] = nil
        }
        sections.append(section)
      } catch let fault as FormatError {
        faults.append(fault)
      }
    }
    faults += try copy(sections.compactMap { $0 }, of: source, to: newPath, header.profile)
    return RecoveryReport(
      recovered: try ContainerReader(path: newPath).sections, faults: faults,
      lostByteCount: lostByteCount)
  }

  /// Writes a file of `sections`; returns why a signature was left behind, if one was.
  private static func copy(
    _ sections: [ContainerSection], of source: SectionSource, to path: String,
    _ profile: ContainerProfile
  ) throws -> [FormatError] {
    var writer = try ContainerWriter(path: path, profile: profile)
    for section in sections where section.kind != .signature {
      try copy(section, of: source, to: &writer)
    }
    // One that does not hold for what could be saved would make the new file a broken one.
    var faults: [FormatError] = []
    for section in sections where section.kind == .signature {
      var content: [UInt8] = []
      try source.forEachBlock(of: section, touching: 0..<min(section.byteCount, 4096)) { bytes, _ in
        content += bytes
      }
      let signature = try? ContainerSignature(content.span)
      if signature?.isValid(for: writer.contentID) == true {
        try copy(section, of: source, to: &writer)
      } else {
        faults.append(
          FormatError(
            code: .damaged("not a signature of what was recovered"), offset: section.payloadOffset,
            field: "signature", file: source.name))
      }
    }
    _ = try writer.finish()
    return faults
  }

  private static func copy(
    _ section: ContainerSection, of source: SectionSource, to writer: inout ContainerWriter
  ) throws {
    try writer.begin(
      section.kind, named: section.name, level: section.codec == .zstd ? 3 : nil,
      alignment: section.alignment, blockByteCount: section.blockByteCount)
    // `writer` cannot be captured while it is changed, so the blocks are read one by one.
    for block in 0..<section.blockCount {
      let range = section.bytes(ofBlock: block)
      var content: [UInt8] = []
      try source.forEachBlock(of: section, touching: range) { bytes, _ in content = bytes }
      try writer.append(content)
    }
    try writer.end()
  }
}
