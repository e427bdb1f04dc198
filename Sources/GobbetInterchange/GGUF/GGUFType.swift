public import GobbetData

/// How GGUF stores the elements of a tensor: a code, which need not be one that is known here.
///
/// Files list and copy tensors of any code; only their elements need a type that is known.
/// - Source: ggml's `enum ggml_type`.
public struct GGUFType: RawRepresentable, Hashable, Sendable, CaseIterable {
  /// The code in files.
  public let rawValue: UInt32

  /// The type with that code.
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// 32-bit floats.
  public static let float32 = Self(rawValue: 0)
  /// 16-bit IEEE floats.
  public static let float16 = Self(rawValue: 1)
  /// 8-bit integers.
  public static let int8 = Self(rawValue: 24)
  /// 16-bit integers.
  public static let int16 = Self(rawValue: 25)
  /// 32-bit integers.
  public static let int32 = Self(rawValue: 26)
  /// 64-bit integers.
  public static let int64 = Self(rawValue: 27)
  /// 64-bit floats.
  public static let float64 = Self(rawValue: 28)
  /// The upper halves of 32-bit floats.
  public static let bfloat16 = Self(rawValue: 30)
  /// Blocks of 32: a 16-bit scale, 4 bits an element.
  public static let q4_0 = Self(rawValue: 2)
  /// Blocks of 32: a 16-bit scale and minimum, 4 bits an element.
  public static let q4_1 = Self(rawValue: 3)
  /// Blocks of 32: a 16-bit scale, 5 bits an element.
  public static let q5_0 = Self(rawValue: 6)
  /// Blocks of 32: a 16-bit scale and minimum, 5 bits an element.
  public static let q5_1 = Self(rawValue: 7)
  /// Blocks of 32: a 16-bit scale, 8 bits an element.
  public static let q8_0 = Self(rawValue: 8)
  /// Blocks of 256: 4 bits an element, scales and minima of 6 bits for each 32.
  public static let q4_K = Self(rawValue: 12)
  /// Blocks of 256: 5 bits an element, scales and minima of 6 bits for each 32.
  public static let q5_K = Self(rawValue: 13)
  /// Blocks of 256: 6 bits an element, scales of 8 bits for each 16.
  public static let q6_K = Self(rawValue: 14)
  /// Blocks of 32: a scale that is a power of two, 4-bit floats.
  public static let mxfp4 = Self(rawValue: 39)

  /// Every type whose elements are read.
  public static var allCases: [Self] {
    GGUFBlockLayout.known.filter { $0.value.elementType != nil }.keys.sorted().map(Self.init)
  }

  /// ggml's name, as `Q4_K`; for a code that is not known here the number.
  public var name: String { layout?.name ?? "\(rawValue)" }

  /// What is known of its blocks; nil for a code that is not known here.
  var layout: GGUFBlockLayout? { GGUFBlockLayout.known[rawValue] }

  /// What the elements are; floats of 32 bits for a type whose elements are not read.
  public var elementType: ElementType { layout?.elementType ?? .float32 }

  /// The type that stores these elements as they are; nil if GGUF has none.
  public init?(_ elementType: ElementType) {
    guard let type = Self.allCases.first(where: { $0.elementType == elementType }) else {
      return nil
    }
    self = type
  }

  /// Elements that are stored together; 1 for a code that is not known.
  var blockElementCount: Int { layout?.elementCount ?? 1 }

  /// Bytes of a tensor in the file; nil if its rows are not whole blocks, or the code is not known.
  func storedByteCount(of tensor: TensorDescription) -> Int? {
    guard let layout, (tensor.shape.last ?? 1).isMultiple(of: layout.elementCount) else {
      return nil
    }
    // No block takes more than twice what its elements do in memory, which fits in 63 bits.
    let (bytes, overflow) = (tensor.elementCount / layout.elementCount)
      .multipliedReportingOverflow(by: layout.byteCount)
    return overflow ? nil : bytes
  }
}
