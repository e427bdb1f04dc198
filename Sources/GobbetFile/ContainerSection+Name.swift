extension ContainerSection {
  /// Whether `name` may stand in a file: short, in normalization form C, without control
  /// characters, and nothing that a path could be made of.
  ///
  /// Who writes sections under names from elsewhere asks first; a writer takes no other names.
  public static func isLegal(name: String) -> Bool {
    guard name.utf8.count <= FormatLimits.maximumNameByteCount else { return false }
    var previous: Unicode.Scalar = " "
    for scalar in name.unicodeScalars {
      let isControl = scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
      let isPath = scalar == "/" || scalar == "\\" || (scalar == "." && previous == ".")
      if isControl || isPath || isOutsideNames(scalar.value) { return false }
      previous = scalar
    }
    return true
  }

  /// Whether one of the ranges in the table holds `scalar`.
  private static func isOutsideNames(_ scalar: UInt32) -> Bool {
    guard scalar >= scalarsOutsideNames[0] else { return false }
    // The first range that ends at `scalar` or after it.
    var low = 0
    var high = scalarsOutsideNames.count / 2
    while low < high {
      let middle = (low + high) / 2
      if scalarsOutsideNames[2 * middle + 1] < scalar {
        low = middle + 1
      } else {
        high = middle
      }
    }
    return 2 * low < scalarsOutsideNames.count && scalarsOutsideNames[2 * low] <= scalar
  }
}
