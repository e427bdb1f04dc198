import GobbetBPE
import GobbetData
import GobbetFile
import TestSupport
import Testing

/// Lies in vocabularies.
extension BrokenContents {
  static func vocabularies() throws -> [BrokenContent] {
    let pairs = try BrokenParts { try SpecTests.vocabulary.get().write(to: $0) }
    let tokens = try BrokenParts { try Vocabularies.irregular().write(to: $0) }
    func header(
      _ name: String, _ offset: Int, _ value: some FixedWidthInteger, at place: Int? = nil,
      _ error: String
    ) -> BrokenContent {
      BrokenContent(.vocabulary, name, pairs, at: ("VOCB", place ?? offset), error) {
        $0.put("VOCB", offset, value)
      }
    }
    /// Other merges in place of the two.
    func merges(_ name: String, _ left: [Int], _ right: [Int], _ error: String) -> BrokenContent {
      BrokenContent(.vocabulary, name, pairs, at: ("VOCB", 0), "vocabulary: \(error)") {
        $0["LEFT"] = planes(left)
        $0["RGHT"] = planes(right)
        $0.put("VOCB", 40, UInt32(left.count))
      }
    }
    let doublings = Array(0..<60).map { $0 == 0 ? 104 : 255 + $0 }
    let cases: [BrokenContent] = [
      header("layout-unknown", 32, UInt8(3), "vocabulary.layout: code 3 is unknown"),
      header("merge-rule-unknown", 33, UInt8(3), "vocabulary.mergeRule: code 3 is unknown"),
      header(
        "pattern-unknown", 48, UInt8(4),
        "vocabulary.pattern: settings [4, 0, 0, 0, 0, 0, 1] aren't a pattern"),
      header(
        "pattern-too-long", 34, UInt16.max, at: 48,
        "vocabulary.pattern: needs 65535 bytes, 282 left"),
      header(
        "id-bound-too-large", 36, UInt32(260), "vocabulary.idBound: ids end at 259, not at 260"),
      header("id-bound-0", 36, UInt32(0), "vocabulary.idBound: ids end at 259, not at 0"),
      header("merge-count-2-32", 40, UInt32.max, "vocabulary.mergeCount: 4294967295 merges"),
      header(
        "special-count-2-32", 44, UInt32.max, at: 330,
        "vocabulary.special.id: needs 4 bytes, 0 left"),
      header(
        "special-length-2-32", 319, UInt32.max, at: 323,
        "vocabulary.special.bytes: needs 4294967295 bytes, 7 left"),
      header(
        "special-id-2-32", 315, UInt32.max, at: 0,
        "vocabulary: token 4294967295: is not below 2097151"),
      header(
        "special-in-the-place-of-a-token", 315, UInt32(257), at: 0,
        "vocabulary: token 257: is both a special token and an ordinary one with other bytes"),
      header(
        "first-id-too-large", 55, UInt32.max, at: 0,
        "vocabulary: token 2097151: is not below 2097151"),
      header(
        "byte-missing", 59, UInt8(1), at: 0,
        "vocabulary: the byte order is not a permutation of the 256 bytes"),
      BrokenContent(
        .vocabulary, "header-cut", pairs, at: ("VOCB", 323),
        "vocabulary.special.bytes: needs 7 bytes, 6 left"
      ) { $0["VOCB"].removeLast() },
      BrokenContent(
        .vocabulary, "header-trailing-byte", pairs, at: ("VOCB", 330),
        "vocabulary: 1 byte too many"
      ) { $0["VOCB"].append(0) },
      BrokenContent(
        .vocabulary, "merges-cut", pairs, at: ("LEFT", 0),
        "vocabulary.merges: 5 bytes for 2 merges"
      ) { $0["LEFT"].removeLast() },
      BrokenContent(
        .vocabulary, "merges-missing", pairs, at: ("RGHT", 0), "table: no section RGHT"
      ) { $0.remove("RGHT") },
      merges(
        "merge-forward", [257, 256], [105, 33],
        "merge 0, token 257: isn't a token that the merge could use"),
      merges(
        "merge-of-itself", [104, 257], [105, 33],
        "merge 1, token 257: isn't a token that the merge could use"),
      merges(
        "merge-of-a-special-token", [104, 258], [105, 33],
        "merge 1, token 258: isn't a token that the merge could use"),
      merges(
        "merge-twice", [104, 104], [105, 105],
        "merge 1: an earlier merge joins the same two tokens"),
      merges(
        "merge-60-doublings", doublings, doublings,
        "merge 15, token 271: is longer than 65535 bytes"),
    ]
    return try cases + disagreements(pairs) + strings(tokens) + pipelines()
  }

  /// Parts of a vocabulary that do not agree.
  private static func disagreements(_ pairs: BrokenParts) throws -> [BrokenContent] {
    let fingerprint = try SpecTests.vocabulary.get().fingerprint
    var other = fingerprint.bytes
    other[0] ^= 1
    let stored = try #require(ContentDigest(bytes: other))
    return [
      BrokenContent(
        .vocabulary, "fingerprint", pairs, at: ("VOCB", 0),
        "vocabulary.fingerprint: SHA-256 \(stored), but the content gives \(fingerprint)",
        sealing: false
      ) { $0["VOCB"][0] ^= 1 },
      BrokenContent(
        .vocabulary, "special-ids-not-rising", pairs, at: ("VOCB", 330),
        "vocabulary.special.id: special token 257 after 258"
      ) {
        $0.put("VOCB", 44, UInt32(2))
        $0["VOCB"] += HandMadeFile.little(UInt32(257)) + HandMadeFile.little(UInt32(1)) + [0x78]
      },
      BrokenContent(
        .vocabulary, "merges-unlike-ranks", pairs, at: ("LEFT", 0),
        "vocabulary.merges: not the merges that follow from the tokens"
      ) {
        // "hi", "i!", and "hi!" as "h" and "i!": by ranks it is "hi" and "!".
        $0["LEFT"] = planes([104, 105, 104])
        $0["RGHT"] = planes([105, 33, 257])
        $0["VOCB"][33] = 0
        $0.put("VOCB", 36, UInt32(301))
        $0.put("VOCB", 40, UInt32(3))
        $0.put("VOCB", 315, UInt32(300))
      },
    ]
  }

  /// Lies in the byte strings of tokens.
  private static func strings(_ tokens: BrokenParts) -> [BrokenContent] {
    func strings(
      _ name: String, _ place: (kind: String, offset: Int?), _ error: String,
      _ change: (inout BrokenParts) -> Void
    ) -> BrokenContent {
      BrokenContent(.vocabulary, name, tokens, at: place, error, change)
    }
    // The number of ids, the lengths of 260 tokens, then their bytes: 255 first.
    let start = 4 + 2 * 260
    return [
      strings(
        "token-count-2-32", ("TSTR", 0),
        "tokenStrings.count: 4294967295 ids, more than 2097150"
      ) { $0.put("TSTR", 0, UInt32.max) },
      strings(
        "token-too-long", ("TSTR", start + 258), "tokenStrings.bytes: needs 9 bytes, 8 left"
      ) { $0.put("TSTR", 4 + 2 * 259, UInt16(9)) },
      strings(
        "token-too-short", ("TSTR", start + 265), "tokenStrings: 1 byte too many"
      ) { $0.put("TSTR", 4 + 2 * 259, UInt16(7)) },
      strings(
        "token-twice", ("VOCB", 0), "vocabulary: token 2: has the same bytes as token 1"
      ) { $0.put("TSTR", start + 1, UInt8(255)) },
      strings(
        "byte-without-token", ("VOCB", 0), "vocabulary: no token is the single byte 255"
      ) {
        $0.put("TSTR", 4 + 2 * 1, UInt16(0))
        $0["TSTR"].remove(at: start)
      },
      strings(
        "merge-of-other-bytes", ("VOCB", 0),
        "vocabulary: merge 0, token 259: has other bytes than the two parts of the merge"
      ) { $0["RSLT"] = planes([259]) },
      strings(
        "merge-of-a-gap", ("VOCB", 0),
        "vocabulary: merge 0, token 258: isn't a token that the merge could use"
      ) { $0["LEFT"] = planes([258]) },
      strings(
        "merges-of-tokens-unlike-ranks", ("LEFT", 0),
        "vocabulary.merges: not the merges that follow from the tokens"
      ) {
        $0["VOCB"][33] = 0
        $0.put("VOCB", 40, UInt32(0))
        for kind in ["LEFT", "RGHT", "RSLT"] { $0[kind] = [] }
      },
      strings("tokens-missing", ("TSTR", 0), "table: no section TSTR") { $0.remove("TSTR") },
    ]
  }

  /// Ids as three planes.
  private static func planes(_ ids: [Int]) -> [UInt8] {
    (0..<3).flatMap { plane in ids.map { UInt8(truncatingIfNeeded: $0 >> (8 * plane)) } }
  }
}
