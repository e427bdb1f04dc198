import GobbetCorpus
import TestSupport
import Testing

@Suite("Compressed inputs") struct CompressedInputTests {
  static let lines = (0..<3000).map { #"{"text": "document \#($0 * $0) of many"}"# }
  static let plain = Array((lines.joined(separator: "\n") + "\n").utf8)

  /// The endings of names, and one member or frame of each compression.
  static let compressors:
    [(ending: String, name: String, compress: @Sendable ([UInt8]) -> [UInt8])] = [
      ("gz", "gzip", gzip), ("zst", "zstd", zstd), ("bz2", "bzip2", bzip2), ("xz", "xz", xz),
      ("lz4", "lz4", lz4),
    ]
  static let endings = compressors.map(\.ending)

  private static func compressor(
    _ ending: String
  ) throws -> (ending: String, name: String, compress: @Sendable ([UInt8]) -> [UInt8]) {
    try #require(compressors.first { $0.ending == ending })
  }

  @Test("bzip2, xz and lz4, one stream or many, hold what the plain file holds", arguments: endings)
  func streams(ending: String) throws {
    let folder = try TemporaryFolder()
    let compress = try Self.compressor(ending).compress
    let halves = [Array(Self.plain[..<50_001]), [], Array(Self.plain[50_001...])]
    let expected = try CorpusReader.texts([folder.write("a.jsonl", Self.plain)])
    for bytes in [compress(Self.plain), halves.flatMap(compress)] {
      for name in ["b.jsonl.\(ending)", "named-as-plain.jsonl"] {
        #expect(try CorpusReader.texts([folder.write(name, bytes)]) == expected, "\(name)")
      }
    }
    let empty = try folder.write("empty.txt.\(ending)", compress([]))
    #expect(try CorpusReader.texts([empty]).allSatisfy(\.isEmpty))
  }

  @Test("much text out of a small file comes in pieces", arguments: endings)
  func bomb(ending: String) throws {
    let folder = try TemporaryFolder()
    let line = Array((String(repeating: "a", count: 999) + "\n").utf8)
    let text = (0..<20_000).flatMap { _ in line }
    let path = try folder.write(
      "bomb.txt.\(ending)", try Self.compressor(ending).compress(text))
    let options = CorpusOptions(format: .text, textSeparator: Array("\n".utf8))
    #expect(try CorpusReader.documents([path], options).count == 20_000)
  }

  @Test("zeros after an xz stream are padding by fours")
  func xzPadding() throws {
    let folder = try TemporaryFolder()
    let (one, two) = (xz(Array("one ".utf8)), xz(Array("two".utf8)))
    #expect(
      try CorpusReader.texts([folder.write("a.xz", one + [0, 0, 0, 0] + two + [0, 0, 0, 0])])
        == ["one two"])
    for rest in [[0, 0, 0] as [UInt8], [0, 0, 0, 0, 0] + two] {
      let error = #expect(throws: CorpusError.self) {
        try CorpusReader.texts([folder.write("b.xz", one + rest)])
      }
      #expect(error?.description.contains("fours of zeros") == true)
    }
  }

  @Test("text that begins as the name of a compression does is text")
  func lookalike() throws {
    let folder = try TemporaryFolder()
    for text in ["BZh", "BZhuang, a name", "BZh9 1AY"] {
      #expect(try CorpusReader.texts([folder.write("a.txt", Array(text.utf8))]) == [text])
    }
  }

  @Test("an xz stream that asks for too much memory is refused")
  func xzMemory() throws {
    let folder = try TemporaryFolder()
    // LZMA2 with the largest dictionary, 4 GiB, in the header of the block, whose checksum is made anew.
    var bytes = xz(Array("some text".utf8))
    let size = (Int(bytes[12]) + 1) * 4
    let flag = try #require(bytes[12..<(12 + size)].firstIndex(of: 0x21)) + 2
    bytes[flag] = 40
    let checksum = crc32(Array(bytes[12..<(12 + size - 4)]))
    for place in 0..<4 { bytes[12 + size - 4 + place] = UInt8(checksum >> (8 * place) & 0xFF) }
    let error = #expect(throws: CorpusError.self) {
      try CorpusReader.texts([folder.write("a.xz", bytes)])
    }
    #expect(error?.description.contains("more than 256 MiB") == true)
  }

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

  @Test("a compressed file cut anywhere is an error", arguments: endings)
  func truncation(coding: String) throws {
    let folder = try TemporaryFolder()
    let (_, name, compress) = try Self.compressor(coding)
    let whole = compress(Array("some text".utf8))
    // Without a name that says so, fewer bytes than these may be a text.
    let least = ["gz": 2, "bz2": 4][coding] ?? 2
    for count in 1..<whole.count {
      for ending in count < least ? [coding] : [coding, "txt"] {
        let path = try folder.write("cut.\(ending)", Array(whole.prefix(count)))
        for format in [CorpusFormat.automatic, .text] {
          let error = #expect(throws: CorpusError.self, "\(count) bytes, \(ending)") {
            try CorpusReader.documents([path], CorpusOptions(format: format))
          }
          #expect(error?.code == .truncated(name), "\(count) bytes, \(ending)")
          #expect(error?.path == path)
        }
      }
    }
  }

  @Test(
    "a compressed file with a damaged start is refused as such, as text too; a text isn't",
    arguments: endings)
  func damagedStart(coding: String) throws {
    let folder = try TemporaryFolder()
    let whole = try Self.compressor(coding).compress(Self.plain)
    // In the first, the second and the last byte that all such files share.
    for bit in [0, 11, coding == "gz" ? 9 : 8 * 3 - 7] {
      var bytes = whole
      bytes[bit / 8] ^= 1 << UInt8(bit % 8)
      let path = try folder.write("flipped.\(coding)", bytes)
      for format in [CorpusFormat.automatic, .text] {
        let error = #expect(throws: CorpusError.self, "bit \(bit)") {
          try CorpusReader.documents([path], CorpusOptions(format: format))
        }
        #expect(error?.description.contains("if it is text") == false)
      }
    }
    for text in ["words", "", "\u{1F600}"] {
      let path = try folder.write("plain.\(coding)", Array(text.utf8))
      #expect(try CorpusReader.texts([path]).joined() == text)
    }
  }

  @Test("of data compressed twice the way out decompresses twice", arguments: endings)
  func nested(coding: String) throws {
    let folder = try TemporaryFolder()
    let programs = [
      "gz": "zcat", "zst": "zstdcat", "bz2": "bzcat", "xz": "xzcat", "lz4": "lz4cat",
    ]
    let inner = try Self.compressor(coding).compress(Self.plain)
    for outer in Self.compressors {
      let path = try folder.write("nested.\(outer.ending)", outer.compress(inner))
      let error = #expect(throws: CorpusError.self) { try CorpusReader.documents([path]) }
      let pipe = try "\(#require(programs[outer.ending])) FILE | \(#require(programs[coding])) | "
      #expect(error?.description.contains(pipe) == true, "\(String(describing: error))")
    }
    // An archive is read from a file only.
    let path = try folder.write("archive.gz", gzip([0x50, 0x4B, 3, 4, 0]))
    let error = #expect(throws: CorpusError.self) { try CorpusReader.documents([path]) }
    #expect(error?.description.contains("with zcat first; then") == true)
  }

  @Test("what isn't a further frame after a frame is an error", arguments: endings)
  func trailingBytes(coding: String) throws {
    let folder = try TemporaryFolder()
    let frame = try Self.compressor(coding).compress(Array("some text".utf8))
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

  @Test("no flipped bit gives anything but the text or an error", arguments: endings)
  func flippedBits(coding: String) throws {
    let folder = try TemporaryFolder()
    let text = Array("the same words, the same words, the same words".utf8)
    let whole = try Self.compressor(coding).compress(text)
    let magicByteCount = coding == "bz2" ? 10 : coding == "xz" ? 6 : 4
    for bit in (8 * magicByteCount)..<(8 * whole.count) {
      var bytes = whole
      bytes[bit / 8] ^= 1 << UInt8(bit % 8)
      let path = try folder.write("flipped.\(coding)", bytes)
      // Frames of the zstd library carry no checksum unless asked for, so texts may differ there.
      let documents = try? CorpusReader.documents([path])
      if let documents, coding != "zst" { #expect(documents.map(\.text) == [text]) }
    }
  }
}
