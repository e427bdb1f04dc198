import GobbetCorpus
import TestSupport
import Testing

@Suite("Compressed inputs") struct CompressedInputTests {
  static let lines = (0..<3000).map { #"{"text": "document \#($0 * $0) of many"}"# }
  static let plain = Array((lines.joined(separator: "\n") + "\n").utf8)

  @Test("gzip members and zstd frames, one or many, hold what the plain file holds")
  func members() throws {
    let folder = try TemporaryFolder()
    let plain = Self.plain
    let halves = [Array(plain[..<50_001]), Array(plain[50_001...])]
    let skippable: [UInt8] = [0x53, 0x2A, 0x4D, 0x18, 3, 0, 0, 0, 9, 9, 9]
    let expected = try CorpusReader.texts([folder.write("a.jsonl", plain)])
    #expect(expected.count == Self.lines.count)
    let files: [(String, [UInt8])] = [
      ("b.jsonl.gz", gzip(plain)), ("c.jsonl.gz", halves.flatMap(gzip)),
      ("d.jsonl.zst", zstd(plain)), ("e.jsonl.zst", halves.flatMap(zstd)),
      ("f.jsonl.zst", skippable + zstd(halves[0]) + skippable + zstd([]) + zstd(halves[1])),
      ("named-as-plain.jsonl", zstd(plain)),
    ]
    for (name, bytes) in files {
      let path = try folder.write(name, bytes)
      #expect(try CorpusReader.texts([path]) == expected, "\(name)")
      let batched = try CorpusReader.documents([path], batchByteCount: 1000)
      #expect(batched.map { String(decoding: $0.text, as: UTF8.self) } == expected, "\(name)")
    }
  }

  @Test("a compressed file cut anywhere is an error", arguments: ["gz", "zst"])
  func truncation(coding: String) throws {
    let folder = try TemporaryFolder()
    let whole = coding == "gz" ? gzip(Array("some text".utf8)) : zstd(Array("some text".utf8))
    for count in 4..<whole.count {
      let path = try folder.write("cut.\(coding)", Array(whole.prefix(count)))
      let error = #expect(throws: CorpusError.self) { try CorpusReader.documents([path]) }
      #expect(error?.code == .truncated(coding == "gz" ? "gzip" : "zstd"))
      #expect(error?.path == path)
    }
  }

  @Test("what isn't a further frame behind a frame is an error", arguments: ["gz", "zst"])
  func trailingBytes(coding: String) throws {
    let folder = try TemporaryFolder()
    let frame = coding == "gz" ? gzip(Array("some text".utf8)) : zstd(Array("some text".utf8))
    let path = try folder.write("long.\(coding)", frame + [7, 7, 7, 7, 7, 7, 7, 7])
    let error = #expect(throws: CorpusError.self) { try CorpusReader.documents([path]) }
    guard case .damaged = error?.code else { throw try #require(error) }
    #expect(error?.offset == frame.count)
  }

  @Test("zeros after a gzip member are padding, and another member may follow them")
  func padding() throws {
    let folder = try TemporaryFolder()
    let zeros = [UInt8](repeating: 0, count: 300_000)
    let one = gzip(Array("one ".utf8))
    let two = gzip(Array("two".utf8))
    for content in [one + two, one + two + zeros, one + [0] + two + [0], one + zeros + two] {
      #expect(try CorpusReader.texts([folder.write("a.gz", content)]) == ["one two"])
    }
    let path = try folder.write("b.gz", one + zeros + [7])
    let error = #expect(throws: CorpusError.self) { try CorpusReader.texts([path]) }
    #expect(error?.offset == one.count + zeros.count)
    #expect(error?.description.contains("neither a member nor zeros") == true)
  }

  @Test("no flipped bit gives anything but the text or an error", arguments: ["gz", "zst"])
  func flippedBits(coding: String) throws {
    let folder = try TemporaryFolder()
    let text = Array("the same words, the same words, the same words".utf8)
    let whole = coding == "gz" ? gzip(text) : zstd(text)
    for bit in 32..<(8 * whole.count) {
      var bytes = whole
      bytes[bit / 8] ^= 1 << UInt8(bit % 8)
      let path = try folder.write("flipped.\(coding)", bytes)
      // Frames of the zstd library carry no checksum unless asked for, so texts may differ there.
      let documents = try? CorpusReader.documents([path])
      if let documents, coding == "gz" { #expect(documents.map(\.text) == [text]) }
    }
  }
}
