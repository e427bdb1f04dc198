/// The grids of the types that store places in a table of vectors, a vector after the other.
///
/// - Source: the gguf package, by `Fixtures/gguf/make_grids.py`.
enum QuantizedGrid {
  /// 256 vectors of 8.
  static let iq2_XXS = elements(iq2_XXSWords, bitWidth: 2, [8, 25, 43])
  /// 512 vectors of 8.
  static let iq2_XS = elements(iq2_XSWords, bitWidth: 2, [8, 25, 43])
  /// 1,024 vectors of 8.
  static let iq2_S = elements(iq2_SWords, bitWidth: 2, [8, 25, 43])
  /// 256 vectors of 4.
  static let iq3_XXS = elements(iq3_XXSWords, bitWidth: 3, [4, 12, 20, 28, 36, 44, 52, 62])
  /// 512 vectors of 4.
  static let iq3_S = elements(iq3_SWords, bitWidth: 3, [1, 3, 5, 7, 9, 11, 13, 15])
  /// 2,048 vectors of 8.
  static let iq1 = elements(iq1Words, bitWidth: 2, [-1, 0, 1])

  /// Every element of a grid.
  private static func elements(_ words: [UInt64], bitWidth: Int, _ values: [Float]) -> [Float] {
    let mask = UInt64(1) << UInt64(bitWidth) - 1
    // Three bits leave one of 64 over; the last word may hold fewer elements than it has room for,
    // which no place in the grid reaches.
    return words.flatMap { word in
      (0..<(64 / bitWidth)).map { values[Int(word >> UInt64($0 * bitWidth) & mask)] }
    }
  }
}
