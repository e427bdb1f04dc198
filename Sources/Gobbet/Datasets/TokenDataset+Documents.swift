internal import GobbetBPE
internal import GobbetData

extension TokenDataset {
  /// Calls `body` with every document in order, reading many at a time.
  ///
  /// - Throws: what reading and `body` throw.
  func forEachDocument(
    _ body: (_ index: Int, Span<TokenID>, _ source: String?, _ byteCount: Int?) throws -> Void
  ) throws {
    let sources = try documentSources()
    let byteCounts = try documentByteCounts()
    let step = 1 << 20
    var first = 0
    while first < documentCount {
      var end = first
      let start = document(first).lowerBound
      repeat { end += 1 } while end < documentCount && document(end).upperBound - start <= step
      let ids = try tokens(in: start..<document(end - 1).upperBound)
      for index in first..<end {
        let range = document(index)
        try body(
          index, ids.span.extracting((range.lowerBound - start)..<(range.upperBound - start)),
          sources?[index], byteCounts?[index])
      }
      first = end
    }
  }
}
