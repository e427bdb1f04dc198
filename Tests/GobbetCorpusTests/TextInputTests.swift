import GobbetCorpus
import TestSupport
import Testing

@Suite("Text inputs") struct TextInputTests {
  @Test("a file is one document, its bytes as they are, where text is asked for")
  func wholeFiles() throws {
    let folder = try TemporaryFolder()
    var generator = SeededGenerator(3)
    let contents = [0, 1, 3, 4, 100, 65_536, 300_000].map { count in
      (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
    }
    let paths = try contents.enumerated().map { try folder.write("\($0)", $1) }
    for byteCount in [1, 1000, 1 << 20] {
      let documents = try CorpusReader.documents(
        paths, CorpusOptions(format: .text), batchByteCount: byteCount)
      #expect(documents.map(\.text) == contents)
      #expect(documents.map(\.source.description) == paths)
    }
  }

  @Test(
    "a separator cuts a file as a plain search does", arguments: ["\n", "aa", "ab", "aba", "\n\n"])
  func separators(separator: String) throws {
    let folder = try TemporaryFolder()
    var generator = SeededGenerator(4)
    let separator = Array(separator.utf8)
    let letters = Array("aab\n".utf8)
    for length in [0, 1, 2, 5, 50, 70_000, 200_000] {
      let content = (0..<length).map { _ in letters[Int.random(in: 0..<4, using: &generator)] }
      let path = try folder.write("a.txt", content)
      let options = CorpusOptions(textSeparator: separator)
      let expected = split(content, separator)
      for byteCount in [1, 77, 5000, 1 << 20] {
        let documents = try CorpusReader.documents([path], options, batchByteCount: byteCount)
        #expect(documents.map(\.text) == expected)
        #expect(documents.map(\.source.index) == Array(0..<expected.count))
      }
    }
  }

  /// The parts of `bytes` that `separator` ends, and what is left behind the last.
  private func split(_ bytes: [UInt8], _ separator: [UInt8]) -> [[UInt8]] {
    var parts: [[UInt8]] = []
    var part: [UInt8] = []
    for byte in bytes {
      part.append(byte)
      if part.suffix(separator.count).elementsEqual(separator) {
        parts.append(part.dropLast(separator.count))
        part = []
      }
    }
    return part.isEmpty ? parts : parts + [part]
  }

  @Test("an empty separator is refused")
  func emptySeparator() {
    let error = #expect(throws: CorpusError.self) {
      _ = try CorpusReader(inputs: [], options: CorpusOptions(textSeparator: []))
    }
    #expect(error?.code == .emptySeparator)
  }

  @Test("a document longer than the limit is an error")
  func limit() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("a.txt", Array(repeating: 0x61, count: 1001))
    let options = CorpusOptions(maximumDocumentByteCount: 1000)
    let error = #expect(throws: CorpusError.self) { try CorpusReader.documents([path], options) }
    #expect(error?.description == "\(path), byte 0: longer than the limit of 1000 bytes")
  }
}
