import GobbetFile
import TestSupport
import Testing

@Suite("Broken files") struct BrokenFileTests {
  /// The first fault of a file, as text; nil if there is none.
  static func fault(_ bytes: [UInt8]) -> String? {
    do {
      try ContainerReader(MemorySource(bytes), named: "x").verify()
      return nil
    } catch {
      return "\(error)"
    }
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
