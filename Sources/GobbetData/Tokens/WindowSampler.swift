public import GobbetFile

/// The order in which a trainer visits the windows of a dataset: shuffled anew each epoch, split
/// between the ranks of a world, and resumable from a few integers.
///
/// The order is computed, not stored, so that making a sampler and resuming one both take O(1).
/// Every window is visited exactly once an epoch by exactly one rank; ranks whose number does not
/// divide the windows differ by one.
public struct WindowSampler: Hashable, Sendable, IteratorProtocol, Sequence {
  /// How windows are mixed.
  @nonexhaustive public enum Order: Hashable, Sendable {
    /// As they lie in the file.
    case sequential
    /// Every window may come anywhere.
    case shuffled
    /// Groups of neighbouring windows are shuffled, then the windows of some groups together: the
    /// reader decodes each block about once.
    case groupsShuffled(windowsPerGroup: Int, groupsTogether: Int)
  }

  /// What decides the order, and how far it was followed; store this to resume.
  public struct State: Hashable, Sendable {
    /// The content id of the dataset's file.
    public var contentID: ContentDigest
    /// Inputs of each window.
    public var length: Int
    /// Tokens from the start of a window to the start of the next.
    public var stride: Int
    /// How many windows there are.
    public var windowCount: Int
    /// How windows are mixed.
    public var order: Order
    /// What the order is made from.
    public var seed: UInt64
    /// The number of the pass over the data, which changes the order.
    public var epoch: UInt64
    /// Which of the readers this is.
    public var rank: Int
    /// How many readers share the windows.
    public var worldSize: Int
    /// How many windows of this epoch and rank were visited.
    public var position: Int

    /// A state of these numbers, as they were stored.
    public init(
      contentID: ContentDigest, length: Int, stride: Int, windowCount: Int, order: Order,
      seed: UInt64,
      epoch: UInt64, rank: Int, worldSize: Int, position: Int
    ) {
      self.contentID = contentID
      self.length = length
      self.stride = stride
      self.windowCount = windowCount
      self.order = order
      self.seed = seed
      self.epoch = epoch
      self.rank = rank
      self.worldSize = worldSize
      self.position = position
    }
  }

  /// The state from which a sampler goes on exactly here.
  public private(set) var state: State
  private let windows: WindowPermutation
  private let share: Range<Int>

  /// A sampler at `state`.
  ///
  /// - Precondition: the state is a possible one.
  package init(_ state: State) {
    precondition(state.isPossible, "WindowSampler: no such rank, position or groups")
    self.state = state
    share = state.share
    windows = WindowPermutation(
      count: state.windowCount, order: state.order,
      key: Permutation.mixed(state.epoch, Permutation.mixed(state.seed, 0)))
  }

  /// How many windows this rank visits an epoch.
  public var count: Int { share.count }

  /// The next window of this epoch, or nil at its end.
  public mutating func next() -> Int? {
    guard state.position < share.count else { return nil }
    defer { state.position += 1 }
    return windows[share.lowerBound + state.position]
  }

  /// Begins the next epoch.
  public mutating func beginNextEpoch() {
    var next = state
    next.epoch &+= 1
    next.position = 0
    self = WindowSampler(next)
  }

}

extension WindowSampler.State {
  /// Whether a sampler can be in this state.
  var isPossible: Bool {
    guard windowCount >= 0, worldSize > 0, (0..<worldSize).contains(rank),
      (0...share.count).contains(position)
    else { return false }
    if case .groupsShuffled(let windowsPerGroup, let groupsTogether) = order {
      return windowsPerGroup > 0 && groupsTogether > 0
    }
    return true
  }

  /// The part of the order that is the rank's; parts are in order of rank, of nearly equal length.
  var share: Range<Int> {
    let bound = { worldSize.dividingFullWidth(windowCount.multipliedFullWidth(by: $0)).quotient }
    return bound(rank)..<bound(rank + 1)
  }
}

/// The window at each position of an order.
private struct WindowPermutation: Hashable, Sendable {
  private let count: Int
  private let order: WindowSampler.Order
  private let key: UInt64
  /// Of single windows, or of whole groups.
  private let permutation: Permutation

  init(count: Int, order: WindowSampler.Order, key: UInt64) {
    self.count = count
    self.order = order
    self.key = key
    if case .groupsShuffled(let windowsPerGroup, _) = order {
      permutation = Permutation(count: count / windowsPerGroup, key: key)
    } else {
      permutation = Permutation(count: count, key: key)
    }
  }

  subscript(position: Int) -> Int {
    switch order {
    case .sequential: position
    case .shuffled: permutation[position]
    case .groupsShuffled(let windowsPerGroup, let groupsTogether):
      grouped(position, windowsPerGroup, groupsTogether)
    }
  }

  /// The windows lie on a ring that the key turns, so that the few that fill no group are others
  /// each epoch; they come last.
  private func grouped(_ position: Int, _ size: Int, _ together: Int) -> Int {
    let turn = Int(Permutation.mixed(1, key) % UInt64(count))
    let grouped = permutation.count * size
    guard position < grouped else { return (position + turn) % count }
    let (span, overflow) = size.multipliedReportingOverflow(by: together)
    let mixedCount = overflow ? grouped : span
    let start = position / mixedCount * mixedCount
    let mixed = Permutation(
      count: min(mixedCount, grouped - start), key: key &+ UInt64(start) &+ 1)
    let place = start + mixed[position - start]
    return (permutation[place / size] * size + place % size + turn) % count
  }
}
