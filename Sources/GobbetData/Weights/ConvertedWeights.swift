/// Weights whose floating-point tensors are read as another type.
public struct ConvertedWeights: TensorSource {
  /// The tensors, those of convertible types as the type that was asked for.
  public let tensors: [TensorDescription]
  /// What the weights came with.
  public var metadata: [(String, String)] { base.metadata }
  private let base: any TensorSource
  private let originals: [[UInt8]: TensorDescription]

  /// Creates the tensors of `base`, floating-point ones as `elementType`; others stay as they are.
  ///
  /// - Throws: ``TensorError`` (`notConvertible`) if nothing converts to that type, or not the elements
  ///   of a floating-point tensor; `invalidShape` if a tensor becomes too large.
  public init(_ base: some TensorSource, as elementType: ElementType) throws(TensorError) {
    guard FloatConversion(elementType) != nil else {
      throw TensorError(.notConvertible(elementType), tensor: base.tensors.first?.name ?? "")
    }
    var tensors: [TensorDescription] = []
    for tensor in base.tensors {
      let isConverted = ElementConversion(from: tensor.elementType, to: elementType) != nil
      guard isConverted || !tensor.elementType.isFloatingPoint else {
        throw TensorError(.notConvertible(tensor.elementType), tensor: tensor.name)
      }
      tensors.append(
        try TensorDescription(
          name: tensor.name, elementType: isConverted ? elementType : tensor.elementType,
          shape: tensor.shape))
    }
    self.base = base
    self.tensors = tensors
    originals = Dictionary(
      base.tensors.map { (Array($0.name.utf8), $0) }, uniquingKeysWith: { first, _ in first })
  }

  private func original(of tensor: TensorDescription) throws(TensorError) -> TensorDescription {
    guard let original = originals[Array(tensor.name.utf8)] else {
      throw TensorError(.missing, tensor: tensor.name)
    }
    guard original.shape == tensor.shape else {
      throw TensorError(.otherDescription, tensor: tensor.name)
    }
    return original
  }

  /// Copies one tensor's data, converted.
  ///
  /// - Throws: ``TensorError``, errors of the weights.
  public func read(
    _ tensor: TensorDescription, into destination: UnsafeMutableRawBufferPointer
  ) throws {
    let original = try original(of: tensor)
    // SAFETY: the caller promises a valid buffer of the tensor's size.
    try unsafe base.read(original, as: tensor.elementType, into: destination)
  }

  /// Copies a part of one tensor's data, converted.
  ///
  /// - Throws: as ``read(_:into:)``.
  public func read(
    _ tensor: TensorDescription, bytes range: Range<Int>,
    into destination: UnsafeMutableRawBufferPointer
  ) throws {
    let original = try original(of: tensor)
    let conversion = try base.conversion(of: original, to: tensor.elementType)
    guard !conversion.isIdentity else {
      // SAFETY: the caller promises a valid buffer of the range's size.
      return try unsafe base.read(original, bytes: range, into: destination)
    }
    precondition(
      range.lowerBound >= 0 && range.upperBound <= tensor.byteCount
        && destination.count == range.count, "ConvertedWeights: not the bytes of the tensor")
    let width = tensor.elementType.bitWidth / 8
    let elements = (range.lowerBound / width)..<((range.upperBound + width - 1) / width)
    let scratch = ScratchMemory()
    if elements.count * width == range.count {
      // SAFETY: the caller's buffer, as long as the range.
      return try unsafe base.read(
        original, elements: elements, conversion, scratch, into: destination)
    }
    let whole = ScratchMemory()
    let bytes = unsafe whole.bytes(elements.count * width)
    try unsafe base.read(original, elements: elements, conversion, scratch, into: bytes)
    let start = range.lowerBound - elements.lowerBound * width
    // SAFETY: the range lies in its elements.
    unsafe destination.copyMemory(
      from: UnsafeRawBufferPointer(rebasing: bytes[start..<(start + range.count)]))
  }

  /// Whether the weights do.
  public func readsParts(of tensor: TensorDescription) -> Bool {
    guard let original = try? original(of: tensor) else { return false }
    return base.readsParts(of: original)
  }

  /// Calls `body` with one tensor's data where the weights have it, if it is not converted.
  ///
  /// - Throws: as ``read(_:into:)``, and what `body` throws.
  public func withBytesInPlace<Result>(
    of tensor: TensorDescription, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result? {
    let original = try original(of: tensor)
    guard original == tensor else { return nil }
    return try unsafe base.withBytesInPlace(of: original, body)
  }
}
