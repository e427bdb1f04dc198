/// Which of several equally frequent pairs merges first: the one with the smallest left token,
/// then the smallest right token, tokens being ordered by byte, then by the merge that made them.
public enum TieBreak: UInt8, Hashable, Sendable, CaseIterable {
  /// Bytes in the order of the symbols that byte-level vocabularies write for them: visible
  /// characters first. Learns what Hugging Face's `BpeTrainer` learns.
  case huggingFace = 0
  /// Bytes by their value. Learns what rustbpe and bpeasy learn.
  case bytes = 1

  /// The 256 bytes in their order; a token of one byte has its place here as its id.
  public var byteOrder: [UInt8] {
    switch self {
    case .bytes:
      return Array(0...255)
    case .huggingFace:
      let visible: [ClosedRange<UInt8>] = [33...126, 161...172, 174...255]
      let others: [ClosedRange<UInt8>] = [0...32, 127...160, 173...173]
      return (visible + others).flatMap { Array($0) }
    }
  }
}
