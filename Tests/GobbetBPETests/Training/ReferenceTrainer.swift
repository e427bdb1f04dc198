import GobbetBPE

/// Byte-pair encoding as it is told in one paragraph: counts every pair from scratch, merges the
/// most frequent one from left to right, and starts again.
struct ReferenceTrainer {
  let options: TrainingOptions

  /// The merges that `pretokens` lead to, as pairs of byte strings.
  func merges(of pretokens: [[UInt8]: UInt64]) -> [[[UInt8]]] {
    let byteOrder = options.tieBreak.byteOrder
    var strings = byteOrder.map { [$0] }
    var words = pretokens.map { bytes, count in
      (symbols: bytes.compactMap { byteOrder.firstIndex(of: $0) }, count: count)
    }
    var merges: [[[UInt8]]] = []
    while merges.count < options.vocabularySize - 256 - options.specialTokens.count {
      var counts: [[Int]: UInt64] = [:]
      for word in words {
        for (left, right) in zip(word.symbols, word.symbols.dropFirst()) {
          counts[[left, right], default: 0] += word.count
        }
      }
      let allowed = counts.filter { pair, _ in
        let string = strings[pair[0]] + strings[pair[1]]
        return string.count < max(options.maximumTokenLength ?? .max, 3)
          && !options.specialTokens.contains(string)
      }
      // The highest count; of equal ones the smallest pair.
      let best = allowed.min {
        $0.value != $1.value ? $0.value > $1.value : $0.key.lexicographicallyPrecedes($1.key)
      }
      guard let (pair, count) = best, count >= options.minimumFrequency else { break }
      for index in words.indices {
        words[index].symbols = merged(words[index].symbols, pair, into: strings.count)
      }
      merges.append([strings[pair[0]], strings[pair[1]]])
      strings.append(strings[pair[0]] + strings[pair[1]])
    }
    return merges
  }

  private func merged(_ symbols: [Int], _ pair: [Int], into result: Int) -> [Int] {
    var merged: [Int] = []
    var index = 0
    while index < symbols.count {
      if Array(symbols[index...].prefix(2)) == pair {
        merged.append(result)
        index += 2
      } else {
        merged.append(symbols[index])
        index += 1
      }
    }
    return merged
  }
}

extension Vocabulary {
  /// The merges as pairs of byte strings.
  var mergedStrings: [[[UInt8]]] {
    merges.map { [Array(bytes(of: $0.left) ?? []), Array(bytes(of: $0.right) ?? [])] }
  }
}

extension PretokenCounts {
  /// A table of these pretokens.
  init(_ pretokens: [[UInt8]: UInt64]) throws {
    self.init()
    for (bytes, count) in pretokens { try add(bytes.span, count: count) }
  }

  /// The pretokens in the order of bytes.
  var sorted: [(bytes: [UInt8], count: UInt64)] {
    var sorted: [(bytes: [UInt8], count: UInt64)] = []
    forEachSortedPretoken { bytes, count in
      sorted.append((bytes.indices.map { bytes[$0] }, count))
    }
    return sorted
  }
}
