/// A number for each scalar, 0 for most of them, out of a generated table.
struct ScalarTable: Sendable {
  /// The number of the leaf of each 64 scalars.
  private var leafNumbers = [UInt16](repeating: 0, count: 0x11_0000 >> 6)
  /// The numbers of the scalars of each leaf.
  private var leaves = [Int32](repeating: 0, count: 64)

  /// Reads `A-B/2:value;…`: scalars in hexadecimal, perhaps every second one of a run only, and a
  /// value in decimal, which is 1 if it isn't there.
  init(_ table: StaticString) {
    // Leaves of nothing but one value are shared.
    var wholeLeaves: [Int32: UInt16] = [:]
    for run in table.description.utf8.split(separator: UInt8(ascii: ";")) {
      let parts = run.split(separator: UInt8(ascii: ":"))
      let scalars = parts[0].split(separator: UInt8(ascii: "/"))
      let range = ScalarRanges.range(scalars[0])
      let step = scalars.count > 1 ? 2 : 1
      let value = parts.count > 1 ? Self.number(parts[1]) : 1
      var scalar = Int(range.lowerBound)
      while scalar <= range.upperBound {
        if step == 1, scalar & 63 == 0, scalar + 63 <= range.upperBound {
          let number = wholeLeaves[value] ?? newLeaf(value)
          wholeLeaves[value] = number
          leafNumbers[scalar >> 6] = number
          scalar += 64
          continue
        }
        if leafNumbers[scalar >> 6] == 0 { leafNumbers[scalar >> 6] = newLeaf(0) }
        leaves[Int(leafNumbers[scalar >> 6]) << 6 | scalar & 63] = value
        scalar += step
      }
    }
  }

  private mutating func newLeaf(_ value: Int32) -> UInt16 {
    leaves += repeatElement(value, count: 64)
    return UInt16(truncatingIfNeeded: leaves.count >> 6 - 1)
  }

  private static func number(_ text: Substring.UTF8View) -> Int32 {
    let isNegative = text.first == UInt8(ascii: "-")
    let size = text.dropFirst(isNegative ? 1 : 0).reduce(Int32(0)) { $0 * 10 + Int32($1 & 0xF) }
    return isNegative ? -size : size
  }

  /// The number of a scalar; 0 for -1, which stands for a byte that isn't part of one.
  @inline(__always) subscript(scalar: Int) -> Int32 {
    guard scalar >= 0 else { return 0 }
    return leaves[Int(leafNumbers[scalar >> 6]) << 6 | scalar & 63]
  }

  /// Whether the number of a scalar is not 0.
  @inline(__always) func contains(_ scalar: Int) -> Bool { self[scalar] != 0 }
}

extension ScalarTable {
  /// What ``Normalizer/bert(_:)`` removes when it cleans a text.
  static let removed = ScalarTable(CharacterTables.removed)
  /// What it removes when it strips accents.
  static let nonspacingMarks = ScalarTable(CharacterTables.nonspacingMarks)
  /// What ``Normalizer/stripAccents`` removes.
  static let marks = ScalarTable(CharacterTables.marks)
  /// What ``PretokenizerStep/punctuation(_:)`` cuts out.
  static let punctuation = ScalarTable(CharacterTables.punctuation)
  /// How far away the lower case of a scalar is; U+0130 has one of two scalars.
  static let lowercase = ScalarTable(CharacterTables.lowercase)
  /// Numbers of scripts; 0 for what goes with any script.
  static let scripts = ScalarTable(CharacterTables.scripts)
  /// How scalars make grapheme clusters, as `GraphemeClusters` reads it.
  static let clusters = ScalarTable(CharacterTables.clusters)
}
