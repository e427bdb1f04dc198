internal import CGobbet
internal import GobbetBPE

/// What a caller wants tokens written as.
enum IntegerType {
  case uint16, uint32, int32, int64

  /// The type of a caller's number.
  ///
  /// - Throws: ``CallError`` if there is none.
  init(_ type: gobbet_integer_type) throws(CallError) {
    switch Int(type) {
    case GOBBET_UINT16: self = .uint16
    case GOBBET_UINT32: self = .uint32
    case GOBBET_INT32: self = .int32
    case GOBBET_INT64: self = .int64
    default: throw .invalid("type: \(type)")
    }
  }

  /// Bytes of an element.
  var byteCount: Int {
    switch self {
    case .uint16: 2
    case .uint32, .int32: 4
    case .int64: 8
    }
  }

  /// Whether it holds negative numbers.
  var isSigned: Bool { self == .int32 || self == .int64 }

  /// Writes -100 over a range of a caller's numbers.
  ///
  /// - Precondition: the array has them, and the type is signed.
  func ignore(_ range: Range<Int>, in targets: UnsafeMutableRawPointer) {
    if self == .int32 {
      (targets.assumingMemoryBound(to: Int32.self) + range.lowerBound)
        .update(repeating: -100, count: range.count)
    } else {
      (targets.assumingMemoryBound(to: Int64.self) + range.lowerBound)
        .update(repeating: -100, count: range.count)
    }
  }

  /// Checks that ids below `bound` are of this type.
  func check(_ bound: Int) throws(CallError) {
    let fits =
      switch self {
      case .uint16: bound <= 1 << 16
      case .int32: bound <= 1 << 31
      case .uint32, .int64: true
      }
    guard fits else { throw .invalid("type: ids up to \(bound - 1) are not of it") }
  }

  /// Writes numbers to element `index` of a caller's array and those behind it.
  ///
  /// - Precondition: the array has room for them, and they are of this type.
  @inline(__always)
  func store<Number: FixedWidthInteger>(
    _ numbers: Span<Number>, to start: UnsafeMutableRawPointer, at index: Int
  ) {
    switch self {
    case .uint16: Self.store(numbers, start.assumingMemoryBound(to: UInt16.self) + index)
    case .uint32: Self.store(numbers, start.assumingMemoryBound(to: UInt32.self) + index)
    case .int32: Self.store(numbers, start.assumingMemoryBound(to: Int32.self) + index)
    case .int64: Self.store(numbers, start.assumingMemoryBound(to: Int64.self) + index)
    }
  }

  @inline(__always)
  private static func store<Number: FixedWidthInteger, Integer: FixedWidthInteger>(
    _ numbers: Span<Number>, _ target: UnsafeMutablePointer<Integer>
  ) {
    for index in numbers.indices {
      target[index] = Integer(truncatingIfNeeded: numbers[index])
    }
  }
}
