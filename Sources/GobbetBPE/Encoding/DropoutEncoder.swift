/// Encodes with BPE-dropout: pairs are passed over at random, so that a text becomes other tokens
/// each time, as a regularisation of training.
///
/// At each step the pairs of a pretoken are looked at in the order of rank, from the left; each is
/// passed over with the given probability, and the first that is not merges. If all are passed
/// over, the pretoken is done. No pretoken is taken whole. The same seed gives the same ids.
/// - Complexity: O(n log n / (1 − p)) for a pretoken of n bytes and probability p.
/// - Source: Provilkov, Emelianenko & Voita 2020; ``ReferenceEncoder`` defines every draw.
public struct DropoutEncoder: Sendable {
  private let tokenizer: Tokenizer
  private var coin: DropoutCoin

  /// Passes over pairs with `probability`; draws from the sequence of `seed`.
  ///
  /// - Precondition: `probability` is from 0 up to 1.
  public init(_ tokenizer: Tokenizer, probability: Double, seed: UInt64) {
    self.tokenizer = tokenizer
    coin = DropoutCoin(probability: probability, seed: seed)
  }

  /// Appends the ids of a text to `ids`; special tokens in it are ordinary text.
  public mutating func encode(_ bytes: Span<UInt8>, into ids: inout [TokenID]) {
    let tables = tokenizer.pipeline ?? .none
    _ = tables.forEachPart(of: bytes, .untracked, .none) { token, part, _ in
      if let token {
        ids.append(token.id)
        return
      }
      tokenizer.scanner.forEachPretoken(in: part) { range in
        encodePretoken(part.extracting(range), into: &ids)
      }
    }
  }

  private mutating func encodePretoken(_ bytes: Span<UInt8>, into ids: inout [TokenID]) {
    var parts: [TokenID] = []
    if let symbols = tokenizer.tables.symbols {
      if let merger = symbols.textMerger {
        return merger.forEachToken(of: bytes, symbols, isPassedOver: { coin.isPassedOver() }) {
          id, _ in ids.append(id)
        }
      }
      symbols.forEachSymbol(of: bytes) { parts.append($0) }
    } else {
      for index in bytes.indices { parts.append(tokenizer.tables.byteTokens[Int(bytes[index])]) }
    }
    var next = Array(1...max(parts.count, 1))
    var previous = Array(-1..<(max(parts.count, 1) - 1))
    var isPart = [Bool](repeating: true, count: parts.count)
    var queue = MinHeap()
    var passedOver: [UInt64] = []

    /// The key of the pair at `place`: its rank, then its place; nil if it does not merge.
    func key(_ place: Int) -> UInt64? {
      guard place >= 0, isPart[place], next[place] < parts.count else { return nil }
      let rank = tokenizer.tables.pairs.rank(parts[place], parts[next[place]])
      return rank == PairTable.none ? nil : UInt64(rank) << 32 | UInt64(place)
    }

    for place in parts.indices { if let key = key(place) { queue.insert(key) } }
    while let best = queue.popMin() {
      let place = Int(truncatingIfNeeded: best & 0xFFFF_FFFF)
      guard key(place) == best else { continue }
      if coin.isPassedOver() {
        passedOver.append(best)
        continue
      }
      let right = next[place]
      parts[place] = tokenizer.tables.result(UInt32(truncatingIfNeeded: best >> 32))
      isPart[right] = false
      next[place] = next[right]
      if next[place] < parts.count { previous[next[place]] = place }
      for changed in [place, previous[place]] {
        if let key = key(changed) { queue.insert(key) }
      }
      for key in passedOver { queue.insert(key) }
      passedOver.removeAll(keepingCapacity: true)
    }
    for place in parts.indices where isPart[place] { ids.append(parts[place]) }
  }
}

/// The draws of BPE-dropout.
struct DropoutCoin: Sendable {
  private let threshold: Double
  private var random: RandomSource

  init(probability: Double, seed: UInt64) {
    precondition((0...1).contains(probability), "a probability is between 0 and 1")
    threshold = probability
    random = RandomSource(seed: seed)
  }

  /// Whether the next pair is passed over.
  mutating func isPassedOver() -> Bool { random.nextUnit() < threshold }
}
