internal import Gobbet

/// What is counted of a dataset in one pass over its tokens.
struct DatasetContents: Sendable {
  /// How often each id comes.
  private(set) var occurrences: [Int]
  /// How many documents have each length, up to ``longestCounted``.
  private(set) var lengths: [Int] = []
  /// Documents that are longer than what is counted by length.
  private(set) var longerCount = 0
  private(set) var longest = 0
  private(set) var documentCount = 0
  private(set) var tokenCount = 0

  private static let longestCounted = 1 << 20
  private static let step = 1 << 20

  /// Reads all tokens of a dataset, in the memory of a million of them.
  ///
  /// `progress` is told the tokens so far, and ends the reading by answering false.
  /// - Throws: `FormatError` for a damaged block; `FileError`; `CancellationError`.
  init(_ dataset: TokenDataset, progress: (Int) -> Bool) throws {
    occurrences = [Int](repeating: 0, count: dataset.idBound)
    tokenCount = dataset.tokenCount
    documentCount = dataset.documentCount
    var ids = [TokenID](repeating: 0, count: min(Self.step, tokenCount))
    for start in stride(from: 0, to: tokenCount, by: Self.step) {
      guard progress(start) else { throw CancellationError() }
      let range = start..<min(start + Self.step, tokenCount)
      if range.count < ids.count { ids.removeLast(ids.count - range.count) }
      var span = ids.mutableSpan
      try dataset.copyTokens(in: range, to: &span)
      count(ids.span)
    }
    for index in 0..<documentCount {
      let length = try dataset.document(index).count
      longest = max(longest, length)
      if length > Self.longestCounted {
        longerCount += 1
      } else {
        if length >= lengths.count {
          lengths += [Int](repeating: 0, count: max(length + 1, 2 * lengths.count) - lengths.count)
        }
        lengths[length] += 1
      }
    }
  }

  private mutating func count(_ ids: Span<TokenID>) {
    var occurrences = occurrences.mutableSpan
    for index in ids.indices { occurrences[Int(ids[index])] += 1 }
  }

  /// The length that this share of the documents doesn't exceed.
  func length(atShare share: Double) -> Int {
    let wanted = Int((share * Double(documentCount)).rounded(.up))
    var count = 0
    for (length, documents) in lengths.enumerated() {
      count += documents
      if count >= wanted, documents > 0 { return length }
    }
    return longest
  }

  /// Documents by the powers of two that their lengths lie between.
  var lengthClasses: [(name: String, count: Int)] {
    var classes: [(name: String, count: Int)] = []
    var low = 0
    while low < lengths.count {
      let high = low == 0 ? 0 : min(2 * low - 1, lengths.count - 1)
      let count = lengths[low...high].reduce(0, +)
      classes.append((low == high ? "\(low)" : "\(low)–\(2 * low - 1)", count))
      low = low == 0 ? 1 : 2 * low
    }
    while let last = classes.last, last.count == 0 { classes.removeLast() }
    classes.removeFirst(classes.prefix { $0.count == 0 }.count)
    if longerCount > 0 { classes.append((">\(Self.longestCounted)", longerCount)) }
    return classes
  }
}
