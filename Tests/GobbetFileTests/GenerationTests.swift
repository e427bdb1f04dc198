import GobbetFile
import GobbetSystem
import TestSupport
import Testing

@Suite("Appending") struct GenerationTests {
  static let kind = SectionKind("DATA")

  /// A file with a section, and the same file appended to twice.
  struct Sample {
    let folder: TemporaryFolder
    /// The bytes after each generation.
    let generations: [[UInt8]]
    var path: String { folder.file("x.gobbet") }

    init() throws {
      folder = try TemporaryFolder()
      let path = folder.file("x.gobbet")
      var writer = try ContainerWriter(path: path, profile: .bundle)
      try writer.add(kind, named: "a", [1, 2, 3], level: nil)
      try writer.add(kind, named: "b", [UInt8](repeating: 9, count: 300), level: 3)
      _ = try writer.finish()
      var generations = [try readFile(path)]
      for name in ["a", "c"] {
        var writer = try ContainerWriter(appendingTo: path)
        try writer.add(kind, named: name, Array("later \(name)".utf8), level: nil)
        try writer.add(metadata: "{\"\(name)\":1}")
        _ = try writer.finish()
        generations.append(try readFile(path))
      }
      self.generations = generations
    }
  }

  /// Kinds, names and contents.
  static func contents(_ bytes: [UInt8]) throws -> [String: [UInt8]] {
    let reader = try ContainerReader(MemorySource(bytes), named: "x")
    var contents: [String: [UInt8]] = [:]
    for section in reader.sections {
      contents["\(section.kind) \(section.name)"] = try reader.bytes(of: section)
    }
    return contents
  }

  @Test("sections are added or take the place of older ones, and earlier bytes stay as they are")
  func appending() throws {
    let sample = try Sample()
    for (index, generation) in sample.generations.enumerated() {
      #expect(sample.generations[2].starts(with: generation))
      #expect(BrokenFileTests.fault(generation) == nil, "generation \(index)")
    }
    #expect(
      try Self.contents(sample.generations[2]) == [
        "DATA a": Array("later a".utf8), "DATA b": [UInt8](repeating: 9, count: 300),
        "DATA c": Array("later c".utf8), "meta ": Array(#"{"c":1}"#.utf8),
      ])
  }

  @Test("an append torn at any byte reads as the generation before, and can be appended to again")
  func tornAppend() throws {
    let sample = try Sample()
    for generation in 1...2 {
      let before = sample.generations[generation - 1]
      let after = sample.generations[generation]
      let contents = try Self.contents(before)
      for count in before.count..<after.count {
        let torn = Array(after.prefix(count))
        #expect(try Self.contents(torn) == contents, "\(count) bytes")
        let fault = BrokenFileTests.fault(torn)
        #expect((fault == nil) == (count == before.count), "\(count) bytes")
        guard count.isMultiple(of: 97) else { continue }
        try writeFile(sample.path, torn)
        var writer = try ContainerWriter(appendingTo: sample.path)
        try writer.add(Self.kind, named: "d", [4], level: nil)
        _ = try writer.finish()
        let mended = try readFile(sample.path)
        #expect(BrokenFileTests.fault(mended) == nil)
        #expect(try Self.contents(mended)["DATA d"] == [4])
      }
    }
  }

  @Test("every flipped bit of every generation is found")
  func flippedBits() throws {
    let bytes = try Sample().generations[2]
    for index in bytes.indices {
      for bit in 0..<8 {
        var flipped = bytes
        flipped[index] ^= 1 << UInt8(bit)
        #expect(BrokenFileTests.fault(flipped) != nil, "bit \(bit) of byte \(index)")
      }
    }
  }

  @Test("one writer appends at a time; the other is told so")
  func twoWriters() throws {
    let sample = try Sample()
    var first = try ContainerWriter(appendingTo: sample.path)
    let error = #expect(throws: FileError.self) {
      _ = try ContainerWriter(appendingTo: sample.path)
    }
    #expect(error?.reason == "another writer has it open")
    try first.add(Self.kind, named: "d", [1], level: nil)
    _ = try first.finish()
    #expect(BrokenFileTests.fault(try readFile(sample.path)) == nil)
  }

  @Test("whole sections are recovered from a file without its end, and past damaged ones")
  func recovery() throws {
    let sample = try Sample()
    let bytes = sample.generations[2]
    let whole = try Self.contents(bytes)
    try writeFile(sample.path, Array(bytes.dropLast(100)))
    let report = try ContainerReader.recover(
      sample.path, to: sample.folder.file("recovered.gobbet"))
    #expect(report.faults.isEmpty)
    let recovered = try readFile(sample.folder.file("recovered.gobbet"))
    #expect(BrokenFileTests.fault(recovered) == nil)
    #expect(try Self.contents(recovered) == whole)

    // The header of the first section, and a byte in the second one.
    var damaged = bytes
    damaged[64] = 0
    let second = try ContainerReader(MemorySource(bytes), named: "x").sections[0]
    damaged[second.payloadOffset + 8] ^= 1
    try writeFile(sample.path, damaged)
    let partial = try ContainerReader.recover(
      sample.path, to: sample.folder.file("partial.gobbet"))
    #expect(partial.faults.count == 1)
    #expect(partial.lostByteCount > 0)
    #expect(partial.recovered.map(\.name) == ["a", "c", ""])
  }
}
