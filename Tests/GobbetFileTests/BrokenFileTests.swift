import GobbetFile
import TestSupport
import Testing

@Suite("Broken files") struct BrokenFileTests {
  /// The first fault of a file, as text; nil if there is none.
  static func fault(_ bytes: [UInt8]) -> String? {
    do {
      let reader = try ContainerReader(MemorySource(bytes), named: "x")
      try reader.verify()
      try readOwnSections(of: reader)
      return nil
    } catch {
      return "\(error)"
    }
  }

  /// Reads the sections of the kinds that belong to every file.
  private static func readOwnSections(of reader: ContainerReader) throws {
    _ = try reader.metadata()
    _ = try reader.signature()
  }

  @Test("the file that the others are made from is whole, and is what the library writes")
  func whole() throws {
    #expect(Self.fault(BrokenFiles.whole.bytes) == nil)
    let raw = HandMadeFile([
      .raw("DATA", named: "layer", BrokenFiles.text), .raw("meta", Array("{}".utf8)),
    ])
    let folder = try TemporaryFolder()
    var writer = try ContainerWriter(path: folder.file("x.gobbet"), profile: .bundle)
    for (kind, name, content) in [
      ("DATA", "layer", BrokenFiles.text), ("meta", "", Array("{}".utf8)),
    ] {
      let kind = kind == "DATA" ? SectionKind("DATA") : .metadata
      try writer.begin(kind, named: name, blockByteCount: 16)
      try writer.append(content)
      try writer.end()
    }
    _ = try writer.finish()
    #expect(try readFile(folder.file("x.gobbet")) == raw.bytes)
  }

  @Test("a broken file names its fault, and where it is", arguments: BrokenFiles.all)
  func broken(file: BrokenFile) {
    #expect(Self.fault(file.bytes) == "x: " + file.error)
  }

  @Test(
    "several sections at a time give the same first fault as one after the other",
    arguments: BrokenFiles.all, [1, 2, 5])
  func parallel(file: BrokenFile, width: Int) async throws {
    var fault: String?
    do {
      let reader = try ContainerReader(MemorySource(file.bytes), named: "x")
      try await reader.verify(width: width)
      try Self.readOwnSections(of: reader)
    } catch {
      fault = "\(error)"
    }
    #expect(fault == "x: " + file.error)
  }

  @Test("of several faults the first in the file is told, whatever is read first")
  func firstOfSeveral() async throws {
    let parts = (0..<20).map {
      HandMadeFile.Part.raw(
        "DATA", named: "\($0)", [UInt8](repeating: UInt8($0), count: 16 * (25 - $0)))
    }
    let whole = HandMadeFile(parts)
    let faulty = whole.changed { file in
      for section in 3..<20 { file.bytes[file.payloadOffsets[section]] ^= 1 }
    }
    let expected = try #require(Self.fault(faulty))
    #expect(expected.hasPrefix("x: byte \(whole.payloadOffsets[3]), section.payload"))
    for width in [1, 2, 3, 16] {
      try await ContainerReader(MemorySource(whole.bytes), named: "x").verify(width: width)
      do {
        try await ContainerReader(MemorySource(faulty), named: "x").verify(width: width)
        Issue.record("no fault")
      } catch {
        #expect("\(error)" == expected)
      }
    }
  }

  @Test("no two broken files have the same name")
  func names() {
    #expect(Set(BrokenFiles.all.map(\.name)).count == BrokenFiles.all.count)
  }

  @Test("a file of a later minor version loads if it asks for no later reader")
  func laterMinorVersion() {
    let bytes = BrokenFiles.whole.changed {
      $0.put(UInt16(7), at: 10)
      $0.put(UInt16(7), at: $0.trailerOffset + 42)
    }
    #expect(Self.fault(bytes) == nil)
  }

  @Test("every flipped bit of the whole file is found")
  func flippedBits() {
    for index in BrokenFiles.whole.bytes.indices {
      for bit in 0..<8 {
        var bytes = BrokenFiles.whole.bytes
        bytes[index] ^= 1 << UInt8(bit)
        #expect(Self.fault(bytes) != nil, "bit \(bit) of byte \(index)")
      }
    }
  }

  @Test("a file cut at any byte is refused")
  func truncations() {
    for count in BrokenFiles.whole.bytes.indices {
      #expect(Self.fault(Array(BrokenFiles.whole.bytes.prefix(count))) != nil, "\(count) bytes")
    }
  }
}
