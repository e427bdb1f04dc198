/// Weights some of whose floating-point tensors are read as another type, in blocks too.
public struct ConvertedWeights: TensorDecorator {
  /// The tensors, those of convertible types as the type that was asked for.
  public let tensors: [TensorDescription]
  /// What the weights came with.
  public var metadata: [(String, String)] { base.metadata }
  private let base: any TensorSource
  private let originals: TensorMap<TensorDescription>

  /// Creates the tensors of `base`, floating-point ones as `elementType`; others stay as they are.
  ///
  /// - Throws: ``TensorError`` (`notConvertible`) if nothing converts to that type, or not the elements
  ///   of a floating-point tensor; `invalidShape` if a tensor becomes too large.
  public init(_ base: some TensorSource, as elementType: ElementType) throws(TensorError) {
    guard FloatConversion(elementType) != nil else {
      throw TensorError(.notConvertible(elementType), tensor: base.tensors.first?.name ?? "")
    }
    try self.init(base) { tensor in
      let isConverted = ElementConversion(from: tensor.elementType, to: elementType) != nil
      return isConverted || tensor.elementType.isFloatingPoint ? elementType : tensor.elementType
    }
  }

  /// Creates the tensors of `base`, each as the type that `elementType` says.
  ///
  /// - Throws: ``TensorError`` (`notConvertible`) for a type that the elements do not convert to;
  ///   `invalidShape` if a tensor becomes too large, or its rows aren't whole blocks of its type.
  package init(
    _ base: some TensorSource, types elementType: (TensorDescription) -> ElementType
  ) throws(TensorError) {
    var tensors: [TensorDescription] = []
    for tensor in base.tensors {
      let type = elementType(tensor)
      if type != tensor.elementType {
        guard FloatConversion(reading: tensor.elementType) != nil else {
          throw TensorError(.notConvertible(tensor.elementType), tensor: tensor.name)
        }
        guard FloatConversion(type) != nil || BlockEncoder(type) != nil else {
          throw TensorError(.notConvertible(type), tensor: tensor.name)
        }
      }
      tensors.append(
        try TensorDescription(name: tensor.name, elementType: type, shape: tensor.shape))
    }
    self.base = base
    self.tensors = tensors
    originals = TensorMap(zip(tensors, base.tensors))
  }

  /// The tensor in the weights: the same, or the one that it is converted from.
  ///
  /// - Throws: ``TensorError`` (`missing`, `otherDescription`).
  package func origin(of tensor: TensorDescription) throws -> TensorOrigin {
    let original = try originals.value(of: tensor)
    guard original != tensor else { return TensorOrigin(original, in: base) }
    return unsafe TensorOrigin(madeOf: [(original, base)], readsParts: true) { range, destination in
      // SAFETY: a reader is given memory for its range.
      try unsafe convert(original, to: tensor, range, into: destination)
    }
  }

  /// Copies a part of a tensor's data, converted.
  private func convert(
    _ original: TensorDescription, to tensor: TensorDescription, _ range: Range<Int>,
    into destination: UnsafeMutableRawBufferPointer
  ) throws {
    if let encoder = BlockEncoder(tensor.elementType) {
      return try unsafe quantize(original, tensor, encoder, range, into: destination)
    }
    let conversion = try base.conversion(of: original, to: tensor.elementType)
    guard !range.isEmpty else { return }
    let width = tensor.elementType.bitWidth / 8
    // Whole blocks, where the weights have some.
    let group = original.elementType.leastElementCount
    let first = range.lowerBound / (width * group)
    let last = (range.upperBound + width * group - 1) / (width * group)
    let elements = (first * group)..<min(last * group, tensor.elementCount)
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
}

extension ConvertedWeights {
  /// Elements that are quantised at once, whole blocks of every type.
  private static let pieceCount = 256 * BlockLayout.groupElementCount

  /// Copies a part of a tensor's blocks.
  private func quantize(
    _ original: TensorDescription, _ tensor: TensorDescription, _ encoder: BlockEncoder,
    _ range: Range<Int>, into destination: UnsafeMutableRawBufferPointer
  ) throws {
    guard !range.isEmpty else { return }
    // What does not read parts is read once.
    let whole = base.readsParts(of: original) ? nil : try base.floats(of: original)
    let conversion = try base.conversion(of: original, to: .float32)
    let type = tensor.elementType
    let (scratch, memory) = (ScratchMemory(), ScratchMemory())
    // Blocks of 32 and of 256 elements: the longer ones are whole shorter ones.
    let group = max(type.leastElementCount, original.elementType.leastElementCount)
    let groupByteCount = type.byteCount(group)
    var next = range.lowerBound / groupByteCount * group
    let end = min(
      (range.upperBound + groupByteCount - 1) / groupByteCount * group, tensor.elementCount)
    while next < end {
      let elements = next..<min(next + Self.pieceCount, end)
      next = elements.upperBound
      var blocks: [UInt8] = []
      blocks.reserveCapacity(type.byteCount(elements.count))
      let isFit: Bool
      if let whole {
        isFit = encoder.encode(whole.span.extracting(elements), into: &blocks)
      } else {
        let bytes = unsafe memory.bytes(4 * elements.count)
        try unsafe base.read(original, elements: elements, conversion, scratch, into: bytes)
        let span = unsafe Span<UInt8>(_unsafeBytes: UnsafeRawBufferPointer(bytes))
        isFit = encoder.encode(FloatConversion.floats(littleEndian: span).span, into: &blocks)
      }
      guard isFit else { throw TensorError(.notRepresentable(type), tensor: tensor.name) }
      let place = type.byteCount(elements.lowerBound)..<type.byteCount(elements.upperBound)
      let wanted = place.clamped(to: range)
      let from = (wanted.lowerBound - place.lowerBound)..<(wanted.upperBound - place.lowerBound)
      let to = (wanted.lowerBound - range.lowerBound)..<(wanted.upperBound - range.lowerBound)
      // SAFETY: `wanted` lies in both, and both hold the bytes of their range.
      unsafe blocks.withUnsafeBytes { blocks in
        unsafe UnsafeMutableRawBufferPointer(rebasing: destination[to])
          .copyMemory(from: UnsafeRawBufferPointer(rebasing: blocks[from]))
      }
    }
  }
}

extension TensorSource {
  /// The same tensors, those in blocks as `float32`.
  package func widened() throws(TensorError) -> any TensorSource {
    guard tensors.contains(where: \.elementType.isInBlocks) else { return self }
    return try ConvertedWeights(self) { $0.elementType.isInBlocks ? .float32 : $0.elementType }
  }
}
