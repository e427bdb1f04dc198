import Foundation
import GobbetFile
import TestSupport
import Testing

/// The golden files of the container, as the library writes them today.
enum GoldenFiles {
  static let folder = "golden/1.0/container"

  /// Every file by name.
  static func all() throws -> [(name: String, bytes: [UInt8])] {
    let folder = try TemporaryFolder()
    func file(
      _ name: String, _ profile: ContainerProfile, _ body: (inout ContainerWriter) throws -> Void
    )
      throws -> (String, [UInt8])
    {
      var writer = try ContainerWriter(path: folder.file(name), profile: profile)
      try body(&writer)
      _ = try writer.finish()
      return (name, try readFile(folder.file(name)))
    }
    let text = Array(String(repeating: "a short extract of a text; ", count: 40).utf8)
    var files = [
      try file("example.gobbet", .bundle) {
        try $0.add(SectionKind("DATA"), named: "a", Array("hello".utf8), level: nil)
      },
      try file("empty.gobbet", .vocabulary) { _ in },
      try file("sections.gobbet", .weights) {
        try $0.begin(SectionKind("DATA"), named: "naïve.0", alignment: 16_384, blockByteCount: 256)
        try $0.append(text)
        try $0.end()
        try $0.begin(SectionKind("TEXT"), level: 19, blockByteCount: 512)
        try $0.append(text)
        try $0.end()
        try $0.add(SectionKind("NONE"), [], level: nil)
        try $0.add(metadata: #"{"made":"for the tests"}"#)
      },
    ]
    let generations = try file("generations.gobbet", .tokens) {
      try $0.add(SectionKind("DATA"), text, level: nil)
      try $0.add(metadata: #"{"generation":1}"#)
    }
    var writer = try ContainerWriter(appendingTo: folder.file("generations.gobbet"))
    try writer.add(metadata: #"{"generation":2}"#)
    let contentID = try writer.finish()
    let appended = try readFile(folder.file("generations.gobbet"))
    files.append((generations.0, appended))
    files.append(("unfinished.gobbet", appended + Array("SECT".utf8) + text))
    let signature = try #require(
      ContainerSignature(of: contentID, privateKey: SignatureTests.privateKey))
    var signer = try ContainerWriter(appendingTo: folder.file("generations.gobbet"))
    try signer.add(signature)
    _ = try signer.finish()
    files.append(("signed.gobbet", try readFile(folder.file("generations.gobbet"))))
    var later = try ContainerWriter(appendingTo: folder.file("generations.gobbet"))
    try later.add(SectionKind("MORE"), Array("not signed".utf8), level: nil)
    _ = try later.finish()
    files.append(
      ("signed-before-an-append.gobbet", try readFile(folder.file("generations.gobbet"))))
    return files
  }
}

/// With `GOBBET_WRITE_FIXTURES=1` broken files, and golden ones that aren't there yet, are written first: golden files
/// stay as they are for ever.
@Suite("Fixtures of the container", .serialized) struct FixtureTests {
  private func kept(_ folder: String, _ name: String, _ bytes: [UInt8]) throws -> [UInt8] {
    let isGolden = folder == GoldenFiles.folder
    if ProcessInfo.processInfo.environment["GOBBET_WRITE_FIXTURES"] == "1",
      !isGolden || !FileManager.default.fileExists(atPath: "\(fixturesFolder)/\(folder)/\(name)")
    {
      try FileManager.default.createDirectory(
        atPath: "\(fixturesFolder)/\(folder)", withIntermediateDirectories: true)
      try writeFile("\(fixturesFolder)/\(folder)/\(name)", bytes)
    }
    return try fixture("\(folder)/\(name)")
  }

  @Test("golden files read as what is written today, and without zstd they are the same bytes")
  func golden() throws {
    for (name, bytes) in try GoldenFiles.all() {
      let golden = try kept(GoldenFiles.folder, name, bytes)
      #expect(try GenerationTests.contents(golden) == GenerationTests.contents(bytes), "\(name)")
      let reader = try ContainerReader(MemorySource(golden), named: name)
      #expect(reader.contentID == (try ContainerReader(MemorySource(bytes), named: name)).contentID)
      if reader.sections.allSatisfy({ $0.codec == .raw }), !name.hasPrefix("signed") {
        #expect(golden == bytes, "\(name)")
      }
    }
  }

  /// All golden files but the one that ends in an append that did not, of every kind of content.
  static let wholeFiles: [String] = {
    let folder = URL(filePath: fixturesFolder).appending(path: "golden/1.0")
    let kinds = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return kinds.sorted().flatMap { kind in
      let path = folder.appending(path: kind).path
      return ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
        .filter { $0.hasSuffix(".gobbet") && $0 != "unfinished.gobbet" }
        .map { "golden/1.0/\(kind)/\($0)" }
    }
  }()

  @Test("every flipped bit of every golden file is found", arguments: wholeFiles)
  func flippedBits(path: String) throws {
    var bytes = try fixture(path)
    #expect(BrokenFileTests.fault(bytes) == nil)
    for index in bytes.indices {
      for bit in UInt8(0)..<8 {
        bytes[index] ^= 1 << bit
        if BrokenFileTests.fault(bytes) == nil { Issue.record("bit \(bit) of byte \(index)") }
        bytes[index] ^= 1 << bit
      }
    }
  }

  @Test(
    "a golden file cut at any byte is refused, or is an earlier generation", arguments: wholeFiles)
  func truncations(path: String) throws {
    let bytes = try fixture(path)
    let count = try ContainerReader(MemorySource(bytes), named: path).generationCount()
    for length in bytes.indices {
      let cut = Array(bytes.prefix(length))
      guard BrokenFileTests.fault(cut) == nil else { continue }
      let reader = try ContainerReader(MemorySource(cut), named: path)
      #expect(try reader.generationCount() < count, "cut at \(length)")
    }
  }

  @Test(
    "the signature of a golden file holds, but not after a section was appended",
    arguments: [("signed", true), ("signed-before-an-append", false)])
  func signed(name: String, isValid: Bool) throws {
    let bytes = try fixture("\(GoldenFiles.folder)/\(name).gobbet")
    let reader = try ContainerReader(MemorySource(bytes), named: name)
    let signature = try #require(try reader.signature())
    #expect(signature.isValid(for: reader.contentID) == isValid)
  }

  @Test("the broken files that are kept are those that the tests make", arguments: BrokenFiles.all)
  func broken(file: BrokenFile) throws {
    #expect(try kept("broken/container", "\(file.name).gobbet", file.bytes) == file.bytes)
  }

  @Test("the example of the specification is the file that the library writes")
  func example() throws {
    let page = try readFile(fixturesFolder + "/../Spec/Container.md")
    let lines = String(decoding: page, as: UTF8.self).split(separator: "\n")
    let first = try #require(lines.firstIndex(of: "```hex"))
    let dump = lines[(first + 1)...].prefix { $0 != "```" }
    var bytes: [UInt8] = []
    for line in dump {
      let fields = line.prefix { $0 != "|" }.split(separator: " ")
      #expect(Int(fields[0], radix: 16) == bytes.count)
      bytes += fields.dropFirst().compactMap { UInt8($0, radix: 16) }
    }
    #expect(bytes == (try GoldenFiles.all())[0].bytes)
    #expect(BrokenFileTests.fault(bytes) == nil)
  }
}
