import GobbetData
import TestSupport

/// Lies in weights.
extension BrokenContents {
  static func weights() throws -> [BrokenContent] {
    let whole = try BrokenParts { path in
      var writer = try WeightsWriter(path: path, metadata: [("a", "b")], codec: .raw)
      let data = WeightsTests.bytes([1, -2, 0.5, 3], .bfloat16)
      try writer.append(
        TensorDescription(name: "w", elementType: .bfloat16, shape: [2, 2]), data.span)
      try writer.append(
        TensorDescription(name: "u", elementType: .bfloat16, shape: [2, 2]), data.span)
      try writer.finish()
    }
    // The second entry, of which the name is last.
    let second = 41
    func entry(
      _ name: String, _ offset: Int, _ value: some FixedWidthInteger, at place: Int? = nil,
      _ error: String
    ) -> BrokenContent {
      BrokenContent(.weights, name, whole, at: ("TENS", place ?? offset), "tensors.\(error)") {
        $0.put("TENS", offset, value)
      }
    }
    func change(
      _ name: String, _ place: (kind: String, offset: Int?), _ error: String,
      _ change: (inout BrokenParts) -> Void
    ) -> BrokenContent {
      BrokenContent(.weights, name, whole, at: place, error, change)
    }
    /// Another name for the second tensor.
    func named(_ name: String, _ bytes: [UInt8], at place: Int, _ error: String) -> BrokenContent {
      change("name-\(name)", ("TENS", place), "tensors.name: \(error)") {
        $0["TENS"].removeLast()
        $0["TENS"] += bytes
        $0.put("TENS", second, UInt16(bytes.count))
      }
    }
    /// A place in a set of files.
    func placed(
      _ name: String, _ number: UInt32, _ count: UInt32, chain: UInt8 = 0, at place: Int,
      _ error: String
    ) -> BrokenContent {
      change("set-\(name)", ("wset", place), "set.\(error)") {
        let content = HandMadeFile.little(number) + HandMadeFile.little(count)
        $0.all.append(("wset", content + [UInt8](repeating: chain, count: 32)))
      }
    }
    let other = "the name is not one that files may have"
    let cases: [BrokenContent] = [
      entry(
        "tensor-count-2-32", 0, UInt32.max, at: second + 33, "nameByteCount: needs 2 bytes, 0 left"),
      change("tensor-count-too-low", ("TENS", second), "tensors: 33 bytes too many") {
        $0.put("TENS", 0, UInt32(1))
      },
      entry("block-of-another-size", 4, UInt32(1 << 20), "blockByteCount: blocks of 1048576 bytes"),
      entry("type-unknown", second + 2, UInt8(7), "elementType: unknown code 7"),
      entry("codec-unknown", second + 3, UInt8(3), "codec: unknown code 3"),
      entry("rank-9", second + 4, UInt32(9), "rank: 9 axes"),
      entry("rank-2-32", second + 4, UInt32.max, "rank: 4294967295 axes"),
      entry("offset-not-aligned", second + 8, UInt64(65), "offset: 65 isn't a multiple of 64"),
      entry(
        "offset-2-63", second + 8, UInt64(1) << 63, "offset: 9223372036854775808 is out of range"),
      entry(
        "shape-overflows", second + 16, UInt64(1) << 62,
        "shape: tensor u: shape [4611686018427387904, 2] is not one a tensor can have"),
      entry(
        "shape-2-63", second + 16, UInt64(1) << 63, "shape: 9223372036854775808 is out of range"),
      change(
        "compact-integers", ("TENS", second + 3), "tensors.codec: i8 elements have no exponents"
      ) {
        $0.put("TENS", second + 2, UInt16(0x0113))
      },
      change("offset-overlaps", ("TBLK", 0), "tensors.offset: tensor u begins at 0") {
        $0.put("TENS", second + 8, UInt64(0))
      },
      change("offset-leaves-a-hole", ("TBLK", 0), "tensors.offset: tensor u begins at 128") {
        $0.put("TENS", second + 8, UInt64(128))
      },
      change("stored-unlike-shape", ("TBLK", 0), "tensors.blocks: block 0 of tensor u") {
        $0.put("TBLK", 4, UInt32(7))
        $0["TDAT"].removeLast()
      },
      change("decoded-length-off-by-one", ("TBLK", 0), "tensors.blocks: block 0 of tensor u") {
        $0.put("TBLK", 12, UInt32(9))
      },
      change(
        "shape-larger-than-its-blocks", ("TBLK", 0),
        "tensors.blocks: 24 bytes for 8796093022209 blocks"
      ) {
        $0.put("TENS", second + 16, UInt64(1) << 60)
      },
      change("data-cut", ("TBLK", 0), "tensors.data: 71 bytes of data for 72") {
        $0["TDAT"].removeLast()
      },
      change("data-trailing-byte", ("TBLK", 0), "tensors.data: 73 bytes of data for 72") {
        $0["TDAT"].append(0)
      },
      change("table-trailing-byte", ("TENS", second + 33), "tensors: 1 byte too many") {
        $0["TENS"].append(0)
      },
      change("table-cut", ("TENS", second + 32), "tensors.name: needs 1 byte, 0 left") {
        $0["TENS"].removeLast()
      },
      BrokenContent(
        .weights, "block-checksum", whole, at: ("TDAT", 64),
        "tensors.block: checksum 7039a857, but the bytes give 3905d570", sealing: false
      ) { $0["TDAT"][64] ^= 1 },
      BrokenContent(
        .weights, "block-checksum-of-a-replaced-tensor", whole, at: ("TDAT", 0),
        "tensors.block: checksum 7039a856, but the bytes give 7039a857", sealing: false
      ) {
        for kind in ["TENS", "TDAT", "TBLK"] { $0.all.append(("\(kind) 1", $0[kind])) }
        $0["TBLK"][16] ^= 1
      },
      change("data-missing", ("TDAT", 0), "table: no section TDAT") { $0.remove("TDAT") },
      change("padding", ("TDAT", 10), "tensors.padding: padding byte is 1") { $0["TDAT"][10] = 1 },
      change(
        "shape-overflows-beside-zero", ("TENS", second + 16),
        "tensors.shape: tensor u: shape [4611686018427387904, 2, 0] is not one a tensor can have"
      ) {
        $0.put("TENS", second + 4, UInt32(3))
        $0.put("TENS", second + 16, UInt64(1) << 62)
        $0["TENS"].insert(contentsOf: [UInt8](repeating: 0, count: 8), at: second + 32)
      },
      change(
        "shape-overflows-behind-zero", ("TENS", second + 16),
        "tensors.shape: tensor u: shape [0, 4611686018427387904, 2] is not one a tensor can have"
      ) {
        $0.put("TENS", second + 4, UInt32(3))
        $0.put("TENS", second + 16, UInt64(1) << 62)
        $0["TENS"].insert(contentsOf: [UInt8](repeating: 0, count: 8), at: second + 16)
      },
      change("generation-missing", ("TENS 2", nil), "tensors: 2 sections TENS, not 1") {
        for kind in ["TENS", "TDAT", "TBLK"] { $0.all.append(("\(kind) 2", $0[kind])) }
      },
      BrokenContent(
        .weights, "data-compressed", whole, at: ("TDAT", nil),
        "tensors.data: the data is compressed as a whole", compressed: "TDAT"
      ) { _ in },
      placed("number-0", 0, 3, at: 0, "number: file 0 of 3"),
      placed("number-above-its-count", 4, 3, at: 0, "number: file 4 of 3"),
      placed(
        "chain-of-the-first-file", 1, 3, chain: 1, at: 8,
        "chain: the first file of a set names files before it"),
      change("set-cut", ("wset", 8), "set.chain: needs 32 bytes, 31 left") {
        $0.all.append(("wset", [UInt8](repeating: 1, count: 39)))
      },
      change("set-trailing-byte", ("wset", 40), "set: 1 byte too many") {
        $0.all.append(("wset", [UInt8](repeating: 1, count: 41)))
      },
      named("empty", [], at: second, "tensor : the name is empty"),
      named("nul", [0], at: second, "tensor \0: a control character in the name"),
      named("not-utf-8", [0xFF], at: second + 32, "not UTF-8"),
      named("not-nfc", Array("e\u{301}".utf8), at: second, "tensor e\u{301}: \(other)"),
      named("slash", Array("a/b".utf8), at: second, "tensor a/b: a path separator in the name"),
      named("dots", Array("a..b".utf8), at: second, "tensor a..b: \(other)"),
      named("folder", Array(".".utf8), at: second, "tensor .: the name is that of a folder"),
      named("twice", Array("w".utf8), at: second, "tensor w: the name is taken"),
      named(
        "too-long", [UInt8](repeating: 0x78, count: 513), at: second,
        "tensor \(String(repeating: "x", count: 513)): the name is longer than 512 bytes"),
    ]
    return cases + metadata(whole) + (try compactWeights()) + (try quantizedWeights())
      + (try deltaWeights())
  }

  /// Lies in the metadata of weights.
  private static func metadata(_ whole: BrokenParts) -> [BrokenContent] {
    let cases: [(String, String, Int, String)] = [
      ("nested-10000-deep", String(repeating: "[", count: 10_000), 0, "no { where one must be"),
      (
        "values-nested-10000-deep", #"{"a":"# + String(repeating: "{", count: 10_000), 5,
        "no \" where one must be"
      ),
      ("key-twice", #"{"a":"1","a":"2"}"#, 9, "a second key a"),
      ("number", #"{"a":1}"#, 5, "no \" where one must be"),
      ("cut", #"{"a":"b"#, 6, "a string without end"),
      ("text-behind", #"{"a":"b"} {}"#, 10, "text after the object"),
      ("half-a-surrogate", #"{"a":"\ud800"}"#, 7, "half a scalar"),
      ("empty", "", 0, "no { where one must be"),
    ]
    return cases.map { name, text, place, error in
      BrokenContent(
        .weights, "metadata-\(name)", whole, at: ("meta", place), "metadata: \(error)"
      ) { $0["meta"] = Array(text.utf8) }
    } + [
      BrokenContent(
        .weights, "metadata-not-utf-8", whole, at: ("meta", 6),
        "metadata: a string that is not UTF-8"
      ) { $0["meta"] = Array(#"{"a":""#.utf8) + [0xFF] + Array("\"}".utf8) }
    ]
  }

  /// Lies about tensors in blocks.
  private static func quantizedWeights() throws -> [BrokenContent] {
    let whole = try BrokenParts { path in
      var writer = try WeightsWriter(path: path)
      let tensor = try TensorDescription(name: "w", elementType: .q8_0, shape: [5, 640])
      // Noise but for the scales, which compress.
      let data = (0..<tensor.byteCount).map { $0 % 34 < 2 ? 0x2C : UInt8($0 * 37 % 64) }
      try writer.append(tensor, data.span)
      try writer.finish()
    }
    // The entry begins at 8, its shape at 24.
    func entry(
      _ name: String, _ error: String, at place: Int, _ change: (inout BrokenParts) -> Void
    ) -> BrokenContent {
      BrokenContent(
        .weights, "blocks-\(name)", whole, at: ("TENS", place), "tensors.\(error)", change)
    }
    return [
      entry(
        "cut-rows", "shape: tensor w: shape [5, 656] is not one a tensor can have", at: 24
      ) { $0.put("TENS", 32, UInt64(656)) },
      entry("of-no-type", "elementType: unknown code 128", at: 10) {
        $0.put("TENS", 10, UInt8(128))
      },
      entry(
        "of-another-type", "shape: tensor w: shape [5, 640] is not one a tensor can have", at: 24
      ) { $0.put("TENS", 10, ElementType.q4_K.rawValue) },
      BrokenContent(
        .weights, "blocks-of-another-size", whole, at: ("TBLK", 0),
        "tensors.blocks: block 0 of tensor w"
      ) { $0.put("TENS", 10, ElementType.q5_0.rawValue) },
      BrokenContent(
        .weights, "blocks-with-a-plane-too-long", whole, at: ("TDAT", 0),
        "tensors.block: a plane of 101 bytes"
      ) { $0.put("TDAT", 0, UInt32(101)) },
      BrokenContent(
        .weights, "blocks-without-a-plane", whole, at: ("TDAT", 0),
        "tensors.block: a block of 11 bytes"
      ) {
        $0["TDAT"].removeLast($0["TDAT"].count - 11)
        $0.put("TBLK", 0, UInt32(11))
      },
    ]
  }

  /// Lies about the base of differences.
  private static func deltaWeights() throws -> [BrokenContent] {
    let folder = try TemporaryFolder()
    try CheckpointSeries.write(1, to: folder.file("series-1.gobbet"))
    let whole = try BrokenParts(readingFrom: folder.file("series-1.gobbet"))
    func base(
      _ name: String, _ error: String, at place: Int, _ change: (inout [UInt8]) -> Void
    ) -> BrokenContent {
      BrokenContent(
        .weights, "base-\(name)", whole, at: ("BASE", place), "base.\(error)"
      ) { change(&$0["BASE"]) }
    }
    return [
      base("cut", "contentID: needs 32 bytes, 31 left", at: 0) { $0.removeLast($0.count - 31) },
      base("without-a-name", "fileName: the name is empty", at: 32) {
        $0.removeLast($0.count - 32)
      },
      base("in-another-folder", "fileName: a path separator in the name", at: 32) {
        $0 += Array("/../a".utf8)
      },
      base("not-utf-8", "fileName: not UTF-8", at: 32) { $0.append(0xFF) },
      BrokenContent(
        .weights, "delta-without-a-base", whole, at: ("BASE", 0), "table: no section BASE"
      ) { $0.remove("BASE") },
    ]
  }

  /// Lies in the planes of a compact block.
  private static func compactWeights() throws -> [BrokenContent] {
    let whole = try BrokenParts { path in
      var writer = try WeightsWriter(path: path)
      let data = WeightsTests.bytes((0..<300).map { Float($0) / 300 }, .bfloat16)
      try writer.append(
        TensorDescription(name: "w", elementType: .bfloat16, shape: [300]), data.span)
      try writer.finish()
    }
    // The stored lengths of two planes of 300 bytes, then the planes.
    let first = Sealing.number(whole["TDAT"], 0, 4)
    func block(
      _ name: String, _ error: String, _ change: (inout [UInt8]) -> Void
    ) -> BrokenContent {
      BrokenContent(
        .weights, "compact-\(name)", whole, at: ("TDAT", 0), "tensors.block: \(error)"
      ) {
        change(&$0["TDAT"])
        $0.put("TBLK", 0, UInt32($0["TDAT"].count))
      }
    }
    return [
      block("plane-too-long", "a plane of 301 bytes") { Sealing.put(301, at: 4, in: &$0) },
      block("plane-past-the-end", "a plane of 299 bytes") {
        Sealing.put(299, at: 0, in: &$0)
        $0.removeLast($0.count - 200)
      },
      block("block-ends-early", "a plane of 300 bytes") { $0.removeLast() },
      block("block-ends-late", "1 byte too many") { $0.append(0) },
      block("without-lengths", "a block of 7 bytes") { $0.removeLast($0.count - 7) },
      block("exponents-cut", "zstd: not one whole frame") {
        Sealing.put(UInt32(first - 1), at: 0, in: &$0)
        $0.remove(at: 8 + first - 1)
      },
      block("exponents-unlike-their-checksum", "zstd: restored data doesn't match checksum") {
        $0[8 + first - 1] ^= 1
      },
      block("exponents-of-another-count", "zstd: a frame of another size than the table says") {
        let frame = HandMadeFile.frame(of: [UInt8](repeating: 0x7E, count: 200))
        Sealing.put(UInt32(frame.count), at: 0, in: &$0)
        $0.replaceSubrange(8..<(8 + first), with: frame)
      },
    ]
  }
}
