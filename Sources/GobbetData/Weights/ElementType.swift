/// What one element of a tensor is; the raw value is its code in files.
@nonexhaustive public enum ElementType: UInt8, Hashable, Sendable, CaseIterable {
  /// IEEE 754 binary64.
  case float64 = 1
  /// IEEE 754 binary32.
  case float32 = 2
  /// IEEE 754 binary16.
  case float16 = 3
  /// The upper half of a 32-bit float: 1 sign, 8 exponent and 7 mantissa bits.
  case bfloat16 = 4
  /// 1 sign, 4 exponent and 3 mantissa bits; no infinities.
  case float8E4M3 = 5
  /// 1 sign, 5 exponent and 2 mantissa bits.
  case float8E5M2 = 6
  /// 8 exponent bits and nothing else: a power of two.
  case float8E8M0 = 8
  /// 1 sign, 4 exponent and 3 mantissa bits; no infinities and no negative zero.
  case float8E4M3FNUZ = 9
  /// 1 sign, 5 exponent and 2 mantissa bits; no infinities and no negative zero.
  case float8E5M2FNUZ = 10
  /// 1 sign, 2 exponent and 3 mantissa bits, packed.
  case float6E2M3 = 11
  /// 1 sign, 3 exponent and 2 mantissa bits, packed.
  case float6E3M2 = 12
  /// 1 sign, 2 exponent bits and 1 mantissa bit, two elements a byte.
  case float4E2M1 = 13
  /// A signed integer of 64 bits.
  case int64 = 16
  /// A signed integer of 32 bits.
  case int32 = 17
  /// A signed integer of 16 bits.
  case int16 = 18
  /// A signed integer of 8 bits.
  case int8 = 19
  /// Two elements a byte, the low nibble first.
  case int4 = 20
  /// An unsigned integer of 64 bits.
  case uint64 = 32
  /// An unsigned integer of 32 bits.
  case uint32 = 33
  /// An unsigned integer of 16 bits.
  case uint16 = 34
  /// An unsigned integer of 8 bits.
  case uint8 = 35
  /// Two elements a byte, the low nibble first.
  case uint4 = 36
  /// One byte an element, 0 or 1.
  case bool = 48
  /// Two 32-bit floats, the real part first.
  case complex64 = 64
  // Those of GGUF that are stored in blocks: 128 and ggml's number.
  /// Blocks of 32 elements: a 16-bit scale, 4 bits an element.
  case q4_0 = 130
  /// Blocks of 32 elements: a 16-bit scale and minimum, 4 bits an element.
  case q4_1 = 131
  /// Blocks of 32 elements: a 16-bit scale, 5 bits an element.
  case q5_0 = 134
  /// Blocks of 32 elements: a 16-bit scale and minimum, 5 bits an element.
  case q5_1 = 135
  /// Blocks of 32 elements: a 16-bit scale, 8 bits an element.
  case q8_0 = 136
  /// Blocks of 256 elements of 2 bits, scales and minima of 4 bits for each 16.
  case q2_K = 138
  /// Blocks of 256 elements of 3 bits, scales of 6 bits for each 16.
  case q3_K = 139
  /// Blocks of 256 elements of 4 bits, scales and minima of 6 bits for each 32.
  case q4_K = 140
  /// Blocks of 256 elements of 5 bits, scales and minima of 6 bits for each 32.
  case q5_K = 141
  /// Blocks of 256 elements of 6 bits, scales of 8 bits for each 16.
  case q6_K = 142
  /// Blocks of 256 elements: a 32-bit scale, 8 bits an element, and sums of 16 elements each.
  case q8_K = 143
  /// Blocks of 256 elements as places in a table of vectors, 2.06 bits an element.
  case iq2_XXS = 144
  /// Blocks of 256 elements as places in a table of vectors, 2.31 bits an element.
  case iq2_XS = 145
  /// Blocks of 256 elements as places in a table of vectors, 3.06 bits an element.
  case iq3_XXS = 146
  /// Blocks of 256 elements as places in a table of vectors, 1.56 bits an element.
  case iq1_S = 147
  /// Blocks of 32 elements: a 16-bit scale, 4 bits that choose among sixteen values.
  case iq4_NL = 148
  /// Blocks of 256 elements as places in a table of vectors, 3.44 bits an element.
  case iq3_S = 149
  /// Blocks of 256 elements as places in a table of vectors, 2.56 bits an element.
  case iq2_S = 150
  /// Blocks of 256 elements: 4 bits that choose among sixteen values, scales of 6 bits for each 32.
  case iq4_XS = 151
  /// Blocks of 256 elements as places in a table of vectors, 1.75 bits an element.
  case iq1_M = 157
  /// Blocks of 256 elements of -1, 0 and 1, five a byte.
  case tq1_0 = 162
  /// Blocks of 256 elements of -1, 0 and 1, four a byte.
  case tq2_0 = 163
  /// Blocks of 32 elements: a power of two as scale, 4-bit floats.
  case mxfp4 = 167
  /// Blocks of 64 elements: four scales that are 8-bit floats, 4-bit floats.
  case nvfp4 = 168
  /// Blocks of 128 elements: a 16-bit scale, and the sign of each element.
  case q1_0 = 169
  /// Blocks of 64 elements: a 16-bit scale, 2 bits an element.
  case q2_0 = 170

  /// Bits that one element takes in memory and in raw tensors; 0 for those that are stored in blocks.
  public var bitWidth: Int {
    switch self {
    case .float64, .int64, .uint64, .complex64: 64
    case .float32, .int32, .uint32: 32
    case .float16, .bfloat16, .int16, .uint16: 16
    case .float8E4M3, .float8E5M2, .float8E8M0, .float8E4M3FNUZ, .float8E5M2FNUZ: 8
    case .int8, .uint8, .bool: 8
    case .float6E2M3, .float6E3M2: 6
    case .float4E2M1, .int4, .uint4: 4
    default: 0
    }
  }

  /// The minor version of the format that brought the type.
  var leastReader: UInt16 {
    switch self {
    case .float8E8M0, .float8E4M3FNUZ, .float8E5M2FNUZ, .float6E2M3, .float6E3M2, .float4E2M1,
      .complex64:
      1
    default: isInBlocks ? 1 : 0
    }
  }

  /// Whether elements are floating-point numbers, which conversions to another type mean.
  public var isFloatingPoint: Bool {
    switch self {
    case .float64, .float32, .float16, .bfloat16, .float8E4M3, .float8E5M2: true
    case .float8E8M0, .float8E4M3FNUZ, .float8E5M2FNUZ: true
    case .float6E2M3, .float6E3M2, .float4E2M1: true
    case .complex64, .int64, .int32, .int16, .int8, .int4, .uint64, .uint32, .uint16, .uint8,
      .uint4, .bool:
      false
    default: isInBlocks
    }
  }

  /// The short name for terminals and messages, as `f32` or `bf16`.
  public var name: String {
    switch self {
    case .float64: "f64"
    case .float32: "f32"
    case .float16: "f16"
    case .bfloat16: "bf16"
    case .float8E4M3: "f8e4m3"
    case .float8E5M2: "f8e5m2"
    case .float8E8M0: "f8e8m0"
    case .float8E4M3FNUZ: "f8e4m3fnuz"
    case .float8E5M2FNUZ: "f8e5m2fnuz"
    case .float6E2M3: "f6e2m3"
    case .float6E3M2: "f6e3m2"
    case .float4E2M1: "f4e2m1"
    case .int64: "i64"
    case .int32: "i32"
    case .int16: "i16"
    case .int8: "i8"
    case .int4: "i4"
    case .uint64: "u64"
    case .uint32: "u32"
    case .uint16: "u16"
    case .uint8: "u8"
    case .uint4: "u4"
    case .bool: "bool"
    case .complex64: "c64"
    case .q4_0: "q4_0"
    case .q4_1: "q4_1"
    case .q5_0: "q5_0"
    case .q5_1: "q5_1"
    case .q8_0: "q8_0"
    case .q2_K: "q2_k"
    case .q3_K: "q3_k"
    case .q4_K: "q4_k"
    case .q5_K: "q5_k"
    case .q6_K: "q6_k"
    case .q8_K: "q8_k"
    case .iq2_XXS: "iq2_xxs"
    case .iq2_XS: "iq2_xs"
    case .iq3_XXS: "iq3_xxs"
    case .iq1_S: "iq1_s"
    case .iq4_NL: "iq4_nl"
    case .iq3_S: "iq3_s"
    case .iq2_S: "iq2_s"
    case .iq4_XS: "iq4_xs"
    case .iq1_M: "iq1_m"
    case .tq1_0: "tq1_0"
    case .tq2_0: "tq2_0"
    case .mxfp4: "mxfp4"
    case .nvfp4: "nvfp4"
    case .q1_0: "q1_0"
    case .q2_0: "q2_0"
    }
  }
}
