import GobbetFile
import TestSupport
import Testing

/// A small container and what went into it.
struct Sample {
  let bytes: [UInt8]
  let contents: [[UInt8]]

  /// Made anew: a compressed section of several blocks, a raw aligned one, an empty one, metadata.
  init(_ folder: TemporaryFolder) throws {
    var generator = SeededGenerator(3)
    let text = (0..<3000).map { _ in UInt8.random(in: 97...101, using: &generator) }
    let noise = (0..<700).map { _ in UInt8.random(in: 0...255, using: &generator) }
    contents = [text, noise, [], Array(#"{"made":"by a test"}"#.utf8)]
    var writer = try ContainerWriter(path: folder.file("sample.gobbet"), profile: .bundle)
    try writer.begin(SectionKind("TEXT"), level: 3, blockByteCount: 1024)
    for start in stride(from: 0, to: text.count, by: 700) {
      try writer.append(Array(text[start..<min(start + 700, text.count)]))
    }
    try writer.end()
    try writer.begin(SectionKind("DATA"), named: "layer.0", alignment: 256, blockByteCount: 512)
    try writer.append(noise)
    try writer.end()
    try writer.add(SectionKind("NONE"), [], level: nil)
    try writer.add(.metadata, contents[3], level: 19)
    _ = try writer.finish()
    bytes = try readFile(folder.file("sample.gobbet"))
  }

  /// Reads and verifies everything in a file; nil if all is as it was written.
  static func fault(_ path: String) -> (any Error)? {
    do {
      try ContainerReader(path: path).verify()
      return nil
    } catch {
      return error
    }
  }
}

@Suite("The container") struct ContainerTests {
  @Test("what was written is read, whole, by range, and mapped")
  func roundTrip() throws {
    let folder = try TemporaryFolder()
    let sample = try Sample(folder)
    let reader = try ContainerReader(path: folder.file("sample.gobbet"))
    try reader.verify()
    #expect(reader.profile == .bundle)
    #expect(reader.sections.map(\.kind.description) == ["TEXT", "DATA", "NONE", "meta"])
    #expect(reader.sections.map(\.codec) == [.zstd, .raw, .raw, .raw])
    for (section, content) in zip(reader.sections, sample.contents) {
      #expect(try reader.bytes(of: section) == content)
      #expect(section.digest == ContentDigest(of: content.span))
      for range in [0..<min(1, content.count), content.count / 3..<content.count] {
        #expect(try reader.bytes(of: section, in: range) == Array(content[range]))
      }
    }
    let data = try reader.requiredSection(SectionKind("DATA"), named: "layer.0")
    #expect(data.payloadOffset.isMultiple(of: 256))
    let mapped = try unsafe reader.withUnsafeBytes(of: data) { unsafe Array($0) }
    #expect(mapped == sample.contents[1])
  }

  @Test("the same sections give the same bytes, and the content id does not depend on the codec")
  func deterministic() throws {
    let folders = [try TemporaryFolder(), try TemporaryFolder()]
    let samples = try folders.map { try Sample($0) }
    #expect(samples[0].bytes == samples[1].bytes)
    var digests: Set<ContentDigest> = []
    for level in [nil, 1, 19] {
      var writer = try ContainerWriter(
        path: folders[0].file("x.gobbet"), profile: .tokens, replacing: true)
      try writer.add(SectionKind("TEXT"), samples[0].contents[0], level: level)
      digests.insert(try writer.finish())
    }
    #expect(digests.count == 1)
  }

  @Test("a file cut at any byte is refused")
  func truncation() throws {
    let folder = try TemporaryFolder()
    let sample = try Sample(folder)
    for length in 0..<sample.bytes.count {
      #expect(BrokenFileTests.fault(Array(sample.bytes.prefix(length))) != nil, "at \(length)")
    }
  }

  @Test("every flipped bit is found")
  func flips() throws {
    let folder = try TemporaryFolder()
    let sample = try Sample(folder)
    for index in sample.bytes.indices {
      var bytes = sample.bytes
      bytes[index] ^= 1 << UInt8(index % 8)
      #expect(BrokenFileTests.fault(bytes) != nil, "byte \(index)")
    }
  }

  @Test("bytes past the end are refused")
  func surplus() throws {
    let folder = try TemporaryFolder()
    let sample = try Sample(folder)
    for count in [1, 64, 100] {
      let path = try folder.write(
        "long.gobbet", sample.bytes + [UInt8](repeating: 0, count: count))
      #expect(Sample.fault(path) is FormatError)
    }
  }

  @Test("reading more than the budget is refused before it is allocated")
  func budget() throws {
    let folder = try TemporaryFolder()
    _ = try Sample(folder)
    let reader = try ContainerReader(path: folder.file("sample.gobbet"), budget: 2000)
    let error = #expect(throws: FormatError.self) { try reader.bytes(of: reader.sections[0]) }
    #expect(error?.code == .overBudget(needed: 3000, budget: 2000))
    #expect(try reader.bytes(of: reader.sections[0], in: 1000..<2000).count == 1000)
  }

  @Test("an unknown critical section is refused by name, an ancillary one is not")
  func criticalSections() throws {
    let folder = try TemporaryFolder()
    _ = try Sample(folder)
    let reader = try ContainerReader(path: folder.file("sample.gobbet"))
    try reader.requireKnownSections([
      SectionKind("TEXT"), SectionKind("DATA"), SectionKind("NONE"),
    ])
    let error = #expect(throws: FormatError.self) {
      try reader.requireKnownSections([SectionKind("TEXT"), SectionKind("NONE")])
    }
    #expect(error?.code == .unsupportedSection("DATA"))
  }

  @Test(
    "foreign and mangled beginnings are told apart",
    arguments: [
      ([], "it is empty"), ([0x89, 0x50, 0x4E, 0x47], "it begins otherwise"),
      ([0x17, 0x47, 0x42, 0x54], "its bytes have lost their high bit"),
      (
        [0x97, 0x47, 0x42, 0x54, 0x0A, 0x1A, 0x0A, 0x00], "its line ends were changed on the way"
      ),
    ] as [([UInt8], String)])
  func beginnings(start: [UInt8], reason: String) throws {
    let folder = try TemporaryFolder()
    let padding = start.isEmpty ? [] : [UInt8](repeating: 0, count: 200)
    let path = try folder.write("foreign.gobbet", start + padding)
    let error = Sample.fault(path) as? FormatError
    #expect(error?.code == .notAContainer(reason))
    #expect(error?.field == "header.magic")
  }
}
