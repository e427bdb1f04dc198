internal import GobbetData

extension TensorSource {
  /// Whether a tensor has the same bytes in another source.
  func isEqual(to other: some TensorSource, in tensor: TensorDescription) throws -> Bool {
    var offset = 0
    var isEqual = true
    let whole = other.readsParts(of: tensor) ? nil : try other.bytes(of: tensor)
    try forEachPiece(of: tensor) { piece in
      let range = offset..<(offset + piece.count)
      offset += piece.count
      guard isEqual else { return }
      let expected = try whole.map { Array($0[range]) } ?? other.bytes(of: tensor, in: range)
      isEqual = piece.holdsSameBytes(as: expected.span)
    }
    return isEqual
  }
}

extension Span<UInt8> {
  /// Whether both hold the same bytes.
  func holdsSameBytes(as other: Span<UInt8>) -> Bool {
    guard count == other.count else { return false }
    // Without an early end the compiler makes vectors of it.
    var difference: UInt8 = 0
    for index in indices { difference |= self[index] ^ other[index] }
    return difference == 0
  }
}
