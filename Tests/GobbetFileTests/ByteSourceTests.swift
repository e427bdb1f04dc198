import GobbetFile
import Synchronization
import TestSupport
import Testing

/// Bytes in memory that remember what was read of them.
private final class CountingSource: ByteSource {
  private let content: [UInt8]
  private let log = Mutex<[Range<Int>]>([])

  init(_ content: [UInt8]) { self.content = content }

  var byteCount: Int { content.count }
  /// What was read, in order.
  var reads: [Range<Int>] { log.withLock { $0 } }

  func bytes(in range: Range<Int>) -> [UInt8] {
    log.withLock { $0.append(range) }
    return Array(content[range])
  }
}

/// A source that has become shorter since it was opened.
private struct ShrinkingSource: ByteSource {
  let content: [UInt8]
  let remaining: Int
  var byteCount: Int { content.count }

  func bytes(in range: Range<Int>) -> [UInt8] {
    // What opening reads is still there.
    range.upperBound == content.count || range.lowerBound == 0
      ? Array(content[range]) : Array(content[range.clamped(to: 0..<remaining)])
  }
}

@Suite("Byte sources") struct ByteSourceTests {
  /// A file of 600 KB in blocks of 64 KiB.
  private func sample() throws -> [UInt8] {
    let folder = try TemporaryFolder()
    var writer = try ContainerWriter(path: folder.file("x.gobbet"), profile: .weights)
    try writer.begin(SectionKind("DATA"), blockByteCount: 1 << 16)
    try writer.append((0..<600_000).map { UInt8(truncatingIfNeeded: $0 / 7) })
    try writer.end()
    try writer.add(metadata: #"{"a":1}"#)
    _ = try writer.finish()
    return try readFile(folder.file("x.gobbet"))
  }

  @Test("opening takes one read of the header and one of the end")
  func opening() throws {
    let bytes = try sample()
    let source = CountingSource(bytes)
    let reader = try ContainerReader(source, named: "remote")
    #expect(source.reads == [0..<64, (bytes.count - 65_536)..<bytes.count])
    #expect(reader.sections.count == 2)
    #expect(try reader.metadata() == #"{"a":1}"#)

    let small = CountingSource(BrokenFiles.whole.bytes)
    _ = try ContainerReader(small, named: "remote")
    #expect(small.reads == [0..<small.byteCount])
  }

  @Test("a range takes the section's header, its block table and the blocks it touches")
  func ranges() throws {
    let bytes = try sample()
    let source = CountingSource(bytes)
    let reader = try ContainerReader(source, named: "remote")
    let data = try reader.requiredSection(SectionKind("DATA"))
    let opened = source.reads.count
    let part = try reader.bytes(of: data, in: 70_000..<140_000)
    #expect(part == (70_000..<140_000).map { UInt8(truncatingIfNeeded: $0 / 7) })
    let start = data.payloadOffset
    #expect(
      Array(source.reads[opened...]) == [
        64..<128, (start + 600_000)..<(start + 600_080), (start + 65_536)..<(start + 131_072),
        (start + 131_072)..<(start + 196_608),
      ])
  }

  @Test("a source that becomes shorter gives an error, not bytes")
  func shrinking() throws {
    let bytes = try sample()
    let source = ShrinkingSource(content: bytes, remaining: 300_000)
    let reader = try ContainerReader(source, named: "remote")
    let data = reader.sections[0]
    let error = #expect(throws: FormatError.self) { try reader.bytes(of: data) }
    #expect(
      error?.description == "remote: byte 600128, blockTable: needs 80 bytes, 0 left")
  }

  @Test("a source without a file is copied where a file would be mapped")
  func mapped() throws {
    let reader = try ContainerReader(MemorySource(try sample()), named: "memory")
    let count = try unsafe reader.withUnsafeBytes(of: reader.sections[0]) { $0.count }
    #expect(count == 600_000)
  }

  @Test("metadata that isn't UTF-8 is refused")
  func metadata() throws {
    let file = HandMadeFile([.raw("meta", [0x7B, 0xFF, 0x7D])])
    let reader = try ContainerReader(MemorySource(file.bytes), named: "x")
    let error = #expect(throws: FormatError.self) { try reader.metadata() }
    #expect(error?.description == "x: byte 128, metadata: metadata isn't UTF-8")
  }
}
