import GobbetBPE
import GobbetData
import TestSupport

/// Lies in counts.
extension BrokenContents {
  static func counts() throws -> [BrokenContent] {
    let whole = try BrokenParts { path in
      var writer = try PretokenCountsWriter(path: path, pattern: .gpt2)
      for (text, count) in [(" a", 2), ("a", 300), ("ab", 1)] as [(String, UInt64)] {
        let pretoken = [UInt8](text.utf8)
        try writer.append(pretoken.span, count: count)
      }
      try writer.finish()
    }
    func header(
      _ name: String, _ offset: Int, _ value: some FixedWidthInteger, at place: Int? = nil,
      _ error: String
    ) -> BrokenContent {
      BrokenContent(.counts, name, whole, at: ("CNTH", place ?? offset), "counts.\(error)") {
        $0.put("CNTH", offset, value)
      }
    }
    /// Other pretokens; the first is ` a`, twice.
    func pretokens(
      _ name: String, _ rest: [UInt8], at place: Int, _ error: String
    ) -> BrokenContent {
      BrokenContent(.counts, name, whole, at: ("CNTS", place), "counts.\(error)") {
        $0["CNTS"] = [0, 2, 0x20, 0x61, 2] + rest
      }
    }
    let last: [UInt8] = [1, 1, 0x62, 1]
    return [
      header("count-2-63", 0, UInt64(1) << 63, "uniqueCount: 9223372036854775808 is out of range"),
      header(
        "settings-too-long", 56, UInt32.max, at: 60, "pattern: needs 4294967295 bytes, 7 left"),
      BrokenContent(
        .counts, "settings-too-short", whole, at: ("CNTH", 66), "counts: 1 byte too many"
      ) { $0.put("CNTH", 56, UInt32(6)) },
      header(
        "pattern-unknown", 60, UInt8(9), "pattern: settings [9, 0, 0, 0, 0, 0, 1] aren't a pattern"),
      pretokens("not-rising", [0, 1, 0x1F, 1] + last, at: 5, "pretoken: not the next pretoken"),
      pretokens("twice", [1, 1, 0x61, 1] + last, at: 5, "pretoken: not the next pretoken"),
      pretokens(
        "shares-too-much", [3, 1, 0x61, 1] + last, at: 5, "pretoken: not the next pretoken"),
      pretokens(
        "shares-too-little", [0, 2, 0x20, 0x62, 1] + last, at: 5, "pretoken: not the next pretoken"),
      pretokens("nothing-follows", [1, 0, 1] + last, at: 5, "pretoken: not the next pretoken"),
      pretokens("occurs-never", [0, 1, 0x61, 0] + last, at: 5, "pretoken: not the next pretoken"),
      pretokens(
        "count-2-64", [0, 1, 0x61, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 2], at: 8,
        "count: not a number of groups"),
      pretokens(
        "number-not-shortest", [0x80, 0, 1, 0x61, 1] + last, at: 5, "shared: not a number of groups"
      ),
      pretokens("pretoken-past-the-end", [0, 9, 0x61, 1], at: 7, "rest: needs 9 bytes, 2 left"),
      pretokens(
        "pretoken-too-long",
        [0, 0x80, 0x80, 4] + [UInt8](repeating: 0x62, count: 1 << 16) + [1] + last, at: 5,
        "pretoken: not the next pretoken"),
      pretokens("too-few", [0, 1, 0x61, 1], at: 9, "shared: needs 1 byte, 0 left"),
      pretokens(
        "too-many", [0, 1, 0x61, 1] + last + [0, 1, 0x63, 1], at: 13,
        "pretoken: more than the header says"),
    ]
  }
}
