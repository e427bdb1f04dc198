import GobbetCorpus
import TestSupport
import Testing

@Suite("JSON Lines") struct JSONLinesTests {
  @Test("escapes become the scalars they stand for")
  func escapes() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(
      "a.jsonl", Array(#"{"text":"\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00é\u0000"}"#.utf8))
    #expect(try CorpusReader.texts([path]) == ["\"\\/\u{8}\u{C}\n\r\té😀é\0"])
  }

  @Test("a text is found under its key, however deep")
  func nestedKeys() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(
      "a.jsonl",
      Array(#"{"a": {"text": 3, "b": {"c": "deep"}}, "a.b": "dotted", "": "empty"}"#.utf8))
    #expect(try CorpusReader.texts([path], CorpusOptions(textKey: "a.b.c")) == ["deep"])
    #expect(try CorpusReader.texts([path], CorpusOptions(textKey: #"a\.b"#)) == ["dotted"])
    for key in ["", "a.", ".a", "a..b", #"a\"#] {
      let error = #expect(throws: CorpusError.self) {
        _ = try CorpusReader(inputs: [path], options: CorpusOptions(textKey: key))
      }
      #expect(error?.code == .invalidTextKey(key))
    }
  }

  static let badLines: [(line: String, code: CorpusError.Code?)] = [
    ("[]", .notAnObject(key: "a.b")),
    (#"{"a":1}"#, .notAnObject(key: "a.b")), (#"{"b":1}"#, .missingKey("a.b")),
    (#"{"a":{"c":"x"}}"#, .missingKey("a.b")), (#"{"a":{"b":1}}"#, .notAString(key: "a.b")),
    (#"{"a":{"b":null}}"#, .notAString(key: "a.b")),
    (#"{"a":{"b":"x","b":"y"}}"#, .duplicateKey("a.b")),
    (#"{"a":{"b":"x"},"a":{"b":"y"}}"#, .duplicateKey("a.b")),
    (#"{"a":{"b":NaN}}"#, .notAString(key: "a.b")),
    (#"{"a":{"b":1e999}}"#, .notAString(key: "a.b")),
    (#"{"a":{"b":"\ud800"},"c":-}"#, nil), (#"{"a":{"b":"x"},"c":nan}"#, nil),
    (#"{"a":{"b":"x"},"c":1e999,}"#, nil), (#"{"a":{"b":"x"},"c":1.e5}"#, nil),
    (#"{"a":{"b":"x"},"c":00000000000000000000000000}"#, nil),
    (#"{"a":{"b":"\x"}}"#, nil), (#"{"a":{"b":"\u12"}}"#, nil), (#"{"a":{"b":"x}}"#, nil),
    (#"{"a":{"b":"x"}"#, nil), (#"{"a":{"b":"x"}} {}"#, nil), (#"{"a":{"b":"x"},"c":tru}"#, nil),
    (#"{"a":{"b":"x"},"c":01}"#, nil), ("{\"a\":{\"b\":\"\u{1}\"}}", nil),
    (
      #"{"a":{"b":"x"},"c":"# + String(repeating: "[", count: 5000)
        + String(repeating: "]", count: 5000) + "}", nil
    ),
  ]

  @Test("a bad line is an error with its file, line and offset", arguments: badLines)
  func badLine(line: String, code: CorpusError.Code?) throws {
    let folder = try TemporaryFolder()
    let good = #"{"a": {"b": "fine"}}"#
    let path = try folder.write("a.jsonl", Array("\(good)\n\(good)\n\(line)\n\(good)\n".utf8))
    let options = CorpusOptions(textKey: "a.b")
    let error = #expect(throws: CorpusError.self) { try CorpusReader.documents([path], options) }
    #expect(error?.path == path)
    #expect(error?.line == 3)
    #expect(error?.offset == 2 * (good.utf8.count + 1))
    if let code {
      #expect(error?.code == code)
    } else {
      guard case .invalidJSON = error?.code else { throw try #require(error) }
    }

    var skipping = options
    skipping.badLines = .skip
    var reader = try CorpusReader(inputs: [path], options: skipping)
    let batch = try #require(try reader.nextBatch(byteCount: 1 << 20))
    #expect(batch.rejections == [error])
    #expect((0..<batch.count).map { batch.source($0).index } == [0, 1, 3])
    #expect(batch.source(2).description == "\(path):4")
  }

  @Test("blank lines are passed over, and counted as lines")
  func blankLines() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(
      "a.jsonl", Array("\n{\"text\":\"a\"}\n\n \t\r\n{\"text\":\"b\"}\n\n".utf8))
    let documents = try CorpusReader.documents([path])
    #expect(documents.map(\.source.description) == ["\(path):2", "\(path):5"])
  }

  static let lenientLines: [(line: String, text: String, identifier: String)] = [
    (
      #"{"id": 340282366920938463463374607431768211455, "text": "fine"}"#, "fine",
      "340282366920938463463374607431768211455"
    ),
    (#"{"id": -99999999999999999999, "text": "fine"}"#, "fine", "-99999999999999999999"),
    (#"{"n": 1e999, "id": 3, "text": "fine"}"#, "fine", "3"),
    (#"{"n": [NaN, Infinity, -Infinity], "text": "fine", "id": 3}"#, "fine", "3"),
    (#"{"meta": {"a": "\udbc0"}, "text": "fine", "id": "x"}"#, "fine", "x"),
    (#"{"te\u0078t": "lone \udbc0 here", "id": -0}"#, "lone \u{FFFD} here", "0"),
    (#"{"text": "\udc00\ud800", "id": 1}"#, "\u{FFFD}\u{FFFD}", "1"),
    (#"{"text": "\ud83d\u0041\ud83d\ude00\ud83d\n", "id": 1}"#, "\u{FFFD}A😀\u{FFFD}\n", "1"),
    (#"{"text": "\ud83d\ud83d\ude00 \" \\ \/ é", "id": 1}"#, "\u{FFFD}😀 \" \\ / é", "1"),
  ]

  @Test(
    "a line is read whatever numbers and surrogates its other fields hold; in the text they are U+FFFD",
    arguments: lenientLines)
  func lenientJSON(line: String, text: String, identifier: String) throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("a.jsonl", Array((line + "\n").utf8))
    var reader = try CorpusReader(
      inputs: [path], options: CorpusOptions(identifierKey: "id"))
    let batch = try #require(try reader.nextBatch(byteCount: 1 << 20))
    #expect(batch.count == 1)
    #expect(String(decoding: batch.document(0).text, as: UTF8.self) == text)
    #expect(batch.identifier(0) == identifier)
  }

  @Test("text that is not UTF-8 is an error")
  func invalidUTF8() throws {
    let folder = try TemporaryFolder()
    for bytes: [UInt8] in [[0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80]] {
      let path = try folder.write("a.jsonl", Array(#"{"text":""#.utf8) + bytes + Array(#""}"#.utf8))
      let error = #expect(throws: CorpusError.self) { try CorpusReader.documents([path]) }
      guard case .invalidJSON = error?.code else { throw try #require(error) }
    }
  }

  @Test("line ends of Windows, a byte order mark and a missing last line end do no harm")
  func leniency() throws {
    let folder = try TemporaryFolder()
    let bytes: [UInt8] = [0xEF, 0xBB, 0xBF] + Array("{\"text\":\"a\"}\r\n{\"text\":\"b\"}".utf8)
    #expect(try CorpusReader.texts([folder.write("a.jsonl", bytes)]) == ["a", "b"])
  }

  @Test("a line longer than the limit is an error, and one of that length is not")
  func limit() throws {
    let folder = try TemporaryFolder()
    let line = "{\"text\":\"\(String(repeating: "x", count: 300_000))\"}"
    let path = try folder.write("a.jsonl", Array("{\"text\":\"\"}\n\(line)\n".utf8))
    var options = CorpusOptions(maximumDocumentByteCount: line.utf8.count)
    #expect(try CorpusReader.texts([path], options).map(\.utf8.count) == [0, 300_000])
    options.maximumDocumentByteCount -= 1
    let error = #expect(throws: CorpusError.self) { try CorpusReader.documents([path], options) }
    #expect(error?.code == .tooLong(limit: options.maximumDocumentByteCount))
    #expect(error?.line == 2)
    #expect(error?.offset == 12)
  }

  @Test("random texts come back whole from batches of any size", arguments: 0..<8 as Range<UInt64>)
  func randomTexts(seed: UInt64) throws {
    let folder = try TemporaryFolder()
    var generator = SeededGenerator(seed)
    var texts: [[UInt8]] = []
    var paths: [String] = []
    for file in 0..<4 {
      var content = ""
      for _ in 0..<Int.random(in: 0...60, using: &generator) {
        let (text, escaped) = randomText(using: &generator)
        texts.append(Array(text.utf8))
        content +=
          #"{"id": \#(texts.count), "text": "\#(escaped)", "more": [1, {"text": 2}]}"# + "\n"
      }
      if Bool.random(using: &generator) { content = String(content.dropLast()) }
      let plain = Array(content.utf8)
      let bytes = file == 0 ? plain : file == 1 ? gzip(plain) : zstd(plain)
      paths.append(try folder.write("\(file).jsonl", bytes))
    }
    let expected = try CorpusReader.documents(paths)
    #expect(expected.map(\.text) == texts)
    for byteCount in [1, 100, 4096, 70_000, 1 << 20] {
      #expect(try CorpusReader.documents(paths, batchByteCount: byteCount) == expected)
    }
  }

  /// A text, and one of the ways to write it in JSON.
  private func randomText(using generator: inout SeededGenerator) -> (String, String) {
    let scalars: [Unicode.Scalar] = ["a", "é", "語", "😀", "\"", "\\", "\n", "\u{1F}", "/", "\u{7F}"]
    var text = ""
    var escaped = ""
    let length = Int.random(in: 0...3, using: &generator) == 0 ? 40_000 : 40
    for _ in 0..<Int.random(in: 0...length, using: &generator) {
      let scalar = scalars[Int.random(in: scalars.indices, using: &generator)]
      text.unicodeScalars.append(scalar)
      if scalar.value < 0x20 || scalar == "\"" || scalar == "\\"
        || Int.random(in: 0..<10, using: &generator) == 0
      {
        for unit in String(scalar).utf16 {
          let digits = String(unit, radix: 16, uppercase: Bool.random(using: &generator))
          escaped += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        }
      } else {
        escaped.unicodeScalars.append(scalar)
      }
    }
    return (text, escaped)
  }

  @Test("batches parsed on many threads are those parsed in order")
  func threads() async throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(
      "a.jsonl", (0..<60_000).flatMap { Array("{\"text\":\"text \($0)\"}\n".utf8) })
    let expected = try CorpusReader.documents([path])
    let options = CorpusOptions()
    var reader = try CorpusReader(inputs: [path], options: options)
    var batches: [UnparsedBatch] = []
    while let batch = try reader.nextUnparsedBatch(byteCount: 2000) { batches.append(batch) }
    #expect(batches.count > 10)
    let parsed = try await withThrowingTaskGroup(of: (Int, DocumentBatch).self) { group in
      for (index, batch) in batches.enumerated() {
        group.addTask {
          var parser = try DocumentParser(options)
          return (index, try parser.documents(of: batch))
        }
      }
      return try await group.reduce(into: []) { $0.append($1) }.sorted { $0.0 < $1.0 }.map(\.1)
    }
    #expect(parsed.flatMap { batch in (0..<batch.count).map { batch.document($0) } } == expected)
  }
}
