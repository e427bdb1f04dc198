import Foundation
import GobbetFile
import GobbetSystem
import TestSupport
import Testing

@Suite("Damage at the end of a file") struct DamagedEndTests {
  /// The contents of a file; nil if it is refused.
  private func contents(_ bytes: [UInt8]) -> [String: [UInt8]]? {
    try? GenerationTests.contents(bytes)
  }

  /// Two generations, of which the later one only repeats the table, as an append without sections.
  private func appendedWithoutSections() throws -> (before: [UInt8], after: [UInt8]) {
    let folder = try TemporaryFolder()
    let path = folder.file("x.gobbet")
    try writeFile(path, BrokenFiles.whole.bytes)
    var writer = try ContainerWriter(appendingTo: path)
    _ = try writer.finish()
    return (BrokenFiles.whole.bytes, try readFile(path))
  }

  @Test("the file of two generations that the others are made from is whole")
  func whole() throws {
    #expect(BrokenFileTests.fault(BrokenFiles.appended.bytes) == nil)
    #expect(contents(BrokenFiles.appended.bytes)?["DATA later"] == Array("a later text".utf8))
  }

  @Test("no flipped bit of the last trailer or its table brings an earlier generation back")
  func flippedBits() throws {
    var files = try GenerationTests.Sample().generations
    files.append(try appendedWithoutSections().after)
    for file in files {
      let trailer = file.count - 64
      let table = Sealing.number(file, trailer + 8, 7)
      for index in table..<file.count {
        for bit in 0..<8 {
          var flipped = file
          flipped[index] ^= 1 << UInt8(bit)
          #expect(contents(flipped) == nil, "bit \(bit) of byte \(index)")
        }
      }
    }
  }

  @Test("a trailer that never reached the disk, cut off or zero, leaves the generation before it")
  func tornTrailer() throws {
    let sample = try GenerationTests.Sample().generations
    for (before, after) in [
      (sample[0], sample[1]), (sample[1], sample[2]), try appendedWithoutSections(),
    ] {
      let expected = contents(before)
      #expect(expected != nil)
      #expect(contents(Array(after.dropLast(64)) + [UInt8](repeating: 0, count: 64)) == expected)
      for count in before.count..<after.count {
        #expect(contents(Array(after.prefix(count))) == expected, "cut at \(count)")
      }
    }
  }

  @Test("a table without a trailer is not taken for one by what a payload holds")
  func embeddedFile() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("x.gobbet")
    try writeFile(path, BrokenFiles.whole.bytes)
    let expected = contents(BrokenFiles.whole.bytes)
    // A payload that ends as a container does, torn just there: its trailer points elsewhere.
    var writer = try ContainerWriter(appendingTo: path)
    try writer.add(SectionKind("FILE"), named: "inner", BrokenFiles.appended.bytes, level: nil)
    _ = try writer.finish()
    let reader = try ContainerReader(path: path)
    let section = try #require(reader.section(SectionKind("FILE"), named: "inner"))
    let torn = try readFile(path).prefix(section.payloadOffset + section.byteCount)
    #expect(contents(Array(torn)) == expected)
  }

  @Test("a damaged last trailer is refused by whoever appends, and the file stays as it is")
  func appending() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("x.gobbet")
    for file in BrokenFiles.generations {
      try writeFile(path, file.bytes)
      #expect(throws: FormatError.self, "\(file.name)") {
        _ = try ContainerWriter(appendingTo: path)
      }
      #expect(try readFile(path) == file.bytes, "\(file.name)")
    }
  }

  @Test("recovery saves what the later generation wrote, and says that its end is lost")
  func recovery() throws {
    let folder = try TemporaryFolder()
    var bytes = BrokenFiles.appended.bytes
    bytes[BrokenFiles.appended.trailerOffset + 20] ^= 4
    try writeFile(folder.file("x.gobbet"), bytes)
    let report = try ContainerReader.recover(folder.file("x.gobbet"), to: folder.file("y.gobbet"))
    #expect(report.faults.isEmpty)
    #expect(report.lostByteCount == bytes.count - BrokenFiles.appended.tableOffset)
    #expect(try contents(readFile(folder.file("y.gobbet"))) == contents(BrokenFiles.appended.bytes))
  }

  @Test(
    "the readers in Python refuse every flipped bit of the last trailer, and take every torn append",
    .enabled(if: peersPython != nil))
  func secondReader() throws {
    let python = try #require(peersPython)
    let folder = try TemporaryFolder()
    let (before, after) = try appendedWithoutSections()
    var damaged: [String] = []
    for file in [after, BrokenFiles.appended.bytes] {
      for bit in 0..<512 {
        var flipped = file
        flipped[file.count - 64 + bit / 8] ^= 1 << UInt8(bit % 8)
        damaged.append(folder.file("damaged-\(damaged.count).gobbet"))
        try writeFile(damaged[damaged.count - 1], flipped)
      }
    }
    var torn: [String] = []
    for count in stride(from: before.count + 1, to: after.count, by: 7) {
      torn.append(folder.file("torn-\(count).gobbet"))
      try writeFile(torn[torn.count - 1], Array(after.prefix(count)))
    }
    torn.append(folder.file("torn-zeros.gobbet"))
    try writeFile(
      torn[torn.count - 1], Array(after.dropLast(64)) + [UInt8](repeating: 0, count: 64))
    let root = fixturesFolder + "/.."
    let script = root + "/Tests/reader/gobbet_reader.py"
    let refused = try run(python, [script, "--refused"] + damaged)
    #expect(refused.status == 0, "\(refused.text)\(refused.errorText)")
    let read = try run(python, [script] + torn)
    #expect(read.status == 0, "\(read.errorText)")
    let expected = "content \(try ContainerReader(MemorySource(before), named: "x").contentID)"
    #expect(read.text.components(separatedBy: expected).count == torn.count + 1)
  }
}
