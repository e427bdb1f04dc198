import GobbetBPE
import GobbetData
import GobbetFile
import TestSupport
import Testing

/// A container that is whole, but holds what breaks one rule of a page of `Spec/`.
struct BrokenContent: Sendable, CustomTestStringConvertible {
  /// The kind of content, as a folder, and the rule, as a file name.
  let kind: GoldenContents.Kind
  let name: String
  /// The file.
  let bytes: [UInt8]
  /// Offset, field and cause.
  let error: String

  var testDescription: String { "\(kind)/\(name)" }

  /// Changes what the sections of `base` hold, and puts the file together again.
  ///
  /// Its checksums are right, and if `sealing` those of blocks and the fingerprint of its vocabulary too; `error` is at byte `place.offset` of what section
  /// `place.kind` holds, or of the section's header if `place.offset` is nil. The section `compressed`
  /// is stored as a zstd frame. A kind is four letters, and perhaps a space and a name.
  init(
    _ kind: GoldenContents.Kind, _ name: String, _ base: BrokenParts,
    at place: (kind: String, offset: Int?), _ error: String, sealing: Bool = true,
    compressed: String? = nil,
    _ change: (inout BrokenParts) -> Void
  ) {
    var parts = base
    change(&parts)
    if sealing {
      Sealing.contents(&parts.all)
      Sealing.fingerprint(&parts.all)
    }
    let file = HandMadeFile(
      parts.all.map {
        let words = $0.kind.split(separator: " ").map(String.init)
        var part = HandMadeFile.Part.raw(
          words[0], named: words.count > 1 ? words[1] : "", $0.content, blockByteCount: 1 << 20)
        if $0.kind == compressed {
          part = .zstd($0.kind, HandMadeFile.frame(of: $0.content), of: $0.content)
          part.blockByteCount = 1 << 20
        }
        if words[0] == "TDAT" { part.alignment = 14 }
        return part
      })
    self.kind = kind
    self.name = name
    bytes = file.bytes
    let index = parts.all.firstIndex { $0.kind == place.kind }
    let start = index.map { index in
      place.offset.map { file.payloadOffsets[index] + $0 } ?? file.sectionOffsets[index]
    }
    self.error = "byte \(start ?? 0), \(error)"
  }
}

/// What the sections of a file hold, by kind.
struct BrokenParts: Sendable {
  var all: [(kind: String, content: [UInt8])]

  /// The sections of a file that `write` makes.
  init(_ write: (_ path: String) throws -> Void) throws {
    let folder = try TemporaryFolder()
    let path = folder.file("whole.gobbet")
    try write(path)
    try self.init(readingFrom: path)
  }

  /// The sections of the file at `path`.
  init(readingFrom path: String) throws {
    let container = try ContainerReader(path: path)
    all = try container.sections.map { ("\($0.kind)", try container.bytes(of: $0)) }
  }

  /// What the section of a kind holds.
  subscript(kind: String) -> [UInt8] {
    get { all.first { $0.kind == kind }?.content ?? [] }
    set {
      if let index = all.firstIndex(where: { $0.kind == kind }) { all[index].content = newValue }
    }
  }

  /// Puts a little-endian number into a section.
  mutating func put(_ kind: String, _ offset: Int, _ value: some FixedWidthInteger) {
    let bytes = HandMadeFile.little(value)
    self[kind].replaceSubrange(offset..<(offset + bytes.count), with: bytes)
  }

  /// Takes a section out.
  mutating func remove(_ kind: String) { all.removeAll { $0.kind == kind } }
}

/// One file for each rule of the pages on content that a file can break.
enum BrokenContents {
  static let all = Result {
    try vocabularies() + tokens() + maskedTokens() + rankedTokens() + weights() + counts()
  }
}
