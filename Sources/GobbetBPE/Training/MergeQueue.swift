/// The candidate pairs, the next one to merge on top: a binary heap.
///
/// Counts only fall while a pair waits, so an element may promise more than its pair still has.
/// Whoever pops it compares it with `PairCounts` and pushes it again with the true count.
struct MergeQueue {
  /// A pair and how often it occurred when it was pushed.
  struct Element {
    let count: UInt64
    let pair: Pair

    /// Whether this one merges before `other`.
    func precedes(_ other: Element) -> Bool {
      count != other.count ? count > other.count : pair < other.pair
    }
  }

  private var heap: [Element] = []

  /// Takes all elements out.
  mutating func removeAll() { heap.removeAll(keepingCapacity: true) }

  /// Adds a candidate.
  mutating func push(_ pair: Pair, count: UInt64) {
    let element = Element(count: count, pair: pair)
    var hole = heap.count
    heap.append(element)
    while hole > 0 {
      let parent = (hole - 1) / 2
      guard element.precedes(heap[parent]) else { break }
      heap[hole] = heap[parent]
      hole = parent
    }
    heap[hole] = element
  }

  /// Takes the candidate with the highest count out, of equals the smallest pair.
  mutating func pop() -> Element? {
    guard let last = heap.popLast() else { return nil }
    guard let top = heap.first else { return last }
    var hole = 0
    while true {
      var child = 2 * hole + 1
      guard child < heap.count else { break }
      if child + 1 < heap.count, heap[child + 1].precedes(heap[child]) { child += 1 }
      guard heap[child].precedes(last) else { break }
      heap[hole] = heap[child]
      hole = child
    }
    heap[hole] = last
    return top
  }
}
