internal import GobbetData

/// How one of GGUF's types stores its elements: a new type is one line of ``known``.
struct GGUFBlockLayout: Sendable {
  /// ggml's name.
  let name: String
  /// What the elements are; nil for a type whose elements are not read.
  let elementType: ElementType?
  /// Elements that are stored together; 1 for those that are stored as they are.
  let elementCount: Int
  /// Bytes that they take.
  let byteCount: Int
  /// Where 16-bit fields of a block begin, which big-endian files turn round; nil where that is not
  /// known, and for elements that are stored as they are.
  let wordOffsets: [Int]?

  private init(_ name: String, _ elementType: ElementType, words: [Int]? = nil) {
    self.name = name
    self.elementType = elementType
    elementCount = elementType.blockLayout?.elementCount ?? 1
    byteCount = elementType.blockLayout?.byteCount ?? elementType.bitWidth / 8
    wordOffsets = words
  }

  private init(_ name: String, _ elementCount: Int, _ byteCount: Int) {
    self.name = name
    elementType = nil
    self.elementCount = elementCount
    self.byteCount = byteCount
    wordOffsets = nil
  }

  /// Every type of ggml 0.25.3 by its code; of Q8_1 it has no decoder.
  ///
  /// - Source: `ggml_get_type_traits`; of all but Q2_0 and Q8_1 `GGML_QUANT_SIZES` of PyPI's gguf 0.19 says
  ///   the same. It gives Q8_1 40 bytes, of which ggml stores 36.
  static let known: [UInt32: Self] = [
    0: .init("F32", .float32), 1: .init("F16", .float16), 24: .init("I8", .int8),
    25: .init("I16", .int16), 26: .init("I32", .int32), 27: .init("I64", .int64),
    28: .init("F64", .float64), 30: .init("BF16", .bfloat16),
    2: .init("Q4_0", .q4_0, words: [0]), 3: .init("Q4_1", .q4_1, words: [0, 2]),
    6: .init("Q5_0", .q5_0), 7: .init("Q5_1", .q5_1), 8: .init("Q8_0", .q8_0, words: [0]),
    9: .init("Q8_1", 32, 36), 15: .init("Q8_K", .q8_K),
    10: .init("Q2_K", .q2_K, words: [80, 82]), 11: .init("Q3_K", .q3_K, words: [108]),
    12: .init("Q4_K", .q4_K, words: [0, 2]), 13: .init("Q5_K", .q5_K, words: [0, 2]),
    14: .init("Q6_K", .q6_K, words: [208]), 16: .init("IQ2_XXS", .iq2_XXS),
    17: .init("IQ2_XS", .iq2_XS), 18: .init("IQ3_XXS", .iq3_XXS), 19: .init("IQ1_S", .iq1_S),
    20: .init("IQ4_NL", .iq4_NL, words: [0]), 21: .init("IQ3_S", .iq3_S),
    22: .init("IQ2_S", .iq2_S), 23: .init("IQ4_XS", .iq4_XS), 29: .init("IQ1_M", .iq1_M),
    34: .init("TQ1_0", .tq1_0, words: [52]), 35: .init("TQ2_0", .tq2_0, words: [64]),
    39: .init("MXFP4", .mxfp4, words: []), 40: .init("NVFP4", .nvfp4, words: []),
    41: .init("Q1_0", .q1_0, words: [0]), 42: .init("Q2_0", .q2_0, words: [0]),
  ]

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
