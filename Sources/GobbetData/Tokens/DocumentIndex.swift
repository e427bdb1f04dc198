/// Where each document of a dataset begins and ends.
///
/// Stored are the lengths, not places: lengths are small, and compress well.
package struct DocumentIndex: Hashable, Sendable {
  /// The first token of each document, and at the end the number of tokens.
  private let offsets: [Int]

  /// Documents of these lengths, one after the other.
  ///
  /// Nil if a length is negative, or if the sum is not representable.
  package init?(lengths: some Sequence<Int>) {
    var offsets = [0]
    var end = 0
    for length in lengths {
      let (next, overflow) = end.addingReportingOverflow(length)
      guard length >= 0, !overflow else { return nil }
      end = next
      offsets.append(end)
    }
    self.offsets = offsets
  }

  /// Documents that end where the next begins.
  ///
  /// - Precondition: `offsets` begins with 0 and does not fall.
  init(offsets: [Int]) { self.offsets = offsets }

  /// How many documents there are.
  package var count: Int { offsets.count - 1 }
  /// How many tokens they have.
  package var tokenCount: Int { offsets[count] }
  /// The tokens of a document.
  package subscript(document: Int) -> Range<Int> { offsets[document]..<offsets[document + 1] }

  /// The document that holds a token.
  ///
  /// - Precondition: `token` is in `0..<tokenCount`.
  /// - Complexity: O(log number of documents).
  package func document(containing token: Int) -> Int {
    precondition((0..<tokenCount).contains(token), "document(containing:): no such token")
    var low = 0
    var high = count
    // Document `low` begins at or before the token, document `high` after it.
    while high - low > 1 {
      let middle = low + (high - low) / 2
      if offsets[middle] <= token { low = middle } else { high = middle }
    }
    return low
  }
}
