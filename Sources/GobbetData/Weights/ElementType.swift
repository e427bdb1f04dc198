/// What one element of a tensor is; the raw value is its code in files.
@nonexhaustive public enum ElementType: UInt8, Hashable, Sendable, CaseIterable {
  case float64 = 1
  case float32 = 2
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
  case int64 = 16
  case int32 = 17
  case int16 = 18
  case int8 = 19
  /// Two elements a byte, the low nibble first.
  case int4 = 20
  case uint64 = 32
  case uint32 = 33
  case uint16 = 34
  case uint8 = 35
  /// Two elements a byte, the low nibble first.
  case uint4 = 36
  /// One byte an element, 0 or 1.
  case bool = 48
  /// Two 32-bit floats, the real part first.
  case complex64 = 64

  /// Bits that one element takes in memory and in raw tensors.
  public var bitWidth: Int {
    switch self {
    case .float64, .int64, .uint64, .complex64: 64
    case .float32, .int32, .uint32: 32
    case .float16, .bfloat16, .int16, .uint16: 16
    case .float8E4M3, .float8E5M2, .float8E8M0, .float8E4M3FNUZ, .float8E5M2FNUZ: 8
    case .int8, .uint8, .bool: 8
    case .float6E2M3, .float6E3M2: 6
    case .float4E2M1, .int4, .uint4: 4
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
    }
  }
}
