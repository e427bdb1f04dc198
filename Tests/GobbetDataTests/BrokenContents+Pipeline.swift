import GobbetBPE
import GobbetData
import TestSupport

/// Lies in the section `PIPE`.
extension BrokenContents {
  static func pipelines() throws -> [BrokenContent] {
    let whole = try BrokenParts { try GoldenContents.pipeline.get().write(to: $0) }
    let excluded = "a value that the rules exclude"
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
    return [
      field("matching-0", 8, UInt8(0), at: 4, "matching: token 258 with options 0"),
      field("matching-unknown", 8, UInt8(32), at: 4, "matching: token 258 with options 32"),
      field("symbols-unknown", 9, UInt8(2), "symbols.unit: a code that is unknown"),
      field("symbols-flags", 10, UInt8(8), "symbols.flags: \(excluded)"),
      field("symbols-complete-with-unknown", 11, UInt32(0), "symbols.unknown: \(excluded)"),
      field("normalizer-unknown", 16, UInt8(9), "normalizer: a code that is unknown"),
      field("replacement-of-nothing", 18, UInt32(0), "normalizer: \(excluded)"),
      field("bytes-2-32", 18, UInt32.max, "normalizer: \(excluded)"),
      field("pretokenizer-unknown", 29, UInt8(9), "pretokenizer: a code that is unknown"),
      field("digits-2", 30, UInt8(2), "pretokenizer: \(excluded)"),
      field("template-2", 32, UInt8(2), "hasTemplate: \(excluded)"),
      field("template-2-32", 33, UInt32.max, "before: \(excluded)"),
      field("kept-not-utf8", 61, UInt8(0xFF), at: 57, "kept.text: is not UTF-8"),
      changed(
        "template-of-no-token", at: ("VOCB", 0),
        "vocabulary: token 5000: is no token that the pipeline could use"
      ) { $0.put("PIPE", 37, UInt32(5000)) },
      changed(
        "matching-of-no-special-token", at: ("VOCB", 0),
        "vocabulary: token 5: is no token that the pipeline could use"
      ) { $0.put("PIPE", 4, UInt32(5)) },
      changed("decoders-in-another-order", at: ("PIPE", 33), "pipeline.decoders: \(excluded)") {
        $0["PIPE"].replaceSubrange(31...31, with: [2, 3, 2])
      },
      changed("of-nothing", at: ("PIPE", 14), "pipeline: \(excluded)") {
        $0["PIPE"] = [0, 0, 0, 0, 0, 1, 255, 255, 255, 255, 0, 0, 0, 0, 0]
      },
      changed("cut", at: ("PIPE", 57), "pipeline.kept.text: \(excluded)") {
        $0["PIPE"].removeLast()
      },
      changed("trailing-byte", at: ("PIPE", 65), "pipeline: 1 bytes too many") {
        $0["PIPE"].append(0)
      },
    ]
  }
}
