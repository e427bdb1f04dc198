import Foundation
import GobbetCorpus
import TestSupport
import Testing

@Suite("What inputs hold") struct ContentTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private static func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

  private static let lines = bytes("{\"text\":\"one\"}\n{\"text\":\"two\"}\n")

  @Test(
    "JSON is told by its content and by any name that says it",
    arguments: [
      "a.json", "A.JSON", "a.jsonl", "A.JSONL", "a.ndjson", "a.jsonlines", "a.txt", "a",
      "part-00000", "a.jsonl.bak",
    ])
  func jsonLines(name: String) throws {
    for content in [Self.lines, gzip(Self.lines), zstd(Self.lines)] {
      for suffix in ["", ".gz", ".GZ", ".zst", ".zstd"] {
        let path = try folder.write(name + suffix, content)
        #expect(try CorpusReader.texts([path]) == ["one", "two"], "\(path)")
      }
    }
  }

  @Test("an object without a text under the key is text where the name does not say JSON")
  func otherObjects() throws {
    let content = Self.bytes("{\"name\":\"x\"}\n")
    #expect(try CorpusReader.documents([folder.write("a.txt", content)]).map(\.text) == [content])
    let error = #expect(throws: CorpusError.self) {
      try CorpusReader.texts([folder.write("a.json", content)])
    }
    #expect(error?.code == .missingKey("text"))
    #expect(
      try CorpusReader.texts([folder.write("a.txt", content)], CorpusOptions(textKey: "name"))
        == ["x"])
    let template = Self.bytes("{% extends 'base.html' %}\n[1] a list\n")
    #expect(try CorpusReader.documents([folder.write("t", template)]).map(\.text) == [template])
  }

  @Test("settings in a .json file are text, unless a key says that it holds documents")
  func settings() throws {
    for text in ["{\n  \"name\": \"x\"\n}\n", "[1, 2]\n", "// a comment\n{}\n", "\"word\""] {
      let path = try folder.write("a.json", Self.bytes(text))
      #expect(try CorpusReader.texts([path]) == [text])
      #expect(throws: CorpusError.self) {
        try CorpusReader.texts([path], CorpusOptions(textKey: "other"))
      }
    }
    let path = try folder.write("b.json", Self.bytes("{\n  \"name\": \"x\"\n}\n"))
    #expect(try CorpusReader.texts([path], CorpusOptions(textKey: "name")) == ["x"])
  }

  static let arrays: [(text: String, expected: [String])] = [
    (#"[{"text":"one"},{"text":"two"}]"#, ["one", "two"]),
    ("[\n  {\n    \"text\": \"one\"\n  }\n, {\"text\":\"two\"} ]\n", ["one", "two"]),
    (#"[{"text":"] , [ { \" \\"}]"#, [#"] , [ { " \"#]), ("[]", []), (" [ ] \n", []),
    (#"[{"text":"a","more":[[],{"x":[1,"]"]}]}]"#, ["a"]),
  ]

  @Test("a JSON array is its elements, in batches of any size", arguments: arrays)
  func elements(text: String, expected: [String]) throws {
    let path = try folder.write("a.json", Self.bytes(text))
    for byteCount in [1, 5, 64, 1 << 20] {
      let documents = try CorpusReader.documents([path], batchByteCount: byteCount)
      #expect(documents.map { String(decoding: $0.text, as: UTF8.self) } == expected)
      #expect(documents.map(\.source.index) == Array(0..<expected.count))
    }
  }

  @Test("a long array gives what lines of the same objects give, whatever the batches")
  func longArray() throws {
    var generator = SeededGenerator(7)
    var objects: [String] = []
    for index in 0..<3000 {
      let word = String(repeating: "w\\\"[{", count: Int.random(in: 0..<40, using: &generator))
      objects.append(#"{"id": \#(index), "text": "\#(word)", "more": [{"a": "}"}, 1e5]}"#)
    }
    let lines = try folder.write("a.jsonl", Self.bytes(objects.joined(separator: "\n")))
    let array = try folder.write(
      "b.json", Self.bytes("[" + objects.joined(separator: " ,\r\n ") + "\n]\n"))
    let values = try folder.write("c.json", Self.bytes(objects.joined(separator: " ")))
    let expected = try CorpusReader.texts([lines])
    #expect(expected.count == 3000)
    for path in [array, values] {
      #expect(try CorpusReader.texts([path]) == expected)
      for byteCount in [1, 1000, 70_000] {
        let batched = try CorpusReader.documents([path], batchByteCount: byteCount)
        #expect(batched.map { String(decoding: $0.text, as: UTF8.self) } == expected)
      }
    }
  }

  @Test("an object over several lines is one document")
  func objectOverLines() throws {
    let text = "{\n  \"text\": \"one\"\n}\n{\n  \"text\": \"two\"\n}\n"
    #expect(try CorpusReader.texts([folder.write("a.json", Self.bytes(text))]) == ["one", "two"])
  }

  @Test(
    "an array that is broken between its elements is an error",
    arguments: [
      #"[{"text":"a"} {"text":"b"}]"#, #"[{"text":"a"},]"#, #"[,{"text":"a"}]"#,
      #"[{"text":"a"}"#, #"[{"text":"a"}]x"#, #"[{"text":"a"}}]"#, "[", #"[{"text":"a"#,
    ])
  func brokenArrays(text: String) throws {
    let path = try folder.write("a.json", Self.bytes(text))
    let error = #expect(throws: CorpusError.self) { try CorpusReader.texts([path]) }
    #expect(error?.path == path)
  }

  @Test("an element without text is named by its number, and left out where that is asked for")
  func badElements() throws {
    let path = try folder.write(
      "a.json", Self.bytes(#"[{"text":"a"}, {"text":null}, 3, [{"text":"x"}], {"text":"b"}]"#))
    let error = #expect(throws: CorpusError.self) { try CorpusReader.texts([path]) }
    #expect(error?.code == .notAString(key: "text"))
    #expect(error?.element == 2)
    #expect(error?.line == nil)
    #expect(error?.offset == 15)
    let log = CorpusLog()
    #expect(
      try CorpusReader.texts([path], CorpusOptions(badLines: .skip, log: log)) == ["a", "b"])
    #expect(log.badLineCount == 3)
    #expect(log.firstBadLine == error)
  }

  @Test("an element longer than the limit is an error, whatever comes after it")
  func longElement() throws {
    let long = #"{"text":""# + String(repeating: "x", count: 200_000)
    for text in [#"[{"text":"a"},\#(long)"}]"#, #"[{"text":"a"},\#(long)"#] {
      let path = try folder.write("a.json", Self.bytes(text))
      let options = CorpusOptions(maximumDocumentByteCount: 1000)
      let error = #expect(throws: CorpusError.self) { try CorpusReader.texts([path], options) }
      #expect(error?.code == .tooLong(limit: 1000))
      #expect(error?.element == 2)
    }
  }

  @Test("UTF-16 with a byte order mark is read, text and JSON, and no mark is part of a text")
  func marks() throws {
    let text = "aé語😀\n"
    for (name, encoding, mark) in [
      ("le", String.Encoding.utf16LittleEndian, [0xFF, 0xFE] as [UInt8]),
      ("be", .utf16BigEndian, [0xFE, 0xFF]), ("8", .utf8, [0xEF, 0xBB, 0xBF]),
    ] {
      let plain = mark + (try #require(text.data(using: encoding)))
      for content in [plain, gzip(plain)] {
        #expect(try CorpusReader.texts([folder.write(name, content)]) == [text])
      }
      let json = mark + (try #require("{\"text\":\"é\"}\r\n{\"text\":\"b\"}".data(using: encoding)))
      #expect(try CorpusReader.texts([folder.write(name + ".jsonl", json)]) == ["é", "b"])
      #expect(try CorpusReader.texts([folder.write(name + ".txt", json)]) == ["é", "b"])
    }
    let long = String(repeating: "x語😀", count: 60_000)
    let encoded = try #require(long.data(using: .utf16LittleEndian))
    let path = try folder.write("l", [0xFF, 0xFE] + encoded)
    let documents = try CorpusReader.documents([path], batchByteCount: 1000)
    #expect(documents.map(\.text) == [Array(long.utf8)])
  }

  @Test("UTF-16 that is cut inside a unit is an error, and a lone surrogate becomes U+FFFD")
  func brokenUTF16() throws {
    let cut = try folder.write("c", [0xFF, 0xFE, 0x61, 0x00, 0x62])
    let error = #expect(throws: CorpusError.self) { try CorpusReader.texts([cut]) }
    #expect(error?.code == .truncated("UTF-16"))
    let lone = try folder.write("l", [0xFE, 0xFF, 0xD8, 0x00, 0x00, 0x61, 0xDC, 0x00, 0xD8, 0x3D])
    #expect(try CorpusReader.texts([lone]) == ["\u{FFFD}a\u{FFFD}\u{FFFD}"])
  }

  /// A byte order mark, and units of which most are surrogates without their other half.
  private static var unpairedSurrogates: [UInt8] {
    var bytes: [UInt8] = [0xFF, 0xFE]
    for index in 0..<4000 {
      bytes.append(UInt8(index % 256))
      bytes.append(UInt8(0xD8 + index % 8))
    }
    return bytes
  }

  static let foreign: [(content: [UInt8], reason: String)] = [
    ([0xFF, 0xFE, 0, 0, 0x61, 0, 0, 0], "UTF-32LE"),
    ([0, 0, 0xFE, 0xFF, 0, 0, 0, 0x61], "UTF-32BE"),
    ([0x5D, 0, 0, 0x80, 0], "xzcat"), ([0x02, 0x21, 0x4C, 0x18, 0x60], "lz4cat"),
    (bytes("PAR1") + [0x15, 0], "Parquet"),
    ([0x89] + bytes("PNG\r\n") + [0x1A, 0x0A, 0], "PNG"), ([0x50, 0x4B, 3, 4, 0], "unzip -p"),
    ([0x97] + bytes("GBT\r\n") + [0x1A, 0x0A], "a Gobbet file"),
    (bytes("name") + Array(repeating: 0, count: 253) + bytes("ustar") + [0], "tar -xOf"),
    (bytes("version https://git-lfs.github.com/spec/v1\noid sha256:0\n"), "git lfs pull"),
    (unpairedSurrogates, "binary data"),
    (bytes("words\0words"), "binary data"), ([1, 2, 3, 0x80, 0x90], "binary data"),
    (bytes("w\0o\0r\0d\0s\0"), "UTF-16 without a byte order mark"),
    (gzip(bytes("words")), "cat FILE | zcat | gobbet"),
    (
      bytes("WARC/1.0\r\nWARC-Type: conversion\r\nContent-Length: 5\r\n\r\nwords\r\n\r\n"),
      "read its text through a pipe: python -m gobbet.warc FILE"
    ),
    (bytes("WARC/0.18\nWARC-Type: warcinfo\nContent-Length: 0\n\n"), "a WARC file"),
  ]

  @Test("what holds no text is refused by its name, with the way out", arguments: foreign)
  func foreignContent(content: [UInt8], reason: String) throws {
    // Decompression comes first, so that a compressed file is looked into.
    for bytes in [content.starts(with: [0x1F, 0x8B]) ? zstd(content) : content, gzip(content)] {
      let path = try folder.write("x.txt", bytes)
      let error = #expect(throws: CorpusError.self) { try CorpusReader.texts([path]) }
      guard case .notText = error?.code else { throw try #require(error) }
      #expect(error?.path == path)
      #expect(error?.description.contains(reason) == true, "\(String(describing: error))")
      // Who says that it is text gets its bytes.
      let options = CorpusOptions(format: .text)
      #expect(try CorpusReader.documents([path], options).map(\.text) == [content])
    }
  }

  @Test("letters that formats begin with are text where text follows")
  func letters() throws {
    for text in [
      "PAR1 of golf", "BZh is short", "ORC", "GGUF explained", "RIFF and RAFF", "ID3",
      "WARC/1.0 is a version",
    ] {
      #expect(try CorpusReader.texts([folder.write("a", Self.bytes(text))]) == [text])
    }
  }

  @Test("in a folder, what holds no text is passed over and named in the log; without one, refused")
  func foldersWithOthers() throws {
    try folder.write("a.txt", Self.bytes("one"))
    try folder.write("b.png", [0x89, 0x50, 0x4E, 0x47, 0])
    try folder.write("c.bin", [0, 1, 2])
    try folder.write("d.txt", Self.bytes("caf\u{E9}").dropLast(2) + [0xE9, 0x2E])
    try folder.write("e.txt", [])
    try folder.write("_SUCCESS", Self.bytes("{}"))
    let log = CorpusLog()
    let documents = try CorpusReader.documents([folder.path], CorpusOptions(log: log))
    #expect(documents.map(\.text) == [Self.bytes("one"), Self.bytes("caf") + [0xE9, 0x2E]])
    #expect(log.skippedInputCount == 2)
    #expect(
      log.skippedInputs.map(\.description) == [
        "\(folder.file("b.png")) (a PNG image)", "\(folder.file("c.bin")) (binary data)",
      ])
    #expect(log.emptyInputCount == 2)
    #expect(log.notes.count == 2)
    #expect(log.notes.last?.contains("d.txt") == true)
    let error = #expect(throws: CorpusError.self) { try CorpusReader.texts([folder.path]) }
    #expect(error?.path == folder.file("b.png"))
  }

  @Test("the files of a corpus are listed with what they hold, in the order in which they are read")
  func listing() throws {
    let object = Self.bytes("{\"text\":\"x\"}\n")
    let names = [
      ("a.txt", Self.bytes("one")), ("b.png", [0x89, 0x50, 0x4E, 0x47, 0]), ("c.json", []),
      ("d", object + object), ("e.json", Self.bytes("[{\"text\":\"x\"}]")),
      ("f.txt", [0xFF, 0xFE, 0x61, 0]), ("g.csv", gzip(Self.bytes("two"))),
      ("h.table", Self.bytes("PAR1") + [0x15, 0, 0x80]),
      ("i.table", gzip(Self.bytes("PAR1") + [0x15, 0, 0x80])), ("_SUCCESS", Self.bytes("3 files")),
    ]
    try FileManager.default.createDirectory(
      atPath: folder.file("set"), withIntermediateDirectories: false)
    for (name, content) in names { try folder.write("set/\(name)", content) }
    let pipe = folder.file("pipe")
    #expect(unsafe mkfifo(pipe, 0o600) == 0)
    let picture = folder.file("set/b.png")
    var inputs = try CorpusInputs([folder.file("set"), picture, pipe], CorpusOptions())
    var found: [CorpusInput] = []
    while let input = try inputs.next() { found.append(input) }
    func name(_ input: CorpusInput) -> String {
      String(input.path.split(separator: "/").last ?? "")
    }
    #expect(
      found.map(name) == [
        "_SUCCESS", "a.txt", "b.png", "c.json", "d", "e.json", "f.txt", "g.csv", "h.table",
        "i.table", "b.png", "pipe",
      ])
    #expect(
      found.map(\.kind) == [
        .text, .text, .foreign, .jsonLines, .jsonLines, .otherJSON, .text, .text, .parquet,
        .foreign, .foreign, .unseen,
      ])
    #expect(
      found.filter(\.isPassedOver).map(name)
        == ["_SUCCESS", "b.png", "c.json", "h.table", "i.table"])
    #expect(found.filter(\.isNamed).map(name) == ["b.png", "pipe"])
    #expect(found.filter(\.isEmpty).map(name) == ["c.json"])
    #expect(found.filter { !$0.isPlainText && $0.kind == .text }.map(name) == ["f.txt"])
    #expect(found[7].coding == .gzip && found[6].coding == .plain)
    #expect(found[2].name == "a PNG image")
    // What a reader gives is what was listed and not passed over.
    let log = CorpusLog()
    let read = try CorpusReader.documents([folder.file("set")], CorpusOptions(log: log))
    #expect(
      read.map { $0.source.path.split(separator: "/").last ?? "" }
        == ["a.txt", "d", "d", "e.json", "f.txt", "g.csv"])
    #expect(log.skippedInputCount == 3)
  }

  @Test("a key with the format text, and a separator with JSON, have no use")
  func formatsWithoutUse() throws {
    let path = try folder.write("a.jsonl", Self.bytes("{\"text\":\"x\",\"id\":1}\n"))
    for options in [
      CorpusOptions(format: .text, textKey: "text"),
      CorpusOptions(format: .text, identifierKey: "id"),
      CorpusOptions(format: .jsonLines, textSeparator: [0x0A]),
    ] {
      let error = #expect(throws: CorpusError.self) {
        _ = try CorpusReader(inputs: [path], options: options)
      }
      guard case .unusedOption = error?.code else { throw try #require(error) }
    }
    // A part of a corpus need not have what another part has a use for.
    let text = try folder.write("a.txt", Self.bytes("one"))
    var part = CorpusOptions(textKey: "body", textSeparator: Self.bytes("|"))
    part.isPart = true
    #expect(try CorpusReader.texts([text], part) == ["one"])
  }

  @Test("an option that applies to no input is an error before anything is read")
  func unusedOptions() throws {
    let text = try folder.write("a.txt", Self.bytes("one"))
    let json = try folder.write("b.jsonl", Self.bytes("{\"text\":\"x\",\"id\":1}\n"))
    let key = CorpusOptions(textKey: "text")
    let name = CorpusOptions(identifierKey: "id")
    let separator = CorpusOptions(textSeparator: Self.bytes("\n"))
    for (input, options) in [(text, key), (text, name), (json, separator)] {
      let error = #expect(throws: CorpusError.self) {
        _ = try CorpusReader(inputs: [input], options: options)
      }
      guard case .unusedOption = error?.code else { throw try #require(error) }
    }
    #expect(try CorpusReader.texts([text, json], key) == ["one", "x"])
    #expect(try CorpusReader.texts([json, text], name) == ["x", "one"])
    #expect(try CorpusReader.texts([json, text], separator) == ["x", "one"])
  }
}
