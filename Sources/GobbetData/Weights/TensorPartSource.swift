/// A source that copies any part of a tensor, checked in one place.
package protocol TensorPartSource: TensorSource {
  /// Copies the bytes `range` of a tensor into `destination`, which has as many.
  ///
  /// - Throws: as ``TensorSource/read(_:into:)``.
  func copy(
    _ range: Range<Int>, of tensor: TensorDescription,
    into destination: UnsafeMutableRawBufferPointer
  ) throws
}

extension TensorPartSource {
  /// Copies one tensor's data.
  ///
  /// - Throws: an error of the source; ``TensorError`` for a tensor of another.
  public func read(
    _ tensor: TensorDescription, into destination: UnsafeMutableRawBufferPointer
  ) throws {
    // SAFETY: the caller promises a valid buffer of the tensor's size.
    try unsafe read(tensor, bytes: 0..<tensor.byteCount, into: destination)
  }

  /// Copies a part of one tensor's data.
  ///
  /// - Throws: as `read(_:into:)`.
  public func read(
    _ tensor: TensorDescription, bytes range: Range<Int>,
    into destination: UnsafeMutableRawBufferPointer
  ) throws {
    tensor.requirePart(range, fitting: destination.count)
    // SAFETY: the buffer, valid by the caller's promise, is as long as the range.
    try unsafe copy(range, of: tensor, into: destination)
  }

  /// True.
  public func readsParts(of tensor: TensorDescription) -> Bool { true }
}

extension TensorDescription {
  /// Stops the program if `range` does not lie in the tensor's bytes, or a buffer is not as long.
  func requirePart(_ range: Range<Int>, fitting byteCount: Int) {
    precondition(
      range.lowerBound >= 0 && range.upperBound <= self.byteCount && byteCount == range.count,
      "TensorSource: not the bytes of the tensor")
  }
}
