public import GobbetData

/// How GGUF stores the elements of a tensor; the raw value is its code in files.
@nonexhaustive public enum GGUFType: UInt32, Hashable, Sendable, CaseIterable {
  case float32 = 0
  case float16 = 1
  /// Blocks of 32: a 16-bit scale, 4 bits an element.
  case q4_0 = 2
  /// Blocks of 32: a 16-bit scale and minimum, 4 bits an element.
  case q4_1 = 3
  /// Blocks of 32: a 16-bit scale, 5 bits an element.
  case q5_0 = 6
  /// Blocks of 32: a 16-bit scale and minimum, 5 bits an element.
  case q5_1 = 7
  /// Blocks of 32: a 16-bit scale, 8 bits an element.
  case q8_0 = 8
  case int8 = 24
  case int16 = 25
  case int32 = 26
  case int64 = 27
  case float64 = 28
  case bfloat16 = 30

  /// What is known of the types that are not read, for messages.
  static let otherNames: [UInt32: String] = [
    9: "Q8_1", 10: "Q2_K", 11: "Q3_K", 12: "Q4_K", 13: "Q5_K", 14: "Q6_K", 15: "Q8_K",
    16: "IQ2_XXS", 17: "IQ2_XS", 18: "IQ3_XXS", 19: "IQ1_S", 20: "IQ4_NL", 21: "IQ3_S",
    22: "IQ2_S", 23: "IQ4_XS", 29: "IQ1_M", 34: "TQ1_0", 35: "TQ2_0", 39: "MXFP4",
  ]

  /// What the elements are in memory: floats for those in blocks.
  public var elementType: ElementType {
    switch self {
    case .float32, .q4_0, .q4_1, .q5_0, .q5_1, .q8_0: .float32
    case .float16: .float16
    case .int8: .int8
    case .int16: .int16
    case .int32: .int32
    case .int64: .int64
    case .float64: .float64
    case .bfloat16: .bfloat16
    }
  }

  /// The type that stores these elements as they are; nil if GGUF has none.
  public init?(_ elementType: ElementType) {
    let plain = Self.allCases.filter { $0.blockElementCount == 1 }
    guard let type = plain.first(where: { $0.elementType == elementType }) else { return nil }
    self = type
  }

  /// Elements that are stored together.
  var blockElementCount: Int {
    switch self {
    case .q4_0, .q4_1, .q5_0, .q5_1, .q8_0: 32
    default: 1
    }
  }

  /// Bytes that they take.
  var blockByteCount: Int {
    switch self {
    case .q4_0: 18
    case .q4_1: 20
    case .q5_0: 22
    case .q5_1: 24
    case .q8_0: 34
    default: elementType.bitWidth / 8
    }
  }

  /// Bytes of a tensor in the file; nil if its rows are not whole blocks.
  func storedByteCount(of tensor: TensorDescription) -> Int? {
    guard (tensor.shape.last ?? 1).isMultiple(of: blockElementCount) else { return nil }
    // No block takes more than its elements do in memory, so this cannot overflow.
    return tensor.elementCount / blockElementCount * blockByteCount
  }
}
