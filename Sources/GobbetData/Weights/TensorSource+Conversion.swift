extension TensorSource {
  /// Copies one tensor's data as elements of another floating-point type.
  ///
  /// - Precondition: `destination` has exactly the bytes of the tensor's elements in that type.
  /// - Throws: ``TensorError`` (`notConvertible`, or `overflow` for an element that the type cannot
  ///   hold), else an error of the source.
  public func read(
    _ tensor: TensorDescription, as elementType: ElementType,
    into destination: UnsafeMutableRawBufferPointer
  ) throws {
    let conversion = try conversion(of: tensor, to: elementType)
    // SAFETY: the caller promises a valid buffer of the size, which the callee checks.
    try unsafe read(
      tensor, elements: 0..<tensor.elementCount, conversion, ScratchMemory(), into: destination)
  }

  /// Copies a slice's data as elements of another floating-point type.
  ///
  /// - Precondition: `destination` has exactly the bytes of the slice's elements in that type.
  /// - Throws: as ``read(_:as:into:)``.
  public func read(
    _ slice: TensorSlice, as elementType: ElementType,
    into destination: UnsafeMutableRawBufferPointer
  ) throws {
    let conversion = try conversion(of: slice.tensor, to: elementType)
    guard !conversion.isIdentity else { return try unsafe read(slice, into: destination) }
    let data = try bytes(of: slice)
    // SAFETY: the caller promises a valid buffer; its size is checked by `convert`.
    try unsafe data.withUnsafeBytes { bytes in
      try unsafe convert(bytes, of: slice.tensor, from: 0, conversion, into: destination)
    }
  }

  /// The conversion of a tensor's elements to a type.
  ///
  /// - Throws: ``TensorError`` (`notConvertible`) if there is none.
  func conversion(
    of tensor: TensorDescription, to elementType: ElementType
  ) throws(TensorError) -> ElementConversion {
    if let conversion = ElementConversion(from: tensor.elementType, to: elementType) {
      return conversion
    }
    let culprit =
      FloatConversion(reading: tensor.elementType) == nil ? tensor.elementType : elementType
    throw TensorError(.notConvertible(culprit), tensor: tensor.name)
  }

  /// Copies some elements of a tensor, whole blocks of those in blocks, converted by way of `scratch`
  /// a piece at a time.
  func read(
    _ tensor: TensorDescription, elements: Range<Int>, _ conversion: ElementConversion,
    _ scratch: ScratchMemory, into destination: UnsafeMutableRawBufferPointer
  ) throws {
    guard !conversion.isIdentity else {
      // Types of less than a byte come whole.
      let range =
        elements.count == tensor.elementCount
        ? 0..<tensor.byteCount
        : tensor.elementType.byteCount(
          elements.lowerBound)..<tensor.elementType.byteCount(elements.upperBound)
      return try unsafe read(tensor, bytes: range, into: destination)
    }
    let (type, targetWidth) = (conversion.source, conversion.target.bitWidth / 8)
    precondition(
      destination.count == elements.count * targetWidth, "TensorSource: a wrong buffer size")
    guard readsParts(of: tensor) else {
      return try unsafe withBytes(of: tensor) { bytes in
        let range = type.byteCount(elements.lowerBound)..<type.byteCount(elements.upperBound)
        // SAFETY: the range lies in the tensor, and the precondition fits the destination to it.
        try unsafe convert(
          UnsafeRawBufferPointer(rebasing: bytes[range]), of: tensor, from: elements.lowerBound,
          conversion, into: destination)
      }
    }
    // Pieces of a block: what was read is in the cache still when it is converted.
    let pieceCount = type.elementCount(inBytes: TensorTable.blockByteCount(of: type))
    var next = elements.lowerBound
    while next < elements.upperBound {
      let end = min((next / pieceCount + 1) * pieceCount, elements.upperBound)
      let range = type.byteCount(next)..<type.byteCount(end)
      let piece = unsafe scratch.bytes(range.count)
      try unsafe read(tensor, bytes: range, into: piece)
      let target =
        ((next - elements.lowerBound) * targetWidth)..<((end - elements.lowerBound) * targetWidth)
      // SAFETY: the piece lies in `elements`, for which the destination has room.
      try unsafe convert(
        UnsafeRawBufferPointer(piece), of: tensor, from: next, conversion,
        into: UnsafeMutableRawBufferPointer(rebasing: destination[target]))
      next = end
    }
  }

  /// Converts elements of a tensor, the first of which is number `first`.
  ///
  /// - Throws: ``TensorError`` (`overflow`).
  private func convert(
    _ elements: UnsafeRawBufferPointer, of tensor: TensorDescription, from first: Int,
    _ conversion: ElementConversion, into destination: UnsafeMutableRawBufferPointer
  ) throws(TensorError) {
    do {
      try unsafe conversion.convert(elements, into: destination)
    } catch {
      throw error.inTensor(named: tensor.name, first: first)
    }
  }
}
