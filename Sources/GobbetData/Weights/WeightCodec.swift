/// How the data of a tensor is stored; the raw value is the code in files.
@nonexhaustive public enum WeightCodec: UInt8, Hashable, Sendable, CaseIterable {
  /// As it is in memory, mappable.
  case raw = 0
  /// Lossless: exponents apart and Huffman-coded, of blocks each field; for floating-point types.
  case compact = 1
  /// Lossless: the compact form of the difference from a tensor of a base.
  case delta = 2

  /// The codecs that a writer can be told to use; for ``delta`` it is given a base.
  public static let allCases: [WeightCodec] = [.raw, .compact]

  /// The name on command lines and in reports.
  public var name: String {
    switch self {
    case .raw: "raw"
    case .compact: "compact"
    case .delta: "delta"
    }
  }
}
