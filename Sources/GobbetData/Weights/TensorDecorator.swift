/// A source of tensors that stands around others: under other names, in other types, several as one.
///
/// A decorator says where each of its tensors comes from. What a source does beside reading follows from
/// that, here and nowhere else: parts, bytes in place and the bounds of memory are those of the tensors
/// that it is made of.
package protocol TensorDecorator: TensorPartSource {
  /// Where the data of a tensor comes from.
  ///
  /// - Throws: ``TensorError`` (`missing`, `otherDescription`) for a tensor of another source.
  func origin(of tensor: TensorDescription) throws -> TensorOrigin
}

extension TensorDecorator {
  /// Copies a part of one tensor's data.
  ///
  /// - Throws: an error of those around which the decorator stands; ``TensorError``.
  package func copy(
    _ range: Range<Int>, of tensor: TensorDescription,
    into destination: UnsafeMutableRawBufferPointer
  ) throws {
    // SAFETY: the caller promises a buffer as long as the range.
    try unsafe origin(of: tensor).read(range, destination)
  }

  /// Whether a part of the tensor is read without the rest of it.
  public func readsParts(of tensor: TensorDescription) -> Bool {
    guard let origin = try? origin(of: tensor) else { return false }
    return origin.readsParts && origin.parts.allSatisfy { $0.source.readsParts(of: $0.tensor) }
  }

  /// Calls `body` with one tensor's data where it lies, if another source has it as it is.
  ///
  /// - Throws: as `read(_:into:)`, and what `body` throws.
  public func withBytesInPlace<Result>(
    of tensor: TensorDescription, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result? {
    let origin = try origin(of: tensor)
    guard let place = origin.place, let part = origin.parts.first else { return nil }
    return try unsafe part.source.withBytesInPlace(of: part.tensor) { bytes in
      // SAFETY: the place lies in the part.
      try unsafe body(UnsafeRawBufferPointer(rebasing: bytes[place]))
    }
  }

  /// Checks that the sources allow memory for all that the tensor is made of.
  ///
  /// - Throws: an error of a source that does not.
  public func requireMemory(for tensor: TensorDescription) throws {
    for part in try origin(of: tensor).parts {
      try part.source.requireMemory(for: part.tensor)
    }
  }
}

/// Where the data of a decorator's tensor comes from: bytes of one tensor, or several that it is made of.
@safe package struct TensorOrigin {
  /// Copies a range of the tensor's bytes into memory that has as many.
  package typealias Reader = (Range<Int>, UnsafeMutableRawBufferPointer) throws -> Void

  /// A tensor of a source.
  package typealias Part = (tensor: TensorDescription, source: any TensorSource)

  let parts: [Part]
  /// The bytes of the only part that are the tensor's as they are; nil if it is made.
  let place: Range<Int>?
  let readsParts: Bool
  let read: Reader

  /// Creates the origin of a tensor that is one of `source`, or some of its bytes.
  ///
  /// - Precondition: `bytes` lie in the tensor.
  package init(
    _ tensor: TensorDescription, in source: any TensorSource, bytes: Range<Int>? = nil
  ) {
    let place = bytes ?? 0..<tensor.byteCount
    precondition(
      place.lowerBound >= 0 && place.upperBound <= tensor.byteCount,
      "TensorOrigin: not the bytes of the tensor")
    parts = [(tensor, source)]
    self.place = place
    readsParts = true
    unsafe read = { range, destination in
      let part = (place.lowerBound + range.lowerBound)..<(place.lowerBound + range.upperBound)
      // SAFETY: the reader is given memory for the range, which is as long as the part.
      try unsafe source.read(tensor, bytes: part, into: destination)
    }
  }

  /// Creates the origin of a tensor that `read` makes out of others.
  ///
  /// `readsParts` says whether it reads no more than it needs for a part, where their sources do.
  package init(madeOf parts: [Part], readsParts: Bool = false, read: @escaping Reader) {
    self.parts = parts
    place = nil
    self.readsParts = readsParts
    unsafe self.read = unsafe read
  }
}
