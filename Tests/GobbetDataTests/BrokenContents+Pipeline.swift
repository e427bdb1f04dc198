import GobbetBPE
import GobbetData
import TestSupport

/// Lies in the sections `PIPE` and `post`.
extension BrokenContents {
  static func pipelines() throws -> [BrokenContent] {
    let whole = try BrokenParts { try GoldenContents.pipeline.get().write(to: $0) }
    let excluded = "a value that the rules exclude"
    let own = try BrokenParts { try GoldenContents.expression.get().write(to: $0) }
    let symbols = try BrokenParts {
      try GoldenContents.symbolPipeline(SpecialTokens([SpecialToken("<end>", id: 9)])).write(to: $0)
    }
    let ordered = try BrokenParts { try GoldenContents.orderedPipeline().write(to: $0) }
    /// A number in place of another.
    func field(
      _ name: String, _ offset: Int, _ value: some FixedWidthInteger, at place: Int? = nil,
      _ error: String
    ) -> BrokenContent {
      let place = ("PIPE", Optional(place ?? offset))
      return BrokenContent(.vocabulary, "pipeline-\(name)", whole, at: place, "pipeline.\(error)") {
        $0.put("PIPE", offset, value)
      }
    }
    func changed(
      _ name: String, at place: (String, Int), _ error: String,
      _ change: @escaping (inout BrokenParts) -> Void
    ) -> BrokenContent {
      BrokenContent(.vocabulary, "pipeline-\(name)", whole, at: place, error, change)
    }
    let star = UInt8(ascii: "*")
    return [
      BrokenContent(
        .vocabulary, "expression-malformed", own, at: ("VOCB", 48),
        "vocabulary.pattern: byte 0 of the expression, *: repeats nothing"
      ) { $0.put("VOCB", 52, star) },
      BrokenContent(
        .vocabulary, "expression-dialect-2", own, at: ("VOCB", 48),
        "vocabulary.pattern: settings [255, 2, 0, 1, 92, 112, 123, 78, 125, 123, 49, 44, 51, 125, 43, "
          + "124] aren't a pattern"
      ) { $0.put("VOCB", 49, UInt8(2)) },
      BrokenContent(
        .vocabulary, "pipeline-expression-malformed", own, at: ("PIPE", 13),
        "pipeline.pretokenizer: an expression that isn't supported"
      ) { $0.put("PIPE", 21, star) },
      field("matching-0", 8, UInt8(0), at: 4, "matching: token 258 with options 0"),
      field("matching-unknown", 8, UInt8(32), at: 4, "matching: token 258 with options 32"),
      field("symbols-unknown", 9, UInt8(3), "symbols.unit: a code that is unknown"),
      field("symbols-flags", 10, UInt8(16), "symbols.flags: \(excluded)"),
      field("suffix-where-every-byte-is-a-token", 10, UInt8(9), "symbols.flags: \(excluded)"),
      field("pieces-with-flags", 9, UInt8(2), at: 10, "symbols.flags: \(excluded)"),
      field("pieces-without-unknown", 9, UInt16(2), at: 11, "symbols.unknown: \(excluded)"),
      field("bert-options", 16, UInt16(0x1012), at: 17, "normalizer: \(excluded)"),
      field("symbols-complete-with-unknown", 11, UInt32(0), "symbols.unknown: \(excluded)"),
      field("normalizer-unknown", 16, UInt8(9), "normalizer: a code that is unknown"),
      field("replacement-of-nothing", 18, UInt32(0), "normalizer: \(excluded)"),
      field("bytes-2-32", 18, UInt32.max, "normalizer: \(excluded)"),
      field("pretokenizer-unknown", 29, UInt8(9), "pretokenizer: a code that is unknown"),
      field("digits-2", 30, UInt8(2), "pretokenizer: \(excluded)"),
      changed("template-2", at: ("post", 0), "post.hasTemplate: \(excluded)") {
        $0.put("post", 0, UInt8(2))
      },
      changed("template-2-32", at: ("post", 1), "post.before: \(excluded)") {
        $0.put("post", 1, UInt32.max)
      },
      changed("kept-not-utf8", at: ("post", 25), "post.kept.text: is not UTF-8") {
        $0.put("post", 29, UInt8(0xFF))
      },
      changed("post-trailing-byte", at: ("post", 33), "post: 1 byte too many") {
        $0["post"].append(0)
      },
      changed("post-of-nothing", at: ("post", 1), "post: \(excluded)") { $0["post"] = [0, 0] },
      changed(
        "template-of-no-token", at: ("VOCB", 0),
        "vocabulary: token 5000: isn't a token that the pipeline could use"
      ) { $0.put("post", 5, UInt32(5000)) },
      changed(
        "matching-of-no-special-token", at: ("VOCB", 0),
        "vocabulary: token 5: isn't a token that the pipeline could use"
      ) { $0.put("PIPE", 4, UInt32(5)) },
      BrokenContent(
        .vocabulary, "pipeline-whole-symbol-of-a-special-token", symbols, at: ("VOCB", 0),
        "vocabulary: token 9: isn't a token that the pipeline could use"
      ) { $0.put("PIPE", 18, UInt32(9)) },
      BrokenContent(
        .vocabulary, "pipeline-order-with-a-piece-twice", ordered, at: ("PIPE", 22),
        "pipeline.symbols.order: \(excluded)"
      ) { $0.put("PIPE", 22, UInt32(2)) },
      BrokenContent(
        .vocabulary, "pipeline-order-of-no-token", ordered, at: ("VOCB", 0),
        "vocabulary: token 5: isn't a token that the pipeline could use"
      ) { $0.put("PIPE", 30, UInt32(5)) },
      changed("decoders-in-another-order", at: ("PIPE", 33), "pipeline.decoders: \(excluded)") {
        $0["PIPE"].replaceSubrange(31...31, with: [2, 3, 2])
      },
      changed("of-nothing", at: ("PIPE", 12), "pipeline: \(excluded)") {
        $0["PIPE"] = [0, 0, 0, 0, 0, 1, 255, 255, 255, 255, 0, 0, 0]
      },
      changed("cut", at: ("post", 25), "post.kept.text: \(excluded)") {
        $0["post"].removeLast()
      },
      changed("trailing-byte", at: ("PIPE", 32), "pipeline: 1 byte too many") {
        $0["PIPE"].append(0)
      },
    ]
  }
}
