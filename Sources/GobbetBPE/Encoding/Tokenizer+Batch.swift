extension Tokenizer {
  /// The ids of many texts in their order, encoded by `workerCount` tasks at a time.
  ///
  /// The result does not depend on the number of workers. Special tokens are ordinary text.
  /// - Throws: ``WorkerCountError`` unless there are 1 to 1,024.
  public func encoded(
    batch texts: [String], workerCount: Int, cacheByteBudget: Int = 8 << 20
  ) async throws(WorkerCountError) -> [[TokenID]] {
    let workerCount = try checkedWorkerCount(workerCount, least: 1)
    return await withTaskGroup(of: (index: Int, ids: [[TokenID]]).self) { group in
      let parts = Self.parts(of: texts, count: workerCount)
      for (index, part) in parts.enumerated() {
        group.addTask {
          var encoder = makeEncoder(cacheByteBudget: cacheByteBudget)
          return (index, texts[part].map { encoder.encoded($0) })
        }
      }
      var results = [[[TokenID]]](repeating: [], count: parts.count)
      for await (index, ids) in group { results[index] = ids }
      return results.flatMap { $0 }
    }
  }

  /// Ranges of texts of about the same number of bytes, in order.
  private static func parts(of texts: [String], count: Int) -> [Range<Int>] {
    let byteCount = texts.reduce(0) { $0 + $1.utf8.count }
    var parts: [Range<Int>] = []
    var start = 0
    var seen = 0
    for (index, text) in texts.enumerated() {
      seen += text.utf8.count
      // The part with number k ends where k + 1 of `count` parts of the bytes are after it.
      if seen * count >= byteCount * (parts.count + 1), parts.count < count - 1 {
        parts.append(start..<(index + 1))
        start = index + 1
      }
    }
    if start < texts.count { parts.append(start..<texts.count) }
    return parts
  }
}
