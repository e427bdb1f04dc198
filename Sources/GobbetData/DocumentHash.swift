internal import GobbetFile

/// 128 bits of the SHA-256 of a document: equal for equal documents, and for no others that anybody
/// will find.
package struct DocumentHash: Hashable, Sendable {
  package let low: UInt64
  package let high: UInt64

  package init(low: UInt64, high: UInt64) {
    self.low = low
    self.high = high
  }

  package init(of document: Span<UInt8>) {
    let digest = ContentDigest(of: document).bytes
    func word(_ start: Int) -> UInt64 {
      (0..<8).reduce(0) { $0 | UInt64(digest[start + $1]) << UInt64(8 * $1) }
    }
    low = word(0)
    high = word(8)
  }
}

/// A number that tells one sequence of documents from another.
package struct DocumentSequenceHash: Hashable, Sendable {
  package private(set) var value: UInt64

  package init(value: UInt64 = 0) { self.value = value }

  package mutating func append(_ hash: DocumentHash) {
    value = Permutation.mixed(value ^ hash.low, hash.high)
  }
}
