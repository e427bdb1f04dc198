import GobbetBPE
import GobbetData
import GobbetFile
import TestSupport

/// The golden files of vocabularies, tokens, weights and counts, as the library writes them today.
enum GoldenContents {
  /// What a golden file is for.
  enum Kind: String, CaseIterable {
    case vocabulary, tokens, weights, counts
  }

  /// One file.
  struct File: Sendable, CustomStringConvertible {
    let kind: Kind
    let name: String
    /// The version of the format that the file needs.
    var version = "1.0"
    /// Writes the file as it is written today.
    let write: @Sendable (_ path: String) throws -> Void

    /// Where the golden file is.
    var path: String { "golden/\(version)/\(kind)/\(name).gobbet" }
    var description: String { "\(kind)/\(name)" }
  }

  /// Every file.
  static let all = vocabularies + tokens + weights + grownWeights + counts

  /// The id beyond which ranks take two units.
  private static let largeID: TokenID = 70_000

  private static let vocabularies = [
    File(kind: .vocabulary, name: "pairs") {
      try Vocabularies.random(mergeCount: 40, seed: 5).write(to: $0)
    },
    File(kind: .vocabulary, name: "tokens") { try Vocabularies.irregular().write(to: $0) },
    File(kind: .vocabulary, name: "ranks") {
      try Vocabulary(
        byteOrder: (0...255).reversed(), firstID: 2, pairs: [(153, 152), (258, 224)],
        mergeRule: .ranks, pattern: .o200k
      ).write(to: $0)
    },
    File(kind: .vocabulary, name: "special-that-a-merge-spells") {
      // "<|" is special, and part of the token "<||".
      try Vocabulary(
        byteOrder: Array(0...255), pairs: [(60, 124), (300, 124), (104, 105)],
        mergeRule: .learnedPairsWholeFirst, pattern: .qwen2,
        specialTokens: try SpecialTokens([SpecialToken("<|", id: 300)])
      ).write(to: $0)
    },
    File(kind: .vocabulary, name: "expression", version: "1.1") {
      try expression.get().write(to: $0)
    },
    File(kind: .vocabulary, name: "pipeline", version: "1.1") { try pipeline.get().write(to: $0) },
    File(kind: .vocabulary, name: "pipeline-of-scalars", version: "1.1") {
      try scalarPipeline().write(to: $0)
    },
    File(kind: .vocabulary, name: "pipeline-of-pieces", version: "1.1") {
      try piecePipeline().write(to: $0)
    },
    File(kind: .vocabulary, name: "pipeline-of-words", version: "1.1") {
      try wordPipeline().write(to: $0)
    },
    File(kind: .vocabulary, name: "pipeline-of-letters", version: "1.1") {
      try letterPipeline().write(to: $0)
    },
    File(kind: .vocabulary, name: "pipeline-of-symbols", version: "1.1") {
      try symbolPipeline().write(to: $0)
    },
    File(kind: .vocabulary, name: "pipeline-of-ordered-pieces", version: "1.1") {
      try orderedPipeline().write(to: $0)
    },
    File(kind: .vocabulary, name: "ranks-of-scalars", version: "1.1") {
      try ranksOfScalars().write(to: $0)
    },
  ]

  /// A vocabulary whose pattern and first step are expressions.
  static let expression = Result {
    let step = try SplitExpression(
      #"(?=(\d{3})+(?!\d))"#, dialect: .oniguruma, behavior: .mergedWithNext, isInverted: false)
    return try Vocabulary(
      byteOrder: Array(0...255), pairs: [(104, 105), (256, 33)],
      pattern: SplitPattern(try SplitExpression(#"\p{N}{1,3}+|é+\s*$"#, dialect: .tiktoken)),
      specialTokens: SpecialTokens([]),
      pipeline: TextPipeline(pretokenizers: [.expression(step)]))
  }

  /// The vocabulary of Spec's example with a pipeline.
  static let pipeline = Result {
    try Vocabulary(
      byteOrder: Array(0...255), pairs: [(104, 105), (256, 33)], pattern: .gpt2,
      specialTokens: SpecialTokens([SpecialToken("<|end|>", id: 258, matching: .ordinary)]),
      pipeline: TextPipeline(
        normalizers: [.nfc, .replace([97], with: [98])], pretokenizers: [.digits(individual: true)],
        template: SpecialTokenTemplate(before: [258], after: []), keptParts: ["padding": "null"]))
  }

  /// A vocabulary of scalars, with every step that there is.
  private static func scalarPipeline() throws -> Vocabulary {
    let space: [UInt8] = [0xE2, 0x96, 0x81]
    var tokens = TokenTable()
    for token in [[], space, [104], [105], Array("<0x0A>".utf8), [104, 105]] {
      try tokens.append(token)
    }
    return try Vocabulary(
      tokens: tokens, merges: [TokenMerge(left: 2, right: 3, result: 5)],
      mergeRule: .learnedPairs, pattern: .whole,
      specialTokens: SpecialTokens([
        SpecialToken("<unk>", id: 0),
        SpecialToken("x", id: 9, matching: [.stripsLeft, .normalized]),
      ]),
      pipeline: TextPipeline(
        normalizers: [
          .nfd, .nfkc, .nfkd, .strip(left: true, right: false), .prepend(space),
          .replace([32], with: space),
        ],
        pretokenizers: [
          .prefixSpace, .metaspace(replacement: space, scheme: .first, splits: true),
          .split([32], .mergedWithPrevious, isInverted: false),
        ],
        symbols: InitialSymbols(
          unit: .scalar, isComplete: false, unknown: 0, fusesUnknown: true, fallsBackToBytes: true),
        decoders: [
          .replace(space, with: [32]), .metaspace(replacement: space, dropsFirst: true),
          .byteFallback, .fuse, .strip([32], start: 1, stop: 0),
        ]))
  }

  /// A vocabulary of pieces, as BERT has it, with every step of its kind.
  private static func piecePipeline() throws -> Vocabulary {
    let prefix = Array("##".utf8)
    var tokens = TokenTable()
    for token in ["", "h", "##i", "##!"] { try tokens.append(Array(token.utf8)) }
    return try Vocabulary(
      tokens: tokens, merges: [], mergeRule: .learnedPairs, pattern: .whole,
      specialTokens: SpecialTokens([SpecialToken("[UNK]", id: 0)]),
      pipeline: TextPipeline(
        normalizers: [.bert(.all), .lowercase, .stripAccents, .nmt],
        pretokenizers: [
          .bert, .punctuation(.mergedWithNext), .whitespaceSplit, .words, .fixedLength(100),
          .scripts,
        ],
        symbols: InitialSymbols(
          unit: .piece, isComplete: false, unknown: 0, continuingPrefix: prefix,
          maximumScalarCount: 100),
        decoders: [.wordPiece(prefix: prefix, cleansUp: true)]))
  }

  /// A vocabulary of scalars with whole symbols, and a table of characters that has none.
  static func symbolPipeline(_ specialTokens: SpecialTokens = .none) throws -> Vocabulary {
    var tokens = TokenTable()
    for token in ["h", "i", "hi"] { try tokens.append(Array(token.utf8)) }
    let table = CharacterMap([4, 0, 0, 0, 0, 0, 0, 0, 0])
    return try Vocabulary(
      tokens: tokens, merges: [], mergeRule: .learnedPairs, pattern: .whole,
      specialTokens: specialTokens,
      pipeline: TextPipeline(
        normalizers: [table.map { .characterMap($0) } ?? .nmt, .collapseSpaces],
        symbols: InitialSymbols(unit: .scalar, isComplete: false, wholeSymbols: [0, 2]),
        decoders: [.fuse]))
  }

  /// A vocabulary of pieces of equal rank, one of which is unused, and a table for clusters.
  static func orderedPipeline() throws -> Vocabulary {
    var tokens = TokenTable()
    for token in ["h", "i", "hi", "ih", "hih"] { try tokens.append(Array(token.utf8)) }
    let table = CharacterMap([4, 0, 0, 0, 0, 0, 0, 0, 0])
    let order = PieceOrder(
      pieces: [(2, false), (3, true), (4, false)].map { PieceOrder.Piece(id: $0, isTied: $1) },
      unused: [3])
    return try Vocabulary(
      tokens: tokens, merges: [], mergeRule: .learnedPairs, pattern: .whole, specialTokens: .none,
      pipeline: TextPipeline(
        normalizers: [table.map { .precompiled($0) } ?? .nmt],
        symbols: InitialSymbols(unit: .scalar, isComplete: false, pieceOrder: order),
        decoders: [.fuse]))
  }

  /// A vocabulary by rank that has no token for most bytes.
  static func ranksOfScalars() throws -> Vocabulary {
    var tokens = TokenTable()
    for token in ["h", "i", "hi", "!", "hi!"] { try tokens.append(Array(token.utf8)) }
    return try Vocabulary(
      ranks: tokens, pattern: .whole,
      specialTokens: SpecialTokens([SpecialToken("<unk>", id: 7)]),
      pipeline: TextPipeline(
        symbols: InitialSymbols(unit: .scalar, isComplete: false, unknown: 7),
        template: SpecialTokenTemplate(before: [7], after: [])))
  }

  /// A vocabulary of scalars whose words have ends.
  private static func wordPipeline() throws -> Vocabulary {
    let end = Array("</w>".utf8)
    var tokens = TokenTable()
    for token in ["h", "i</w>", "hi</w>"] { try tokens.append(Array(token.utf8)) }
    return try Vocabulary(
      tokens: tokens, merges: [TokenMerge(left: 0, right: 1, result: 2)],
      mergeRule: .learnedPairs, pattern: .whole, specialTokens: .none,
      pipeline: TextPipeline(
        pretokenizers: [.whitespaceSplit],
        symbols: InitialSymbols(unit: .scalar, isComplete: false, endOfWordSuffix: end),
        decoders: [.endOfWord(end)]))
  }

  /// A vocabulary of the letters of bytes.
  private static func letterPipeline() throws -> Vocabulary {
    var tokens = TokenTable()
    for token in ["h", "Ġ", "Ã", "©", "Ã©"] { try tokens.append(Array(token.utf8)) }
    return try Vocabulary(
      tokens: tokens, merges: [TokenMerge(left: 2, right: 3, result: 4)],
      mergeRule: .learnedPairs, pattern: .whole, specialTokens: .none,
      pipeline: TextPipeline(
        normalizers: [.byteLevel],
        pretokenizers: [.split(Array("Ġ".utf8), .mergedWithNext, isInverted: false)],
        symbols: InitialSymbols(unit: .scalar, isComplete: false), decoders: [.byteLevel]))
  }

  /// The vocabulary that the tokens are of: few tokens, but ids that need all of a codec.
  static func vocabulary(_ codec: TokenCodec) throws -> Vocabulary {
    let pairs: [(TokenID, TokenID)] = [(104, 105), (256, 33)]
    let last = codec == .raw16 ? SpecialTokens.none : try wideSpecialTokens()
    return try Vocabulary(
      byteOrder: Array(0...255), pairs: pairs, pattern: .gpt2, specialTokens: last)
  }

  private static func wideSpecialTokens() throws -> SpecialTokens {
    try SpecialTokens([SpecialToken("<|end|>", id: largeID)])
  }

  /// Documents, one empty and one longer than a block.
  static func documents(_ codec: TokenCodec) -> [[TokenID]] {
    let end: [TokenID] = codec == .raw16 ? [257] : [largeID]
    return [
      [256, 257, 0, 255] + end, [],
      (0..<40).map { TokenID($0 * $0 % 258) } + (60..<110).map { TokenID($0 % 7) } + end, end,
    ]
  }

  private static let tokens =
    TokenCodec.allCases.map { codec in
      File(kind: .tokens, name: codec.name) { path in
        try TokenDatasetTests.write(
          documents(codec), to: path, vocabulary(codec),
          TokenDatasetOptions(codec: codec, blockTokenCount: 64, embedsVocabulary: false))
      }
    } + [
      File(kind: .tokens, name: "escapes") { path in
        // Only the first four ids are counted; every other above them has itself as its rank. Of the
        // ranks around the first escape, and around the first whose upper bits are not zero, a decoder
        // that drops a bit of either unit makes other ids.
        let last: TokenID = 131_333
        let vocabulary = try Vocabulary(
          byteOrder: Array(0...255), pairs: [], pattern: .gpt2,
          specialTokens: SpecialTokens([SpecialToken("<|end|>", id: last)]))
        try TokenDatasetTests.write(
          [
            [3, 1, 2, 0],
            [65_279, 65_280, 65_281, 65_535, 65_536, 130_815, 130_816, 131_072, last],
          ],
          to: path, vocabulary,
          TokenDatasetOptions(codec: .rank, embedsVocabulary: false, sampleTokenCount: 4))
      },
      File(kind: .tokens, name: "notes") { path in
        var writer = try TokenDatasetWriter(
          path: path, vocabulary: vocabulary(.raw16),
          options: TokenDatasetOptions(codec: .packed))
        for (index, document) in documents(.raw16).enumerated() {
          try writer.append(
            document: document.span, source: index == 1 ? nil : "s/\(index) é.txt",
            byteCount: index == 2 ? nil : 100 * index)
        }
        try writer.finish()
      },
      File(kind: .tokens, name: "masks", version: "1.1") { path in
        try LossMaskTests.write(to: path, rule: LossMaskTests.rule())
      },
      File(kind: .tokens, name: "masks-without-a-rule", version: "1.1") { path in
        try LossMaskTests.write(to: path, rule: nil)
      },
    ]

  private static let weights =
    firstWeights + [laterWeights, file("later-blocks", of: laterBlocks)] + series

  private static let firstWeights = WeightCodec.allCases.map { codec in
    File(kind: .weights, name: codec == .raw ? "raw" : "compact") { path in
      var writer = try WeightsWriter(
        path: path, metadata: [("made", "for \"tests\""), ("é", "\n")],
        vocabulary: codec == .raw ? nil : vocabulary(.raw16), codec: codec)
      for (tensor, data) in try tensors() { try writer.append(tensor, data.span) }
      try writer.finish()
    }
  }

  /// A tensor of every type that came with 1.1, but of those in ``laterBlocks``.
  private static let laterWeights = file(
    "later-types",
    of: ElementType.allCases.filter { type in
      (later.contains(type.rawValue) || type.isInBlocks) && !laterBlocks.contains(type)
    })

  /// Types in blocks that came to 1.1 when the others had a golden file.
  private static let laterBlocks: [ElementType] = [.q8_K, .q1_0, .q2_0]

  /// Tensors of random bits; of types in blocks one with fewer, too.
  private static func file(_ name: String, of types: [ElementType]) -> File {
    File(kind: .weights, name: name, version: "1.1") { path in
      var writer = try WeightsWriter(path: path, metadata: [("made", "for tests")])
      for type in types {
        // Small: every bit of the file is flipped by a test.
        let shape = [2, type.blockLayout?.elementCount ?? 8]
        let noise = try TensorDescription(name: "\(type.name)", elementType: type, shape: shape)
        var generator = SeededGenerator(UInt64(type.rawValue))
        let bytes = (0..<noise.byteCount).map { _ in
          UInt8.random(in: 0...255, using: &generator)
        }
        try writer.append(noise, bytes.span)
        guard type.isInBlocks else { continue }
        let quiet = try TensorDescription(
          name: "\(type.name).quiet", elementType: type, shape: [2, 256])
        let few = (0..<quiet.byteCount).map { _ in
          UInt8.random(in: 0...255, using: &generator) & 0x13
        }
        try writer.append(quiet, few.span)
      }
      try writer.finish()
    }
  }

  /// Checkpoints of one run, each stored as differences from the one before it.
  private static let series = (0..<3).map { number in
    File(kind: .weights, name: "series-\(number)", version: "1.1") { path in
      try CheckpointSeries.write(number, to: path)
    }
  }

  /// The types of format 1.1 that are not in blocks.
  private static let later: Set<UInt8> = [8, 9, 10, 11, 12, 13, 64]

  /// A tensor of every type: a few like weights, a scalar, an empty one.
  private static func tensors() throws -> [(TensorDescription, [UInt8])] {
    var tensors: [(TensorDescription, [UInt8])] = []
    // The types of format 1.0: later ones came after them.
    for type in ElementType.allCases
    where !later.contains(type.rawValue) && !type.isInBlocks {
      let shape = FloatConversion(type) == nil ? [3, 3] : [5, 30]
      let tensor = try TensorDescription(name: "\(type.name)", elementType: type, shape: shape)
      let floats = (0..<tensor.elementCount).map { Float($0 - 70) / 512 }
      let data =
        FloatConversion(type) == nil
        ? (0..<tensor.byteCount).map { type == .bool ? UInt8($0 % 2) : UInt8(37 * $0 % 251) }
        : WeightsTests.bytes(floats, type)
      tensors.append((tensor, data))
    }
    let scalar = try TensorDescription(name: "scalar", elementType: .float32, shape: [])
    tensors.append((scalar, [0, 0, 0x80, 0x3F]))
    let empty = try TensorDescription(name: "empty", elementType: .bfloat16, shape: [2, 0, 3])
    tensors.append((empty, []))
    return tensors
  }

  private static let grownWeights = [
    File(kind: .weights, name: "generations") { path in
      let metadata = [("generation", "1")]
      var writer = try WeightsWriter(path: path, metadata: metadata, codec: .raw)
      for (name, value) in [("a", 1), ("b", 2)] as [(String, Float)] {
        let tensor = try TensorDescription(name: name, elementType: .float32, shape: [3])
        try writer.append(tensor, WeightsTests.bytes([value, -value, 0], .float32).span)
      }
      try writer.finish()
      // The new "a" takes the place of the old one, whose bytes stay; "c" comes after "b".
      var appending = try WeightsWriter(appendingTo: path, metadata: [], codec: .raw)
      for (name, value) in [("c", 3), ("a", 4)] as [(String, Float)] {
        let tensor = try TensorDescription(name: name, elementType: .bfloat16, shape: [2, 2])
        try appending.append(tensor, WeightsTests.bytes([value, 1, 2, 3], .bfloat16).span)
      }
      try appending.finish()
    }
  ]

  private static let counts = [
    File(kind: .counts, name: "counts") { path in
      var writer = try PretokenCountsWriter(path: path, pattern: .cl100k)
      for (text, count) in [
        ("\n", 7), (" a", 2), (" an", 1), (" and", UInt64.max), ("a", 300), ("é", 128),
      ] as [(String, UInt64)] {
        let pretoken = [UInt8](text.utf8)
        try writer.append(pretoken.span, count: count)
      }
      writer.origin.documentCount = 2
      writer.origin.byteCount = 606
      try writer.finish()
    }
  ]
}
