/// How the tokens of a dataset are stored; the raw value is the code in files.
@nonexhaustive public enum TokenCodec: UInt8, Hashable, Sendable, CaseIterable {
  /// 16 bits a token, mappable; for vocabularies of at most 65,536 ids.
  case raw16 = 1
  /// 32 bits a token, mappable.
  case raw32 = 2
  /// As many bits a token as the largest id needs, mappable.
  case packed = 3
  /// Frequency ranks in 16-bit units, compressed by zstd in small blocks: for training from.
  case rank = 4
  /// The same in large blocks at zstd's highest ordinary level: for keeping.
  case archive = 5

  /// The name on command lines and in reports.
  public var name: String {
    switch self {
    case .raw16: "raw16"
    case .raw32: "raw32"
    case .packed: "packed"
    case .rank: "rank"
    case .archive: "archive"
    }
  }

  /// The codec of that name.
  public init?(named name: String) {
    guard let codec = Self.allCases.first(where: { $0.name == name }) else { return nil }
    self = codec
  }

  /// Whether ids are replaced by ranks, and blocks compressed.
  var usesRanks: Bool { self == .rank || self == .archive }

  /// Tokens a block where the caller does not say.
  var blockTokenCount: Int { self == .archive ? 1 << 20 : 1 << 14 }

  /// zstd's level.
  var level: Int { self == .archive ? 19 : 3 }

  /// Bits of each id where ids have equal width.
  func bitWidth(idBound: Int) -> Int {
    switch self {
    case .raw16: 16
    case .raw32: 32
    default: Int.bitWidth - max(idBound - 1, 1).leadingZeroBitCount
    }
  }

  /// Ids that the codec can hold are below this bound.
  var idBound: Int {
    switch self {
    case .raw16: 1 << 16
    case .raw32, .packed: 1 << 32
    case .rank, .archive: RankCode.rankBound
    }
  }
}
