/// The smallest of many numbers first.
struct MinHeap {
  private var keys: [UInt64] = []

  mutating func insert(_ key: UInt64) {
    keys.append(key)
    var child = keys.count - 1
    while child > 0, keys[(child - 1) / 2] > keys[child] {
      keys.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  mutating func popMin() -> UInt64? {
    guard let last = keys.popLast() else { return nil }
    guard let smallest = keys.first else { return last }
    keys[0] = last
    var parent = 0
    while true {
      var least = parent
      let left = 2 * parent + 1
      if left < keys.count, keys[left] < keys[least] { least = left }
      if left + 1 < keys.count, keys[left + 1] < keys[least] { least = left + 1 }
      if least == parent { return smallest }
      keys.swapAt(parent, least)
      parent = least
    }
  }
}
