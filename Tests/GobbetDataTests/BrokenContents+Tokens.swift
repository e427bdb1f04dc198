import GobbetBPE
import GobbetData
import GobbetFile
import TestSupport

/// Lies in token datasets.
extension BrokenContents {
  private static func whole(_ codec: TokenCodec) throws -> BrokenParts {
    try BrokenParts { path in
      try TokenDatasetTests.write(
        [[256, 257, 258], [], [104]], to: path, SpecTests.vocabulary.get(),
        TokenDatasetOptions(codec: codec, embedsVocabulary: false))
    }
  }

  static func tokens() throws -> [BrokenContent] {
    let packed = try whole(.packed)
    let notes = try BrokenParts { path in
      var writer = try TokenDatasetWriter(
        path: path, vocabulary: SpecTests.vocabulary.get(),
        options: TokenDatasetOptions(embedsVocabulary: false))
      let ids: [TokenID] = [1, 2]
      try writer.append(document: ids.span, source: "é", byteCount: 300)
      try writer.append(document: ids.span)
      try writer.finish()
    }
    func header(
      _ name: String, _ offset: Int, _ value: some FixedWidthInteger, _ error: String
    ) -> BrokenContent {
      BrokenContent(.tokens, name, packed, at: ("TOKH", offset), error) {
        $0.put("TOKH", offset, value)
      }
    }
    func change(
      _ name: String, _ place: (kind: String, offset: Int?), _ error: String,
      _ change: (inout BrokenParts) -> Void
    ) -> BrokenContent {
      BrokenContent(.tokens, name, packed, at: place, error, change)
    }
    func lengths(_ name: String, _ content: [UInt8], at offset: Int?, _ error: String)
      -> BrokenContent
    {
      change(name, ("DOCL", offset), "documents.length: \(error)") { $0["DOCL"] = content }
    }
    func note(
      _ name: String, _ kind: String, _ content: [UInt8], at offset: Int, _ error: String
    ) -> BrokenContent {
      BrokenContent(.tokens, name, notes, at: (kind, offset), error) { $0[kind] = content }
    }
    return [
      header(
        "token-count-2-63", 0, UInt64(1) << 63,
        "tokens.tokenCount: 9223372036854775808 is out of range"),
      header(
        "document-count-2-63", 8, UInt64.max,
        "tokens.documentCount: 18446744073709551615 is out of range"),
      header("id-bound-0", 16, UInt32(0), "tokens.idBound: 0 ids do not suit codec packed"),
      header("block-0", 20, UInt32(0), "tokens.blockTokenCount: 0 isn't a size of a block"),
      header("block-of-12", 20, UInt32(12), "tokens.blockTokenCount: 12 isn't a size of a block"),
      header(
        "block-too-large", 20, UInt32(1 << 21 + 8),
        "tokens.blockTokenCount: 2097160 isn't a size of a block"),
      header("codec-0", 24, UInt8(0), "tokens.codec: unknown code 0"),
      header("codec-unknown", 24, UInt8(6), "tokens.codec: unknown code 6"),
      header("header-reserved", 31, UInt8(1), "tokens.reserved: reserved byte is 1"),
      change(
        "raw16-of-too-many-ids", ("TOKH", 16), "tokens.idBound: 65537 ids do not suit codec raw16"
      ) {
        $0.put("TOKH", 24, UInt8(1))
        $0.put("TOKH", 16, UInt32(65_537))
      },
      change(
        "token-count-2-63-less-1", ("TOKB", 0), "tokens.blocks: 12 bytes for 562949953421312 blocks"
      ) {
        $0.put("TOKH", 0, UInt64(Int.max))
      },
      change("header-cut", ("TOKH", 32), "tokens.fingerprint: needs 32 bytes, 31 left") {
        $0["TOKH"].removeLast()
      },
      change("header-trailing-byte", ("TOKH", 64), "tokens: 1 byte too many") {
        $0["TOKH"].append(0)
      },
      change("id-too-large", ("TOKN", 0), "tokens.block: token id 259 is not below 259") {
        $0.put("TOKN", 0, UInt16(259))
      },
      change("block-too-short", ("TOKN", 0), "tokens.block: a block of 4 bytes for 4 tokens") {
        $0["TOKN"].removeLast()
        $0.put("TOKB", 0, UInt32(4))
      },
      change(
        "decoded-length-off-by-one", ("TOKN", 0), "tokens.block: a block of 5 bytes for 4 tokens"
      ) {
        $0.put("TOKB", 4, UInt32(6))
      },
      change("blocks-past-the-end", ("TOKB", 0), "tokens.blocks: 5 bytes for blocks of 4294967295")
      {
        $0.put("TOKB", 0, UInt32.max)
      },
      change("blocks-end-early", ("TOKB", 0), "tokens.blocks: 5 bytes for blocks of 4") {
        $0.put("TOKB", 0, UInt32(4))
      },
      change("block-table-cut", ("TOKB", 0), "tokens.blocks: 11 bytes for 1 block") {
        $0["TOKB"].removeLast()
      },
      change("unused-bits", ("TOKN", 0), "tokens.block: unused bits that are not zero") {
        $0["TOKN"][$0["TOKN"].count - 1] |= 0x80
      },
      change("blocks-missing", ("TOKB", 0), "table: no section TOKB") { $0.remove("TOKB") },
      BrokenContent(
        .tokens, "blocks-compressed", packed, at: ("TOKN", nil),
        "tokens.data: the tokens are compressed as a whole", compressed: "TOKN"
      ) { _ in },
      BrokenContent(
        .tokens, "block-checksum", packed, at: ("TOKN", 0),
        "tokens.block: checksum f2a3c7e8, but the bytes give cab2a844", sealing: false
      ) { $0["TOKN"][0] ^= 1 },
      lengths(
        "documents-sum-too-large", [3, 0, 2], at: 0, "the lengths do not sum up to 4 tokens"),
      lengths(
        "documents-sum-too-small", [3, 0, 0], at: 0, "the lengths do not sum up to 4 tokens"),
      lengths(
        "documents-sum-wraps",
        [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F, 5, 0], at: 0,
        "the lengths do not sum up to 4 tokens"),
      lengths(
        "document-length-2-63", [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1, 0, 4],
        at: 0, "9223372036854775808 is out of range"),
      lengths(
        "document-length-2-64", [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 2, 0, 4],
        at: 0, "not a number of groups"),
      lengths("document-length-not-shortest", [0x83, 0, 0, 1], at: 0, "not a number of groups"),
      lengths("document-length-cut", [3, 0, 0x81], at: 3, "needs 1 byte, 0 left"),
      lengths("documents-too-few", [4, 0], at: nil, "2 bytes for 3 documents"),
      lengths("documents-too-many", [3, 0, 1, 0], at: 3, "1 byte too many"),
      change(
        "document-count-2-62", ("DOCL", nil),
        "documents.length: 3 bytes for 4611686018427387904 documents"
      ) {
        $0.put("TOKH", 8, UInt64(1) << 62)
      },
      note("source-not-utf-8", "dsrc", [2, 0xC3, 0x28, 0], at: 1, "documents.source: not UTF-8"),
      note(
        "source-past-the-end", "dsrc", [9, 0xC3, 0xA9, 0], at: 1,
        "documents.source: needs 9 bytes, 3 left"),
      note("sources-too-many", "dsrc", [0, 0, 0], at: 2, "documents: 1 byte too many"),
      note("byte-counts-too-few", "dbyt", [5], at: 1, "documents.byteCount: needs 1 byte, 0 left"),
    ]
  }

  /// Lies in loss masks.
  static func maskedTokens() throws -> [BrokenContent] {
    let masked = try BrokenParts { path in
      var writer = try TokenDatasetWriter(
        path: path, vocabulary: SpecTests.vocabulary.get(),
        options: TokenDatasetOptions(codec: .packed, embedsVocabulary: false))
      let documents: [[TokenID]] = [[256, 257, 258], [], [104]]
      for (document, counted) in zip(documents, [[1..<2], nil, nil]) {
        try writer.append(document: document.span, counted: counted)
      }
      try writer.finish()
    }
    func mask(
      _ name: String, _ content: [UInt8], at offset: Int?, _ error: String
    ) -> BrokenContent {
      BrokenContent(.tokens, "mask-\(name)", masked, at: ("LMSK", offset), error) {
        $0["LMSK"] = content
      }
    }
    return [
      mask("rule-of-65-openings", [65, 0, 0], at: 0, "masks.rule: 65 openings"),
      mask("opening-of-no-ids", [1, 0, 0, 0, 0], at: 1, "masks.rule: an opening of 0 ids"),
      mask("opening-of-17-ids", [1, 17, 0], at: 1, "masks.rule: an opening of 17 ids"),
      mask("opening-of-no-such-id", [1, 1, 0x83, 2], at: 2, "masks.rule: id 259 is not below 259"),
      mask("rule-of-65-closings", [1, 1, 5, 65], at: 3, "masks.rule: 65 closings of 1 opening"),
      mask("closings-alone", [0, 1, 2, 0, 0, 0], at: 1, "masks.rule: 1 closing of 0 openings"),
      mask(
        "closings-that-fall", [1, 1, 5, 2, 8, 6, 0, 0, 0], at: 5,
        "masks.rule: closings that do not rise"),
      mask(
        "closing-of-no-such-id", [1, 1, 5, 1, 0x86, 4, 0, 0, 0], at: 4,
        "masks.rule: id 259 is not below 259"),
      mask("runs-too-many", [0, 0, 5, 0, 0], at: 2, "masks.runs: 5 runs of 3 tokens"),
      mask("runs-of-no-tokens", [0, 0, 0, 1, 0], at: 3, "masks.runs: 1 run of 0 tokens"),
      mask("run-too-long", [0, 0, 2, 3, 0, 0], at: 3, "masks.runs: a run of 3 of 3 tokens"),
      mask("run-empty", [0, 0, 3, 1, 0, 0, 0], at: 4, "masks.runs: a run of 0 of 2 tokens"),
      mask("runs-cut", [0, 0, 2], at: 3, "masks.runs: needs 1 byte, 0 left"),
      mask("masks-too-few", [0, 0], at: nil, "masks.runs: 2 bytes for 3 documents"),
      mask("masks-too-many", [0, 0, 0, 0, 0, 0], at: 5, "masks.runs: 1 byte too many"),
    ]
  }

  /// Lies in blocks of ranks.
  static func rankedTokens() throws -> [BrokenContent] {
    let ranked = try whole(.rank)
    // The ranks of the ids: those that occur have class 1, and the lowest is first.
    let good: [UInt8] = [0, 1, 0, 2, 0, 3, 0, 0]
    func units(
      _ name: String, _ units: [UInt8], length: Int? = nil, _ error: String
    ) -> BrokenContent {
      BrokenContent(.tokens, "rank-\(name)", ranked, at: ("TOKN", 0), "tokens.block: \(error)") {
        $0["TOKN"] = HandMadeFile.frame(of: units)
        $0["TOKB"] =
          HandMadeFile.little(UInt32($0["TOKN"].count))
          + HandMadeFile.little(UInt32(length ?? units.count)) + [0, 0, 0, 0]
      }
    }
    return [
      units("escape-cut", good.dropLast(2) + [0xFF, 0], "an escape without its second unit"),
      units("half-a-unit", good + [0], "half a unit at the end"),
      units("too-large", good.dropLast(2) + [1, 3], "a rank past the table"),
      units(
        "escaped-too-large", good.dropLast(2) + [0xFF, 0xFF, 0xFF, 0xFF], "a rank past the table"),
      units("too-few", good.dropLast(2), "fewer tokens than the block should have"),
      units("too-many", good + [0, 0], "more tokens than the block should have"),
      units("units-too-long", good, length: 17, "17 bytes of units for 4 tokens"),
      units(
        "frame-of-another-size", good, length: 10,
        "zstd: a frame of another size than the table says"),
      BrokenContent(
        .tokens, "rank-frame-unlike-its-checksum", ranked, at: ("TOKN", 0),
        "tokens.block: zstd: restored data doesn't match checksum"
      ) { $0["TOKN"][$0["TOKN"].count - 1] ^= 1 },
      BrokenContent(
        .tokens, "ranks-too-few", ranked, at: ("TOKR", nil),
        "tokens.ranks: 258 classes for 259 ids"
      ) { $0["TOKR"].removeLast() },
      BrokenContent(.tokens, "ranks-missing", ranked, at: ("TOKR", nil), "table: no section TOKR") {
        $0.remove("TOKR")
      },
      BrokenContent(
        .tokens, "rank-of-too-many-ids", ranked, at: ("TOKH", 16),
        "tokens.idBound: 16842497 ids do not suit codec rank"
      ) { $0.put("TOKH", 16, UInt32(1 << 24 + 65_281)) },
    ]
  }
}
