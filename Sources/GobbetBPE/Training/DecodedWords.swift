/// Words as characters with their counts, one after the other.
struct DecodedWords {
  /// The characters of all words; a byte that isn't part of one is U+FFFD.
  private(set) var scalars: [UInt32] = []
  /// Where each word ends.
  private(set) var ends: [Int] = []
  private(set) var counts: [UInt64] = []

  /// The words of a source.
  ///
  /// - Throws: what the source throws.
  init(_ source: any PretokenSource) throws {
    // Spaces that are still to be spelled are so on the way.
    let spelled = source as? SpelledPretokens
    let space: UInt32 = spelled == nil ? 0x20 : 0x2581
    try (spelled?.source ?? source).forEachPretoken { bytes, count in
      var place = 0
      while place < bytes.count {
        let byte = bytes[place]
        if byte < 0x80 {
          scalars.append(byte == 0x20 ? space : UInt32(byte))
          place += 1
        } else {
          let (value, length) = UTF8Scalar.scalarOrByte(of: bytes, at: place)
          scalars.append(value < 0 ? 0xFFFD : UInt32(truncatingIfNeeded: value))
          place += length
        }
      }
      ends.append(scalars.count)
      counts.append(count)
    }
  }

  /// Calls `body` with the range of each word in ``scalars`` and its count.
  @inline(__always) func forEachWord(_ body: (Range<Int>, UInt64) -> Void) {
    var start = 0
    for index in ends.indices {
      body(start..<ends[index], counts[index])
      start = ends[index]
    }
  }

  /// The words as symbols; they are cut at characters without a symbol, or these are left out.
  ///
  /// - Throws: ``TrainingError`` (`noPretokens`) if nothing is left.
  func encoded(
    _ symbols: [UInt32: Symbol], cutsAtOthers: Bool
  ) throws(TrainingError) -> SymbolWords {
    var basic = [Symbol](repeating: .max, count: 1 << 16)
    for (scalar, symbol) in symbols where scalar < 1 << 16 { basic[Int(scalar)] = symbol }
    var encoded = SymbolWords()
    encoded.reserve(symbolCount: scalars.count, wordCount: counts.count)
    forEachWord { range, count in
      for index in range {
        let scalar = scalars[index]
        let symbol = scalar < 1 << 16 ? basic[Int(scalar)] : symbols[scalar] ?? .max
        if symbol != .max {
          encoded.append(symbol)
        } else if cutsAtOthers {
          encoded.endWord(count: count)
        }
      }
      encoded.endWord(count: count)
    }
    guard encoded.count > 0 else { throw .noPretokens }
    return encoded
  }
}
