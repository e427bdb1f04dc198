internal import GobbetBPE

extension TokenShard {
  /// Calls `body` with the tokens of a range that don't count in a loss, as ranges that rise, may touch,
  /// and are not empty.
  ///
  /// - Precondition: `range` lies in `0..<tokenCount`.
  /// - Throws: `FormatError` or `FileError` if tokens that a rule needs cannot be read.
  /// - Complexity: linear in the runs of the documents that the range touches; where a rule says what
  ///   counts, in the tokens back to the last opening or closing before the range.
  func forEachUncounted(in range: Range<Int>, _ body: (Range<Int>) -> Void) throws {
    guard let masks, !range.isEmpty else { return }
    let documents = try documents.index()
    func report(_ tokens: Range<Int>) {
      let part = tokens.clamped(to: range)
      if !part.isEmpty { body(part) }
    }
    var index = documents.document(containing: range.lowerBound)
    var numbers = masks.numbers(fromDocument: index)
    while index < documents.count, documents[index].lowerBound < range.upperBound {
      let document = documents[index]
      let runCount = numbers.next()
      if runCount == 0, let rule = masks.rule {
        let part = document.clamped(to: range)
        var end = part.lowerBound
        for counted in try countedRanges(of: part, in: document, by: rule) {
          report(end..<counted.lowerBound)
          end = counted.upperBound
        }
        report(end..<part.upperBound)
      }
      var start = document.lowerBound
      for run in 0..<runCount {
        let end = run + 1 < runCount ? start + numbers.next() : document.upperBound
        if run.isMultiple(of: 2) { report(start..<end) }
        start = end
      }
      index += 1
    }
  }

  /// How many tokens count in a loss; nil if more than `left` of them would have to be read, of which
  /// those that are read are subtracted.
  func countedTokenCount(readingAtMost left: inout Int) throws -> Int? {
    guard let masks, tokenCount > 0 else { return tokenCount }
    let documents = try documents.index()
    var numbers = masks.numbers(fromDocument: 0)
    var count = 0
    for index in 0..<documents.count {
      let document = documents[index]
      let runCount = numbers.next()
      if runCount == 0 {
        guard let rule = masks.rule else {
          count += document.count
          continue
        }
        guard document.count <= left else { return nil }
        left -= document.count
        count += try countedRanges(of: document, in: document, by: rule).reduce(0) { $0 + $1.count }
        continue
      }
      var rest = document.count
      for run in 0..<(runCount - 1) {
        let length = numbers.next()
        if !run.isMultiple(of: 2) { count += length }
        rest -= length
      }
      if runCount.isMultiple(of: 2) { count += rest }
    }
    return count
  }

  /// The tokens of a part of a document that count by a rule.
  private func countedRanges(
    of part: Range<Int>, in document: Range<Int>, by rule: LossRule
  ) throws -> [Range<Int>] {
    let step = 1 << 12
    let overlap = LossRule.maximumOpeningLength
    var end = part.lowerBound
    var isCounting: Bool?
    // Backwards, to the last opening or closing before the part.
    while isCounting == nil, end > document.lowerBound {
      let start = max(document.lowerBound, end - step)
      let first = max(document.lowerBound, start - overlap)
      let tokens = try blocks.tokens(in: first..<end)
      isCounting = rule.lastChange(in: tokens.span, from: start - first)
      end = start
    }
    let first = max(document.lowerBound, part.lowerBound - overlap)
    let tokens = try blocks.tokens(in: first..<part.upperBound)
    return rule.ranges(
      in: tokens.span, from: part.lowerBound - first, isCounting: isCounting ?? false
    ).map { (first + $0.lowerBound)..<(first + $0.upperBound) }
  }
}
