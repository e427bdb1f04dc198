internal import CGobbet
internal import GobbetBPE
internal import GobbetData

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

  /// Whether an element has as many bytes as an id.
  var hasSizeOfIDs: Bool { byteCount == MemoryLayout<TokenID>.size }

  /// Whether it holds negative numbers.
  var isSigned: Bool { self == .int32 || self == .int64 }

  /// Writes 0, 1, 2 … to element `index` of a caller's array and those after it.
  ///
  /// - Precondition: the array has room for `count`, and the type is signed.
  func storeSteps(_ count: Int, to start: UnsafeMutableRawPointer, at index: Int) {
    if self == .int32 {
      let target = start.assumingMemoryBound(to: Int32.self) + index
      for step in 0..<count { target[step] = Int32(truncatingIfNeeded: step) }
    } else {
      let target = start.assumingMemoryBound(to: Int64.self) + index
      for step in 0..<count { target[step] = Int64(step) }
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

  /// Writes numbers to element `index` of a caller's array and those after it.
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

  /// Writes targets to element `index` of a caller's array and those after it, -100 for
  /// ``TokenBatch/ignoredTarget``.
  ///
  /// - Precondition: the array has room for them, and they are of this type.
  func storeTargets(
    _ targets: Span<TokenID>, to start: UnsafeMutableRawPointer, at index: Int
  ) {
    guard self == .int64 else { return store(targets, to: start, at: index) }
    let numbers = start.assumingMemoryBound(to: Int64.self) + index
    for place in targets.indices {
      let target = targets[place]
      numbers[place] = target == TokenBatch.ignoredTarget ? -100 : Int64(target)
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
