internal import GobbetData

/// The blocks of one of GGUF's types: a new type is one line of ``known``.
struct GGUFBlockLayout: Sendable {
  /// Writes the elements of one block, which is as long as the layout says, from a place on.
  typealias Decoder =
    @Sendable (_ block: Span<UInt8>, _ floats: inout MutableSpan<Float>, _ at: Int) -> Void
  /// Appends the block of a block's elements; false if it has no place for them.
  typealias Encoder = @Sendable (_ floats: Span<Float>, _ bytes: inout [UInt8]) -> Bool

  /// ggml's name.
  let name: String
  /// What the elements are when they are read.
  let elementType: ElementType
  /// Elements that are stored together; 1 for those that are stored as they are.
  let elementCount: Int
  /// Bytes that they take.
  let byteCount: Int
  /// The decoder of blocks; nil for elements stored as they are, and for types that are not read.
  let decoder: Decoder?
  /// Where 16-bit fields begin, which big-endian files turn round; nil where that is not known.
  let wordOffsets: [Int]?

  /// Whether elements can be read.
  var isRead: Bool { elementCount == 1 || decoder != nil }

  private init(_ name: String, _ elementType: ElementType) {
    self.name = name
    self.elementType = elementType
    elementCount = 1
    byteCount = elementType.bitWidth / 8
    decoder = nil
    wordOffsets = nil
  }

  private init(
    _ name: String, _ elementCount: Int, _ byteCount: Int, words: [Int]? = nil,
    _ decoder: Decoder? = nil
  ) {
    self.name = name
    elementType = .float32
    self.elementCount = elementCount
    self.byteCount = byteCount
    self.decoder = decoder
    wordOffsets = words
  }

  /// Every type of gguf 0.19 by its code.
  ///
  /// - Source: `GGML_QUANT_SIZES` of the gguf package.
  static let known: [UInt32: Self] = [
    0: .init("F32", .float32), 1: .init("F16", .float16), 24: .init("I8", .int8),
    25: .init("I16", .int16), 26: .init("I32", .int32), 27: .init("I64", .int64),
    28: .init("F64", .float64), 30: .init("BF16", .bfloat16),
    2: .init("Q4_0", 32, 18, words: [0]) { GGUFBlocks.q4_0($0, &$1, $2) },
    3: .init("Q4_1", 32, 20, words: [0, 2]) { GGUFBlocks.q4_1($0, &$1, $2) },
    6: .init("Q5_0", 32, 22) { GGUFBlocks.q5_0($0, &$1, $2) },
    7: .init("Q5_1", 32, 24) { GGUFBlocks.q5_1($0, &$1, $2) },
    8: .init("Q8_0", 32, 34, words: [0]) { GGUFBlocks.q8_0($0, &$1, $2) },
    9: .init("Q8_1", 32, 40), 15: .init("Q8_K", 256, 292), 41: .init("Q1_0", 128, 18),
    10: .init("Q2_K", 256, 84, words: [80, 82]) { GGUFBlocks.q2_K($0, &$1, $2) },
    11: .init("Q3_K", 256, 110, words: [108]) { GGUFBlocks.q3_K($0, &$1, $2) },
    12: .init("Q4_K", 256, 144, words: [0, 2]) { GGUFBlocks.q4_K($0, &$1, $2) },
    13: .init("Q5_K", 256, 176, words: [0, 2]) { GGUFBlocks.q5_K($0, &$1, $2) },
    14: .init("Q6_K", 256, 210, words: [208]) { GGUFBlocks.q6_K($0, &$1, $2) },
    16: .init("IQ2_XXS", 256, 66) { GGUFBlocks.iq2_XXS($0, &$1, $2) },
    17: .init("IQ2_XS", 256, 74) { GGUFBlocks.iq2_XS($0, &$1, $2) },
    18: .init("IQ3_XXS", 256, 98) { GGUFBlocks.iq3_XXS($0, &$1, $2) },
    19: .init("IQ1_S", 256, 50) { GGUFBlocks.iq1_S($0, &$1, $2) },
    20: .init("IQ4_NL", 32, 18, words: [0]) { GGUFBlocks.iq4_NL($0, &$1, $2) },
    21: .init("IQ3_S", 256, 110) { GGUFBlocks.iq3_S($0, &$1, $2) },
    22: .init("IQ2_S", 256, 82) { GGUFBlocks.iq2_S($0, &$1, $2) },
    23: .init("IQ4_XS", 256, 136) { GGUFBlocks.iq4_XS($0, &$1, $2) },
    29: .init("IQ1_M", 256, 56) { GGUFBlocks.iq1_M($0, &$1, $2) },
    34: .init("TQ1_0", 256, 54, words: [52]) { GGUFBlocks.tq1_0($0, &$1, $2) },
    35: .init("TQ2_0", 256, 66, words: [64]) { GGUFBlocks.tq2_0($0, &$1, $2) },
    39: .init("MXFP4", 32, 17, words: []) { GGUFBlocks.mxfp4($0, &$1, $2) },
    40: .init("NVFP4", 64, 36, words: []) { GGUFBlocks.nvfp4($0, &$1, $2) },
  ]

  /// The elements of whole blocks.
  ///
  /// - Precondition: a decoder; `bytes` holds whole blocks, `floats` has room for their elements.
  func decode(_ bytes: Span<UInt8>, into floats: inout MutableSpan<Float>) {
    guard let decoder else { preconditionFailure("GGUFBlockLayout: \(name) is not in blocks") }
    let blockCount = bytes.count / byteCount
    precondition(
      bytes.count == blockCount * byteCount && floats.count >= blockCount * elementCount,
      "GGUFBlockLayout: a broken block")
    for block in 0..<blockCount {
      decoder(
        bytes.extracting((block * byteCount)..<((block + 1) * byteCount)), &floats,
        block * elementCount)
    }
  }

  /// The encoder of a type's blocks; nil for types that are read only.
  static func encoder(of type: GGUFType) -> Encoder? {
    switch type {
    case .q4_0: { GGUFQuantizers.q4_0($0, &$1) }
    case .q4_1: { GGUFQuantizers.q4_1($0, &$1) }
    case .q5_0: { GGUFQuantizers.q5_0($0, &$1) }
    case .q5_1: { GGUFQuantizers.q5_1($0, &$1) }
    case .q8_0: { GGUFQuantizers.q8_0($0, &$1) }
    case .mxfp4: { GGUFQuantizers.mxfp4($0, &$1) }
    default: nil
    }
  }

  /// Turns the fields of big-endian elements or blocks round.
  ///
  /// - Precondition: elements that are stored as they are, or `wordOffsets`.
  func swapBytes(_ bytes: inout [UInt8]) {
    if let wordOffsets {
      for block in stride(from: 0, to: bytes.count, by: byteCount) {
        for offset in wordOffsets { bytes.swapAt(block + offset, block + offset + 1) }
      }
    } else {
      for start in stride(from: 0, to: bytes.count, by: byteCount) {
        bytes[start..<(start + byteCount)].reverse()
      }
    }
  }
}
