/// The candidate pairs, the next one to merge on top: a binary heap.
///
/// Counts only fall while a pair waits, so an element may promise more than its pair still has.
/// Whoever pops it compares it with `PairCounts` and pushes it again with the true count. Which of
/// equally frequent pairs is first is up to a `MergeFilter`, the same one each time.
struct MergeQueue {
  /// A pair and how often it occurred when it was pushed.
  struct Element {
    let count: UInt64
    let pair: Pair

    /// Whether this one merges before `other`.
    func precedes(_ other: Element, _ tokens: TokenTable, _ filter: MergeFilter) -> Bool {
      count != other.count ? count > other.count : filter.precedes(pair, other.pair, tokens)
    }
  }

  private var heap: [Element] = []

  /// Takes all elements out.
  mutating func removeAll() { heap.removeAll(keepingCapacity: true) }

  /// Adds a candidate.
  mutating func push(
    _ pair: Pair, count: UInt64, _ tokens: TokenTable, _ filter: MergeFilter
  ) {
    let element = Element(count: count, pair: pair)
    var hole = heap.count
    heap.append(element)
    while hole > 0 {
      let parent = (hole - 1) / 2
      guard element.precedes(heap[parent], tokens, filter) else { break }
      heap[hole] = heap[parent]
      hole = parent
    }
    heap[hole] = element
  }

  /// Takes the candidate with the highest count out, of equals the first.
  mutating func pop(_ tokens: TokenTable, _ filter: MergeFilter) -> Element? {
    guard let last = heap.popLast() else { return nil }
    guard let top = heap.first else { return last }
    var hole = 0
    while true {
      var child = 2 * hole + 1
      guard child < heap.count else { break }
      if child + 1 < heap.count, heap[child + 1].precedes(heap[child], tokens, filter) {
        child += 1
      }
      guard heap[child].precedes(last, tokens, filter) else { break }
      heap[hole] = heap[child]
      hole = child
    }
    heap[hole] = last
    return top
  }
}
