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

  /// Where the readers of an epoch stopped, to go on as readers of another number.
  public struct Stop: Hashable, Sendable {
    /// How many readers shared the windows.
    public let worldSize: Int
    /// How many windows each had visited of those that were left before, or all of its share.
    public let position: Int

    /// A stop of these numbers, as they were stored.
    public init(worldSize: Int, position: Int) {
      self.worldSize = worldSize
      self.position = position
    }
  }

  /// The windows of a dataset, or its rows, as far as they decide the order.
  public struct Windows: Hashable, Sendable {
    /// The content id of the dataset's file.
    public var contentID: ContentDigest
    /// Inputs of each window.
    public var length: Int
    /// Tokens from the start of a window to the start of the next.
    public var stride: Int
    /// How many windows there are.
    public var count: Int

    /// Creates a description of windows.
    public init(contentID: ContentDigest, length: Int, stride: Int, count: Int) {
      self.contentID = contentID
      self.length = length
      self.stride = stride
      self.count = count
    }
  }

  /// What decides the order, and how far it was followed; store this to resume.
  ///
  /// Readers that visit equally many windows at a time all have the same state but for their ranks:
  /// ``shared(rank:worldSize:)`` makes that of each out of any.
  public struct State: Hashable, Sendable {
    /// What is visited.
    public var windows: Windows
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
    /// How many windows of this epoch each rank has visited, or all of its share: since `earlier`,
    /// where that isn't empty.
    public var position: Int
    /// Where readers of other numbers stopped in this epoch, in order; at most
    /// ``maximumStopCount``.
    public var earlier: [Stop]

    /// How often the number of readers may change in an epoch.
    public static let maximumStopCount = 16

    /// A state of these numbers, as they were stored.
    public init(
      windows: Windows, order: Order, seed: UInt64, epoch: UInt64 = 0, rank: Int = 0,
      worldSize: Int = 1, position: Int = 0, earlier: [Stop] = []
    ) {
      self.windows = windows
      self.order = order
      self.seed = seed
      self.epoch = epoch
      self.rank = rank
      self.worldSize = worldSize
      self.position = position
      self.earlier = earlier
    }
  }

  /// The state from which a sampler goes on exactly here.
  public private(set) var state: State
  private let windows: WindowPermutation
  private let route: WindowRoute
  private let share: Range<Int>

  /// A sampler at `state`.
  ///
  /// - Precondition: the state is a possible one.
  package init(_ state: State) {
    guard state.isPossible, let route = state.route else {
      preconditionFailure("WindowSampler: no such rank, position, stops or groups")
    }
    self.state = state
    self.route = route
    share = WindowShares(count: route.leftCount, worldSize: state.worldSize)[state.rank]
    windows = WindowPermutation(
      count: state.windows.count, order: state.order,
      key: Permutation.mixed(state.epoch, Permutation.mixed(state.seed, 0)))
  }

  /// How many windows this rank visits an epoch; since the last change of the number of readers,
  /// where there was one.
  public var count: Int { share.count }

  /// The next window of this epoch, or nil at its end.
  public mutating func next() -> Int? {
    guard state.position < share.count else { return nil }
    defer { state.position += 1 }
    return windows[route.position(ofLeft: share.lowerBound + state.position)]
  }

  /// Begins the next epoch.
  public mutating func beginNextEpoch() {
    var next = state
    next.epoch &+= 1
    next.position = 0
    next.earlier = []
    self = WindowSampler(next)
  }
}

extension WindowSampler.State {
  /// The state of another reader that goes on where those of this state stopped, each at the same
  /// position; nil if the number of readers has changed too often in this epoch.
  ///
  /// Among any number of readers, every window of the epoch that was not visited yet is visited
  /// once.
  /// - Precondition: `rank` is in `0..<worldSize`.
  public func shared(rank: Int, worldSize: Int) -> Self? {
    precondition((0..<worldSize).contains(rank), "WindowSampler: no such rank")
    var state = self
    state.rank = rank
    guard worldSize != self.worldSize else { return state }
    state.worldSize = worldSize
    state.position = 0
    // Readers who have visited nothing change nothing.
    if position > 0 {
      guard earlier.count < Self.maximumStopCount else { return nil }
      state.earlier.append(WindowSampler.Stop(worldSize: self.worldSize, position: position))
    }
    return state
  }

  /// Whether a sampler can be in this state.
  package var isPossible: Bool {
    guard windows.count >= 0, worldSize > 0, (0..<worldSize).contains(rank), let route,
      (0...WindowShares(count: route.leftCount, worldSize: worldSize).longest).contains(position)
    else { return false }
    if case .groupsShuffled(let windowsPerGroup, let groupsTogether) = order {
      return windowsPerGroup > 0 && groupsTogether > 0
    }
    return true
  }

  /// The windows that were left at the last stop; nil if there cannot have been such stops.
  fileprivate var route: WindowRoute? {
    guard earlier.count <= Self.maximumStopCount else { return nil }
    var route = WindowRoute(count: windows.count)
    for stop in earlier where !route.stop(stop.worldSize, at: stop.position) { return nil }
    return route
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
