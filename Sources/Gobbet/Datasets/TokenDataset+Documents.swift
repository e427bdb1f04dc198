internal import GobbetBPE
internal import GobbetData

/// What a dataset says of a document beside its tokens.
struct DocumentNote: Sendable {
  /// Its index in the dataset.
  var index = 0
  var source: String?
  var byteCount: Int?
  /// The tokens that count in a loss, counted from its first; nil for all.
  var counted: [Range<Int>]?
}

extension TokenDataset {
  /// Calls `body` with every document in order, reading many at a time.
  ///
  /// - Throws: what reading and `body` throw.
  func forEachDocument(
    _ body: (DocumentNote, Span<TokenID>) throws -> Void
  ) throws {
    let sources = try documentSources()
    let byteCounts = try documentByteCounts()
    let places = try documentPlaces()
    let step = 1 << 20
    var first = 0
    while first < documentCount {
      var end = first
      let start = places[first].lowerBound
      repeat { end += 1 } while end < documentCount && places[end].upperBound - start <= step
      let ids = try tokens(in: start..<places[end - 1].upperBound)
      for index in first..<end {
        let range = places[index]
        try body(
          DocumentNote(
            index: index, source: sources?[index], byteCount: byteCounts?[index],
            counted: hasLossMask ? try countedRanges(ofDocument: index) : nil),
          ids.span.extracting((range.lowerBound - start)..<(range.upperBound - start)))
      }
      first = end
    }
  }
}
