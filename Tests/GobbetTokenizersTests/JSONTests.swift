import GobbetTokenizers
import TestSupport
import Testing

@Suite("JSON") struct JSONTests {
  @Test("a text holds what simdjson finds in it, or is refused as by simdjson", arguments: 1...20)
  func simdjson(seed: Int) {
    var texts = JSONTexts(seed: UInt64(seed))
    var acceptedCount = 0
    for index in 0..<1_000 {
      let text = index.isMultiple(of: 3) ? texts.next() : texts.changed(texts.next())
      let found = JSONSpelling.gobbet(text)
      #expect(
        found == JSONSpelling.simdjson(text),
        "\(String(decoding: text, as: UTF8.self).debugDescription)")
      if found != nil { acceptedCount += 1 }
    }
    #expect((200...800).contains(acceptedCount))
  }

  @Test("a tokenizer.json with changed bytes holds what simdjson finds in it")
  func changedFile() throws {
    let text = try fixture("tinymodel/tokenizer.json")
    #expect(JSONSpelling.gobbet(text) == JSONSpelling.simdjson(text))
    var texts = JSONTexts(seed: 7)
    for _ in 0..<200 {
      let changed = texts.changed(text)
      #expect(JSONSpelling.gobbet(changed) == JSONSpelling.simdjson(changed))
    }
  }

  @Test("a text of any length ends where it ends", arguments: 0..<200)
  func lengths(count: Int) {
    let letters = [UInt8](repeating: UInt8(ascii: "a"), count: count)
    let quoted = [UInt8(ascii: "\"")] + letters + [UInt8(ascii: "\"")]
    #expect(JSONSpelling.gobbet(quoted) == "\(letters)")
    #expect(JSONSpelling.gobbet(Array(quoted.dropLast())) == nil)
    let spaces = [UInt8](repeating: 0x20, count: count)
    #expect(JSONSpelling.gobbet(spaces + Array("[1]".utf8) + spaces)?.hasPrefix("[") == true)
    #expect(JSONSpelling.gobbet(spaces) == nil)
  }

  @Test("1,024 levels are parsed and one more is refused, as by simdjson")
  func depth() {
    for (count, isAccepted) in [(1_024, true), (1_025, false)] {
      let text =
        [UInt8](repeating: UInt8(ascii: "["), count: count)
        + [UInt8](repeating: UInt8(ascii: "]"), count: count)
      #expect((JSONSpelling.simdjson(text) != nil) == isAccepted)
      #expect((JSONSpelling.gobbet(text) != nil) == isAccepted)
    }
  }

  @Test(
    "an error names the file, the byte and the cause",
    arguments: [
      ("", 0, "the text ends early"), ("{\"a\": 1", 7, "the text ends early"),
      ("[1 2]", 3, "neither a comma nor the end of the array"),
      ("[1] 2", 4, "something after the value"),
      ("{\"a\" 1}", 5, "no colon after a key"), ("{a: 1}", 1, "no key of an object"),
      ("[01]", 1, "not a number"), ("[1e999]", 1, "a number that no double can be"),
      ("[18446744073709551616]", 1, "an integer of more than 64 bits"), ("[tru]", 1, "no value"),
      ("\"a\\x\"", 2, "an unknown escape"), ("\"\\uD800\"", 1, "half a surrogate pair"),
      ("\"a\n\"", 2, "a control character in a string"),
    ])
  func errors(text: String, offset: Int, reason: String) {
    let error = #expect(throws: InterchangeError.self) {
      _ = try JSONDocument(Array(text.utf8), path: "a.json")
    }
    #expect(error?.offset == offset)
    #expect(error?.description == "a.json, byte \(offset): not JSON: \(reason)")
  }

  @Test("bytes that aren't UTF-8 are refused where they are")
  func notUTF8() {
    for bytes: [UInt8] in [
      [0xFF], [0xC0, 0x80], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80],
    ] {
      let error = #expect(throws: InterchangeError.self) {
        _ = try JSONDocument(Array("\"ab".utf8) + bytes + Array("\"".utf8), path: nil)
      }
      #expect(error?.offset == 3)
      #expect(error?.code == .damaged("not JSON: not UTF-8"))
    }
  }

  @Test("a member whose key is there twice is an error, when it is asked for")
  func repeatedKeys() throws {
    let root = try JSONDocument(Array(#"{"a": 1, "b": 2, "\u0061": 3}"#.utf8), path: "x").root
    #expect(try root.member("b")?.size == 2)
    let error = #expect(throws: InterchangeError.self) { _ = try root.member("a") }
    #expect(error?.description == "x, a: the key is there twice")
  }
}
