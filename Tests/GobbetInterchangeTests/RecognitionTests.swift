import GobbetBPE
import GobbetInterchange
import TestSupport
import Testing

@Suite("What a JSON file is") struct RecognitionTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func kind(_ text: String) throws -> FileFormat? {
    try FileFormat(recognizing: try folder.write("f.json", Array(text.utf8)))
  }

  @Test(
    "an index is recognised by its map, wherever that is", arguments: [0, 4000, 65_530, 300_000])
  func index(distance: Int) throws {
    let text = String(repeating: "x", count: distance)
    let map = #""weight_map" : {"a":"b"}"#
    #expect(try kind("{\"metadata\":{\"recipe\":\"\(text)\"},\(map)}") == .safetensorsIndex)
    #expect(try kind("{\"\(text)\":[{}, []],\n\(map)}") == .safetensorsIndex)
    #expect(try kind("{\(map),\"metadata\":\"\(text)\"}") == .safetensorsIndex)
  }

  @Test(
    "a token, a text or a deeper key of that name makes no index",
    arguments: [
      #"{"weight_map":1,"a":2}"#, #"{"a":"weight_map","b":{"weight_map":{}}}"#,
      #"{"a\"weight_map":{}}"#, #"{"a":"\",\"weight_map\":{"}"#, #"{"weight_map"}"#,
      #"{"added_tokens":[],"model":{"vocab":{"weight_map":3}}}"#,
      #"{"version":"1.0","model":{},"weight_map":{}}"#,
    ])
  func others(text: String) throws { #expect(try kind(text) == .json) }

  @Test("an answer does not depend on where the text is cut")
  func pieces() {
    let text = Array(#"{"a":{"b":[1,"x\\"]},"m\"x":3, "weight_map" : {"t":"f"},"z":[]}"#.utf8)
    for cut in 0...text.count {
      var scanner = JSONTopLevel([.addedTokens, .weightMap])
      scanner.scan(text[..<cut])
      scanner.scan(text[cut...])
      #expect(scanner.found == .weightMap)
    }
  }

  @Test("a vocabulary leaves its pattern open where its format has no place for one")
  func openPatterns() throws {
    var table = TokenTable()
    for byte in UInt8.min...UInt8.max { try table.append([byte]) }
    let vocabulary = try Vocabulary(
      tokens: table, merges: [], mergeRule: .learnedPairs, pattern: .gpt2, specialTokens: .none)
    for (format, isOpen) in [
      (FileFormat.gobbet, false), (.tokenizerJSON, false), (.vocabularyAndMerges, true),
      (.tiktoken, true),
    ] {
      let path = folder.file(format == .vocabularyAndMerges ? "vocab.json" : "v")
      try vocabulary.write(to: path, format: format, replacing: true)
      #expect(try Vocabulary.leavesPatternOpen(at: path) == isOpen, "\(format)")
    }
  }

  @Test("files of llm.c that aren't a checkpoint of a GPT-2 are named")
  func checkpoints() {
    for (magic, name) in [
      (UInt32(20_240_803), "Llama"), (20_240_327, "optimizer"), (20_240_520, "tokens"),
    ] {
      let start =
        (0..<4).map { UInt8(truncatingIfNeeded: magic >> (8 * UInt32($0))) } + [3, 0, 0, 0]
      #expect(FileDescription(start: start, name: "m.bin").name.contains(name))
    }
  }
}
