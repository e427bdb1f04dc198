extension Array {
  /// The first index whose element satisfies `isInSecond`, which all later ones do too.
  func partitioningIndex(_ isInSecond: (Element) -> Bool) -> Int {
    var low = 0
    var high = count
    while low < high {
      let middle = low + (high - low) / 2
      if isInSecond(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
