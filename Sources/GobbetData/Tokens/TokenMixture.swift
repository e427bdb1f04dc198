internal import GobbetBPE
public import GobbetFile

/// Windows of several datasets as one, a number of each in turn.
public struct TokenMixture: Sendable {
  /// The windows of each dataset, all of one length.
  public let windows: [TokenWindows]
  /// Of how many windows of each dataset a cycle is made: 7, 2 and 1 are seventy, twenty and ten
  /// per cent.
  public let parts: [Int]
  /// The SHA-256 of what is mixed: the content ids, the windows and the parts.
  public let contentID: ContentDigest

  /// A mixture.
  ///
  /// - Precondition: there are as many parts as windows, at least one; all lengths are the same; every
  ///   part is positive and of a dataset that has windows.
  /// - Throws: ``TokenDatasetError`` (`wrongVocabulary`) for tokens of another vocabulary than those
  ///   of the first.
  public init(_ windows: [TokenWindows], parts: [Int]) throws(TokenDatasetError) {
    precondition(
      !windows.isEmpty && windows.count == parts.count
        && windows.allSatisfy { $0.length == windows[0].length && $0.count > 0 }
        && parts.allSatisfy { $0 > 0 }, "TokenMixture: no such windows or parts")
    let fingerprint = windows[0].dataset.fingerprint
    for other in windows.dropFirst() where other.dataset.fingerprint != fingerprint {
      throw TokenDatasetError(
        .wrongVocabulary(expected: other.dataset.fingerprint, found: fingerprint),
        other.dataset.paths[0])
    }
    var content = ByteWriter()
    for (window, part) in zip(windows, parts) {
      content.write(window.dataset.contentID.bytes)
      for number in [window.length, window.stride, part] { content.write(UInt64(number)) }
    }
    self.windows = windows
    self.parts = parts
    contentID = ContentDigest(of: content.bytes.span)
  }

  /// A window of one of the datasets.
  public struct Place: Hashable, Sendable {
    /// The index of the dataset.
    public let dataset: Int
    /// The index of the window among those of the dataset.
    public let window: Int
  }

  /// Some windows, in the order of `places`.
  ///
  /// - Precondition: there are such windows.
  /// - Throws: `FormatError` or `FileError` if their tokens cannot be read.
  public func batch(_ places: [Place]) throws -> TokenBatch {
    let length = windows[0].length
    var inputs = [TokenID](repeating: 0, count: places.count * length)
    var targets = inputs
    var inputSpan = inputs.mutableSpan
    var targetSpan = targets.mutableSpan
    for (row, place) in places.enumerated() {
      let row = (row * length)..<((row + 1) * length)
      try inputSpan.withPart(row) { inputs in
        try targetSpan.withPart(row) { targets in
          try windows[place.dataset].copy(
            [place.window].span, inputs: &inputs, targets: &targets)
        }
      }
    }
    return TokenBatch(
      windowCount: places.count, rowCount: places.count, length: length, inputs: inputs,
      targets: targets)
  }

  /// The order in which one of `worldSize` readers visits its share of the windows, without end.
  ///
  /// - Precondition: `rank` is in `0..<worldSize`.
  public func sampler(seed: UInt64, rank: Int = 0, worldSize: Int = 1) -> MixtureSampler {
    MixtureSampler(
      self,
      MixtureSampler.State(
        contentID: contentID, seed: seed, rank: rank, worldSize: worldSize))
  }

  /// The sampler that goes on where another stopped.
  ///
  /// - Throws: ``TokenDatasetError`` (`foreignState`) if the state is of another mixture, or is none.
  /// - Complexity: O(1).
  public func sampler(
    resuming state: MixtureSampler.State
  ) throws(TokenDatasetError) -> MixtureSampler {
    guard state.contentID == contentID else {
      throw TokenDatasetError(
        .foreignState("of mixture \(state.contentID), not \(contentID)"),
        windows[0].dataset.paths[0])
    }
    guard state.isPossible else {
      throw TokenDatasetError(
        .foreignState("no sampler has such numbers"), windows[0].dataset.paths[0])
    }
    return MixtureSampler(self, state)
  }
}

/// The order in which a trainer visits the windows of a mixture, computed from a few integers.
///
/// In each cycle every dataset has as many windows as its part says, in an order of the cycle's own.
/// The windows of a dataset come as a shuffled order has them, each once before any comes again.
/// Ranks take turns: rank r of w has the windows r, r + w, r + 2w of the one order.
public struct MixtureSampler: Sendable, IteratorProtocol {
  /// What decides the order, and how far it was followed; store this to resume.
  public struct State: Hashable, Sendable {
    /// The content id of the mixture.
    public var contentID: ContentDigest
    /// What the order is made from.
    public var seed: UInt64
    /// Which of the readers this is.
    public var rank: Int
    /// How many readers share the windows.
    public var worldSize: Int
    /// How many windows this rank has visited.
    public var position: Int

    /// A state of these numbers, as they were stored.
    public init(
      contentID: ContentDigest, seed: UInt64, rank: Int, worldSize: Int, position: Int = 0
    ) {
      self.contentID = contentID
      self.seed = seed
      self.rank = rank
      self.worldSize = worldSize
      self.position = position
    }

    /// Whether a sampler can be in this state.
    var isPossible: Bool {
      guard worldSize > 0, (0..<worldSize).contains(rank), position >= 0 else { return false }
      let (product, overflow) = position.multipliedReportingOverflow(by: worldSize)
      return !overflow && product < .max / 4
    }
  }

  /// The state from which a sampler goes on exactly here.
  public private(set) var state: State
  private let counts: [Int]
  /// Where the part of each dataset begins in a cycle, and where the last one ends.
  private let bounds: [Int]

  init(_ mixture: TokenMixture, _ state: State) {
    precondition(state.isPossible, "MixtureSampler: no such rank or position")
    self.state = state
    counts = mixture.windows.map(\.count)
    bounds = mixture.parts.reduce(into: [0]) { $0.append(($0.last ?? 0) + $1) }
  }

  /// The next window; there is always one.
  ///
  /// - Complexity: O(sum of the parts).
  public mutating func next() -> TokenMixture.Place? {
    let step = state.position * state.worldSize + state.rank
    state.position += 1
    let period = bounds[counts.count]
    let (cycle, place) = step.quotientAndRemainder(dividingBy: period)
    let key = Permutation.mixed(state.seed, 0)
    let slots = Permutation(count: period, key: Permutation.mixed(UInt64(cycle), key))
    let slot = slots[place]
    let dataset = (bounds.firstIndex { $0 > slot } ?? counts.count) - 1
    let own = bounds[dataset]..<bounds[dataset + 1]
    // How many windows of this dataset came before.
    let ordinal = cycle * own.count + (0..<place).count { own.contains(slots[$0]) }
    let (epoch, position) = ordinal.quotientAndRemainder(dividingBy: counts[dataset])
    let order = Permutation(
      count: counts[dataset],
      key: Permutation.mixed(UInt64(epoch), Permutation.mixed(UInt64(dataset) &+ 1, key)))
    return TokenMixture.Place(dataset: dataset, window: order[position])
  }
}
