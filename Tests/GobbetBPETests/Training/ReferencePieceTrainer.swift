import GobbetBPE

/// SentencePiece's way with BPE as it is told in one paragraph.
///
/// Counts every pair from scratch, merges the most frequent one wherever it is, and starts again. Every pair that ever stood side by side stays
/// in the race.
struct ReferencePieceTrainer {
  let limit: Int
  let maximumLength: Int
  /// Whether a text may become a piece, beside its length.
  var allows: ([Unicode.Scalar]) -> Bool = { _ in true }

  private typealias Text = [Unicode.Scalar]

  private struct Pair: Hashable {
    let left: [Unicode.Scalar]
    let right: [Unicode.Scalar]
  }

  /// The pieces that are learned from words of characters, in order.
  func pieces(of words: [[Unicode.Scalar]: UInt64]) -> [String] {
    var words = words.map { (symbols: $0.key.map { [$0] }, count: $0.value) }
    var candidates: Set<Pair> = []
    var taken: Set<[Unicode.Scalar]> = []
    var pieces: [String] = []
    while pieces.count < limit {
      var counts: [Pair: UInt64] = [:]
      for word in words {
        for (left, right) in zip(word.symbols, word.symbols.dropFirst()) {
          counts[Pair(left: left, right: right), default: 0] += word.count
        }
      }
      candidates.formUnion(counts.keys)
      let allowed = candidates.filter { pair in
        let text = pair.left + pair.right
        return text.count <= maximumLength && allows(text) && !taken.contains(text)
      }
      let best = allowed.min { first, second in
        let (one, two) = (counts[first] ?? 0, counts[second] ?? 0)
        if one != two { return one > two }
        let texts = (first.left + first.right, second.left + second.right)
        if texts.0.count != texts.1.count { return texts.0.count < texts.1.count }
        return Self.bytes(texts.0).lexicographicallyPrecedes(Self.bytes(texts.1))
      }
      guard let best else { break }
      taken.insert(best.left + best.right)
      pieces.append(Self.text(best.left + best.right))
      for index in words.indices {
        words[index].symbols = merged(words[index].symbols, best, &candidates)
      }
    }
    return pieces
  }

  private func merged(
    _ symbols: [Text], _ pair: Pair, _ candidates: inout Set<Pair>
  ) -> [Text] {
    var symbols = symbols
    var place = 0
    while place + 1 < symbols.count {
      if symbols[place] == pair.left, symbols[place + 1] == pair.right {
        symbols.replaceSubrange(place...(place + 1), with: [pair.left + pair.right])
        for other in [place, place + 1] where other > 0 && other < symbols.count {
          candidates.insert(Pair(left: symbols[other - 1], right: symbols[other]))
        }
      }
      place += 1
    }
    return symbols
  }

  private static func text(_ scalars: Text) -> String {
    var text = String.UnicodeScalarView()
    text.append(contentsOf: scalars)
    return String(text)
  }

  private static func bytes(_ scalars: Text) -> [UInt8] { Array(text(scalars).utf8) }
}

/// `tokenizers`' way with BPE of characters: the same, but of equally frequent pairs the one with the
/// lower ids is first, and a pair that is gone is out.
struct ReferenceTokenTrainer {
  let limit: Int
  let minimumFrequency: UInt64
  let maximumLength: Int
  /// The characters that get a token, in the order of their ids.
  let alphabet: [Unicode.Scalar]

  /// The merges, as pairs of texts.
  func merges(of words: [[Unicode.Scalar]: UInt64]) -> [[String]] {
    var texts = alphabet.map { String($0) }
    var lengths = alphabet.map { _ in 1 }
    var words = words.map { word, count in
      (symbols: word.compactMap { alphabet.firstIndex(of: $0) }, count: count)
    }
    var merges: [[String]] = []
    while texts.count < limit {
      var counts: [[Int]: UInt64] = [:]
      for word in words {
        for (left, right) in zip(word.symbols, word.symbols.dropFirst()) {
          counts[[left, right], default: 0] += word.count
        }
      }
      let best =
        counts
        .filter { lengths[$0.key[0]] + lengths[$0.key[1]] < max(maximumLength, 3) }
        .min {
          $0.value != $1.value ? $0.value > $1.value : $0.key.lexicographicallyPrecedes($1.key)
        }
      guard let (pair, count) = best, count >= max(minimumFrequency, 1) else { break }
      for index in words.indices {
        var symbols = words[index].symbols
        var place = 0
        while place + 1 < symbols.count {
          if symbols[place] == pair[0], symbols[place + 1] == pair[1] {
            symbols.replaceSubrange(place...(place + 1), with: [texts.count])
          }
          place += 1
        }
        words[index].symbols = symbols
      }
      merges.append([texts[pair[0]], texts[pair[1]]])
      texts.append(texts[pair[0]] + texts[pair[1]])
      lengths.append(lengths[pair[0]] + lengths[pair[1]])
    }
    return merges
  }
}
