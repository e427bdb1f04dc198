/// Little-endian elements of one floating-point type, to those of another.
///
/// Widening is exact for every bit pattern, payloads of NaN included; narrowing rounds once, to
/// nearest, ties to even, keeps NaN a NaN, and refuses finite elements that would become infinities.
public struct ElementConversion: Hashable, Sendable {
  /// What the elements are.
  public let source: ElementType
  /// What they become.
  public let target: ElementType

  /// Creates the conversion from one type to another; nil unless they are the same, or the target is
  /// `float64`, `float32`, `float16` or `bfloat16` and the source one of these, an 8-bit float, or stored in
  /// blocks.
  public init?(from source: ElementType, to target: ElementType) {
    guard
      source == target
        || (FloatConversion(reading: source) != nil && FloatConversion(target) != nil)
    else { return nil }
    self.source = source
    self.target = target
  }

  /// Whether elements stay as they are.
  public var isIdentity: Bool { source == target }

  /// Whether a finite element of the source can be too large for the target.
  private var canOverflow: Bool {
    switch (source, target) {
    case (.float64, .float32), (.float64, .float16), (.float64, .bfloat16): true
    case (.float32, .float16), (.float32, .bfloat16), (.bfloat16, .float16): true
    case (.float8E8M0, .float16): true
    default: false
    }
  }

  /// Converts all elements of `elements` into `converted`.
  ///
  /// - Precondition: both hold the same number of whole elements, of their types.
  /// - Throws: ``ElementOverflow`` for the first finite element that became an infinity; all were
  ///   converted then too.
  public func convert(
    _ elements: UnsafeRawBufferPointer, into converted: UnsafeMutableRawBufferPointer
  ) throws(ElementOverflow) {
    try unsafe convertRounding(elements, into: converted)
    guard canOverflow else { return }
    var start = 0
    let result = UnsafeRawBufferPointer(converted)
    while let index = unsafe target.firstInfinity(in: result, from: start) {
      // SAFETY: both hold as many elements, which `convertRounding` has checked.
      let value = unsafe value(of: elements, at: index)
      if value.isFinite {
        throw ElementOverflow(index: index, value: value, elementType: target)
      }
      start = index + 1
    }
  }

  /// The value of one element of the source.
  private func value(of elements: UnsafeRawBufferPointer, at index: Int) -> Double {
    let width = source.bitWidth / 8
    var bytes: [UInt8] = []
    for byte in 0..<width { bytes.append(unsafe elements[index * width + byte]) }
    if source == .float64 {
      let bits = bytes.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      return Double(bitPattern: bits)
    }
    return FloatConversion(reading: source).map { Double($0.floats(bytes.span)[0]) } ?? .nan
  }

  /// Converts all elements, those that are too large to infinities.
  ///
  /// - Throws: ``ElementOverflow`` for an element of a block that the target cannot hold.
  private func convertRounding(
    _ elements: UnsafeRawBufferPointer, into converted: UnsafeMutableRawBufferPointer
  ) throws(ElementOverflow) {
    if isIdentity {
      precondition(elements.count == converted.count, "ElementConversion: another count")
      return unsafe converted.copyMemory(from: elements)
    }
    if let decoder = BlockDecoder(source) {
      return try unsafe convert(elements, decoder, into: converted)
    }
    let count = elements.count / (source.bitWidth / 8)
    precondition(
      elements.count == count * source.bitWidth / 8
        && converted.count == count * target.bitWidth / 8, "ElementConversion: another count")
    typealias Floats = FloatConversion
    // SAFETY, of all: the precondition gives each of `count` elements its bytes in both.
    switch (source, target) {
    case (.float8E4M3, _):
      unsafe convert8(elements, converted) { Floats.widened(float8E4M3: $0) }
    case (.float8E5M2, _):
      unsafe convert8(elements, converted) { Floats.widened(float8E5M2: $0) }
    case (.float8E8M0, _):
      unsafe convert8(elements, converted) { Floats.widened(float8E8M0: $0) }
    case (.float8E4M3FNUZ, _):
      unsafe convert8(elements, converted) { Floats.widened(float8E4M3FNUZ: $0) }
    case (.float8E5M2FNUZ, _):
      unsafe convert8(elements, converted) { Floats.widened(float8E5M2FNUZ: $0) }
    case (.float32, .float16):
      unsafe Self.map(elements, converted) { (bits: UInt32) in
        Floats.float16(Float(bitPattern: bits))
      }
    case (.float32, .bfloat16):
      unsafe Self.map(elements, converted) { (bits: UInt32) in
        Floats.bfloat16(Float(bitPattern: bits))
      }
    case (.float32, _):
      unsafe Self.map(elements, converted) { (bits: UInt32) in Floats.float64(bits) }
    case (.float16, .float32):
      unsafe Self.map(elements, converted) { (bits: UInt16) in
        Floats.widened(float16: bits).bitPattern
      }
    case (.float16, .bfloat16):
      unsafe Self.map(elements, converted) { (bits: UInt16) in
        Floats.bfloat16(Floats.widened(float16: bits))
      }
    case (.float16, _):
      unsafe Self.map(elements, converted) { (bits: UInt16) in
        Floats.float64(Floats.widened(float16: bits).bitPattern)
      }
    case (.bfloat16, .float32):
      unsafe Self.map(elements, converted) { (bits: UInt16) in UInt32(bits) << 16 }
    case (.bfloat16, .float16):
      unsafe Self.map(elements, converted) { (bits: UInt16) in
        Floats.float16(Float(bitPattern: UInt32(bits) << 16))
      }
    case (.bfloat16, _):
      unsafe Self.map(elements, converted) { (bits: UInt16) in Floats.float64(UInt32(bits) << 16) }
    case (_, .float32):
      unsafe Self.map(elements, converted) { (bits: UInt64) in Floats.float32(bits) }
    case (_, .float16):
      unsafe Self.map(elements, converted) { (bits: UInt64) in
        Floats.float16(Float(bitPattern: Floats.float32ToOdd(bits)))
      }
    default:
      unsafe Self.map(elements, converted) { (bits: UInt64) in
        Floats.bfloat16(Float(bitPattern: Floats.float32ToOdd(bits)))
      }
    }
  }

  /// Converts blocks, a few at a time.
  private func convert(
    _ elements: UnsafeRawBufferPointer, _ decoder: BlockDecoder,
    into converted: UnsafeMutableRawBufferPointer
  ) throws(ElementOverflow) {
    let layout = decoder.layout
    let count = elements.count / layout.byteCount * layout.elementCount
    let width = target.bitWidth / 8
    precondition(
      elements.count.isMultiple(of: layout.byteCount) && converted.count == count * width,
      "ElementConversion: another count")
    guard let narrowing = FloatConversion(target) else { return }
    var floats = [Float](repeating: 0, count: min(count, Self.pieceCount))
    for start in stride(from: 0, to: count, by: Self.pieceCount) {
      let end = min(start + Self.pieceCount, count)
      let range = source.byteCount(start)..<source.byteCount(end)
      // SAFETY: the precondition gives the elements their bytes in both, and pieces are whole blocks.
      let blocks = unsafe Span<UInt8>(
        _unsafeBytes: UnsafeRawBufferPointer(rebasing: elements[range]))
      var room = floats.mutableSpan
      decoder.decode(blocks, into: &room)
      let piece = unsafe UnsafeMutableRawBufferPointer(
        rebasing: converted[(start * width)..<(end * width)])
      if target == .float32, FloatConversion.isNative {
        unsafe floats.withUnsafeBytes {
          unsafe piece.copyMemory(from: .init(rebasing: $0[..<piece.count]))
        }
      } else {
        do throws(ElementOverflow) {
          let narrowed = try narrowing.bytes(floats.span.extracting(0..<(end - start)))
          unsafe piece.copyBytes(from: narrowed)
        } catch {
          throw ElementOverflow(
            index: start + error.index, value: error.value, elementType: error.elementType)
        }
      }
    }
  }

  /// Elements of whole blocks that stay in the nearest cache.
  private static let pieceCount = 16 * BlockLayout.groupElementCount

  /// Converts 8-bit floats, which each target holds exactly, but for powers of two that a `float16`
  /// rounds to zero or infinity.
  private func convert8(
    _ elements: UnsafeRawBufferPointer, _ converted: UnsafeMutableRawBufferPointer,
    _ widened: (UInt8) -> Float
  ) {
    typealias Floats = FloatConversion
    // SAFETY, of all: the caller has compared the counts.
    switch target {
    case .float16: unsafe Self.map(elements, converted) { Floats.float16(widened($0)) }
    case .bfloat16: unsafe Self.map(elements, converted) { Floats.bfloat16(widened($0)) }
    case .float32: unsafe Self.map(elements, converted) { widened($0).bitPattern }
    default: unsafe Self.map(elements, converted) { Floats.float64(widened($0).bitPattern) }
    }
  }

  /// Converts element by element.
  @inline(__always)
  private static func map<
    Source: FixedWidthInteger & BitwiseCopyable, Target: FixedWidthInteger & BitwiseCopyable
  >(
    _ elements: UnsafeRawBufferPointer, _ converted: UnsafeMutableRawBufferPointer,
    _ convert: (Source) -> Target
  ) {
    guard let from = elements.baseAddress, let to = converted.baseAddress else { return }
    for index in 0..<(elements.count / MemoryLayout<Source>.size) {
      // SAFETY: by the caller's proof, and loads and stores are unaligned.
      let bits = unsafe from.loadUnaligned(
        fromByteOffset: index * MemoryLayout<Source>.size, as: Source.self)
      unsafe to.storeBytes(
        of: convert(Source(littleEndian: bits)).littleEndian,
        toByteOffset: index * MemoryLayout<Target>.size, as: Target.self)
    }
  }
}

extension FloatConversion {
  /// The bits of a 32-bit float, as 64-bit ones of the same value; NaN keeps its payload.
  static func float64(_ bits: UInt32) -> UInt64 {
    let magnitude = bits & 0x7FFF_FFFF
    guard magnitude > 0x7F80_0000 else { return Double(Float(bitPattern: bits)).bitPattern }
    // Arithmetic would make a signaling NaN quiet.
    return UInt64(bits & 0x8000_0000) << 32 | 0x7FF0_0000_0000_0000
      | UInt64(magnitude & 0x007F_FFFF) << 29
  }

  /// The bits of the nearest 32-bit float; of a NaN as much of the payload as there is room for.
  static func float32(_ bits: UInt64) -> UInt32 {
    let magnitude = bits & ~(1 << 63)
    guard magnitude > 0x7FF0_0000_0000_0000 else {
      return Float(Double(bitPattern: bits)).bitPattern
    }
    return UInt32(truncatingIfNeeded: bits >> 32) & 0x8000_0000 | 0x7FC0_0000
      | UInt32(truncatingIfNeeded: magnitude >> 29) & 0x007F_FFFF
  }

  /// The bits of a 32-bit float next to the value, the odd one if there are two: rounding that once
  /// more, to 21 bits or fewer, gives what rounding the value itself gives.
  static func float32ToOdd(_ bits: UInt64) -> UInt32 {
    let value = Double(bitPattern: bits)
    let nearest = float32(bits)
    let back = Double(Float(bitPattern: nearest))
    guard value.isFinite, back != value else { return nearest }
    // Toward zero, and then up to the odd one if the last bit is even.
    let isTooLarge = abs(back) > abs(value)
    return (isTooLarge ? nearest - 1 : nearest) | 1
  }
}
