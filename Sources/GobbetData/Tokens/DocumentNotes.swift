internal import GobbetFile

/// What a dataset may say of its documents beside their tokens: where each came from, and of how
/// many bytes of text it was.
struct DocumentNotes: Sendable {
  private var sources = ByteWriter()
  private var byteCounts = ByteWriter()
  private var hasSources = false
  private var hasByteCounts = false

  /// Adds what is known of the next document.
  mutating func append(source: String?, byteCount: Int?) {
    hasSources = hasSources || source != nil
    hasByteCounts = hasByteCounts || byteCount != nil
    let source = source ?? ""
    sources.writeVariable(source.utf8.count)
    sources.write(source.utf8)
    byteCounts.writeVariable(byteCount ?? 0)
  }

  /// Adds the sections of what was known of any document.
  func write(to container: inout ContainerWriter) throws {
    if hasSources { try container.add(.documentSources, sources.bytes, level: 3) }
    if hasByteCounts { try container.add(.documentByteCounts, byteCounts.bytes, level: 19) }
  }

  /// The source of each of `count` documents; nil if the file does not tell.
  ///
  /// - Throws: `FormatError` if the section is not of that many; `FileError`.
  static func sources(_ container: ContainerReader, count: Int) throws -> [String]? {
    // A text of its own beside its place in the list.
    try column(.documentSources, container, count, width: 64) { reader throws(FormatError) in
      let byteCount = try reader.readVariable("documents.source")
      let start = reader.offset
      let bytes = try reader.readBytes(byteCount, "documents.source")
      guard let source = String(validating: bytes, as: UTF8.self) else {
        throw FormatError(code: .damaged("not UTF-8"), offset: start, field: "documents.source")
      }
      return source
    }
  }

  /// The bytes of the text of each of `count` documents; nil if the file does not tell.
  ///
  /// - Throws: `FormatError` if the section is not of that many; `FileError`.
  static func byteCounts(_ container: ContainerReader, count: Int) throws -> [Int]? {
    try column(.documentByteCounts, container, count, width: 8) { reader throws(FormatError) in
      try reader.readVariable("documents.byteCount")
    }
  }

  private static func column<Value>(
    _ kind: SectionKind, _ container: ContainerReader, _ count: Int, width: Int,
    _ read: (inout ByteReader) throws(FormatError) -> Value
  ) throws -> [Value]? {
    guard let section = container.section(kind) else { return nil }
    return try container.parsed(section, building: count, of: width) {
      content throws(FormatError) in
      var reader = ByteReader(content)
      // Documents are counted in a section that was read, so that there is room for as many values.
      var values: [Value] = []
      for _ in 0..<count { values.append(try read(&reader)) }
      try reader.finish("documents")
      return values
    }
  }
}
