public import GobbetBPE

/// Token ids one after the other in a file of another program.
public struct ForeignTokens: Sendable {
  /// How ids are stored.
  enum Element: Sendable {
    case uint8, uint16, uint32, int32, uint64

    var byteCount: Int {
      switch self {
      case .uint8: 1
      case .uint16: 2
      case .uint32, .int32: 4
      case .uint64: 8
      }
    }
  }

  /// Ids in all.
  public let tokenCount: Int
  /// Where documents begin, and where the last one ends; nil if the format does not say.
  public let documentBounds: [Int]?
  /// What else the file says, in words: a dataset has no place for it.
  public let leftOut: [String]
  private let file: OpenedFile
  private let start: Int
  private let element: Element

  /// Ids of a file that was checked to hold them.
  init(
    _ file: OpenedFile, start: Int, count: Int, _ element: Element, documentBounds: [Int]? = nil,
    leftOut: [String] = []
  ) {
    self.file = file
    self.start = start
    self.element = element
    self.documentBounds = documentBounds
    self.leftOut = leftOut
    tokenCount = count
  }

  /// A range of the ids.
  ///
  /// - Precondition: `range` lies in `0..<tokenCount`.
  /// - Throws: `FileError`; `InterchangeError` for an id that does not fit, or a file cut meanwhile.
  public func tokens(in range: Range<Int>) throws -> [TokenID] {
    precondition(
      range.lowerBound >= 0 && range.upperBound <= tokenCount, "tokens(in:): no such ids")
    let first = start + range.lowerBound * element.byteCount
    let bytes = try file.bytes(
      in: first..<(start + range.upperBound * element.byteCount), "tokens")
    switch element {
    case .uint8: return bytes.map { TokenID($0) }
    case .uint16: return Self.integers(bytes.span, UInt16.self).map { TokenID($0) }
    case .uint32: return Self.integers(bytes.span, UInt32.self)
    case .int32: return try Self.integers(bytes.span, Int32.self).enumerated().map(checked)
    case .uint64: return try Self.integers(bytes.span, UInt64.self).enumerated().map(checked)
    }

    func checked(_ index: Int, _ value: some BinaryInteger) throws(InterchangeError) -> TokenID {
      guard let id = TokenID(exactly: value) else {
        throw InterchangeError(
          .damaged("\(value) isn't an id"), path: file.path,
          offset: first + index * element.byteCount, field: "tokens")
      }
      return id
    }
  }

  private static func integers<Value: FixedWidthInteger>(
    _ bytes: Span<UInt8>, _: Value.Type
  ) -> [Value] {
    let size = Value.bitWidth / 8
    return (0..<(bytes.count / size)).map { index in
      (0..<size).reduce(Value(0)) {
        $0 | Value(truncatingIfNeeded: bytes[index * size + $1]) << Value(8 * $1)
      }
    }
  }
}
