import Foundation
import GobbetInterchange
import TestSupport
import Testing

@Suite("Patterns of layers") struct LayerPatternTests {
  static let names = [
    "transformer.h.0.attn.c_attn", "h.12.attn.c_attn", "c_attn", "model.layers.3.self_attn.q_proj",
    "q_proj", "xq_proj", "a.b", "aXb", "a-b", "", "lm_head",
  ]

  static let keys = [
    "c_attn", "attn.c_attn", "transformer.h.0.attn.c_attn", "^transformer.h.0.attn.c_attn",
    "h.[0-3].attn.c_attn", #"h\.\d+\.attn\.c_attn"#, #"h\.0\.attn\.c_attn"#, "c_attn|q_proj",
    "c_attn$", "c.attn", "c_attns?", "h.0+.attn.c_attn", "^c_attn", ".*", ".+proj", "", "^$",
    "(q|k|v)_proj", "(?:q|k)_proj", #".*layers\.[1-9]\.self_attn\.(q|v)_proj"#, "a.b", #"a\.b"#,
    "a[.-]b", "a[^.]b", "[]q]_proj", "q_{1,2}proj", "(a|ab)(b|.b)", "(x*)*q_proj", "x?q_proj",
    #"\w+\.\w+"#, #"\S+"#, "q_proj$|^lm_head", "a$b", "(^h)..*", "l{1}m_head",
  ]

  @Test("keys match the layers that Python's re matches", .enabled(if: peersPython != nil))
  func peers() throws {
    let program = """
      import re, sys, json
      keys, names = json.loads(sys.argv[1])
      for key in keys:
          print("".join("01"[bool(re.match(rf"(.*\\.)?({key})$", name))] for name in names))
      """
    let arguments = try JSONEncoder().encode([Self.keys, Self.names])
    let text = try runPeers(program, [String(decoding: arguments, as: UTF8.self)])
    for (key, expected) in zip(Self.keys, text.split(separator: "\n")) {
      let pattern = try #require(LayerPattern(key), "\(key)")
      let found = Self.names.map { pattern.matches($0) == true ? "1" : "0" }.joined()
      #expect(found == expected, "\(key)")
    }
  }

  @Test("a key matches whole parts of a name, in the way of a regular expression")
  func matches() {
    for (key, name, expected) in [
      ("attn.c_attn", "transformer.h.0.attn.c_attn", true),
      (#"h\.\d+\.attn"#, "transformer.h.10.attn", true),
      ("^h.0.attn", "transformer.h.0.attn", false),
      ("q_proj", "xq_proj", false), ("(q|k)_proj", "layers.0.k_proj", true),
      ("c_attns?", "h.0.c_attn", true), ("[0-3].c", "h.4.c", false),
    ] {
      #expect(LayerPattern(key)?.matches(name) == expected, "\(key) \(name)")
    }
  }

  @Test(
    "syntax that is not understood isn't a pattern",
    arguments: [
      "(?=a)", "(?P<x>a)", "(?i)a", #"\b"#, #"(a)\1"#, "a**", "a*+", "*a", "(a", "a)", "[a",
      "a{", "a{x}", "a{2,1}", #"\"#, "[[]", #"[\d-z]"#, "[z-a]", "^*", #"\x41"#,
      String(repeating: "(", count: 1000), String(repeating: "a", count: 5000),
    ])
  func refused(key: String) { #expect(LayerPattern(key) == nil) }

  @Test("a pattern that would take Python for ever ends, and says that it does not know")
  func bounded() throws {
    #expect(LayerPattern("(.*.)*x")?.matches(Self.names[0]) == false)
    let evil = try #require(LayerPattern(String(repeating: "(a*)*", count: 100) + "c"))
    let answer = evil.matches(String(repeating: "a", count: 1000))
    #expect(answer != true)
    #expect(LayerPattern("a")?.matches("é.a") == nil)
  }
}
