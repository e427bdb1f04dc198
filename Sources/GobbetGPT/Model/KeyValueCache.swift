internal import CGobbetKernels
internal import GobbetData

/// The keys and values of one sequence: what later tokens need of earlier ones.
///
/// A layer with a window holds the positions of the window, and as many more as come in together; the
/// others hold all. Belongs to one thread at a time. What is computed with it is the same, to the bit, as
/// without.
public final class KeyValueCache {
  /// Tokens of the sequence so far.
  public internal(set) var count = 0
  /// Tokens there is room for: the context of the model.
  public let contextLength: Int
  /// Heads that have keys and values.
  let headCount: Int
  let headWidth: Int
  var width: Int { headCount * headWidth }
  let precision: Precision

  /// Layers that hold equally many positions.
  private var groups: [CachedLayers] = []
  /// For every layer its group, and which of the group's layers it is.
  private var places: [(group: Int, index: Int)] = []
  private let windows: [Int?]
  /// The tokens beyond which a sequence is a long one, turned otherwise from its first token on.
  private let shortTextLength: Int
  /// Whether the sequence is a long one.
  private(set) var isLong = false

  /// Positions that a cache has memory for at first.
  private static let firstCapacity = 128

  /// An empty sequence of a model.
  ///
  /// - Throws: ``GPTError`` (`outOfMemory`).
  public init(_ model: GPT) throws(GPTError) {
    let architecture = model.architecture
    precision = model.precision
    contextLength = architecture.contextLength
    headCount = architecture.keyValueHeadCount
    headWidth = architecture.headDimension
    windows = architecture.layers.map(\.window)
    shortTextLength = architecture.shortTextLength
    var groupOfWindow: [Int?: Int] = [:]
    for window in windows {
      let group = groupOfWindow[window] ?? groups.count
      if group == groups.count {
        groupOfWindow[window] = group
        groups.append(
          try CachedLayers(
            window: window, contextLength: contextLength, headCount: headCount,
            headWidth: headWidth, precision))
      }
      places.append((group, groups[group].layerCount))
      groups[group].appendLayer()
    }
    try reserve(min(Self.firstCapacity, contextLength))
  }

  /// Bytes of memory that keys and values have.
  public var byteCount: Int { groups.reduce(0) { $0 + $1.byteCount } }

  /// Makes sure that there is memory for that many positions, or for as many as a layer holds.
  ///
  /// - Throws: ``GPTError`` (`outOfMemory`); the sequence is unchanged then.
  func reserve(_ positionCount: Int) throws(GPTError) {
    for group in groups.indices { try groups[group].reserve(positionCount) }
  }

  /// Whether a sequence that becomes so long has to begin again, because it is turned otherwise.
  func mustBeginAgain(at tokenCount: Int) -> Bool {
    count > 0 && isLong != (tokenCount > shortTextLength)
  }

  /// Makes room for a sequence of that many tokens.
  ///
  /// - Throws: ``GPTError`` (`contextExceeded`) for one that ``mustBeginAgain(at:)``; `outOfMemory`.
  func prepare(_ tokenCount: Int) throws(GPTError) {
    guard !mustBeginAgain(at: tokenCount) else {
      throw GPTError(.contextExceeded(tokenCount: tokenCount, contextLength: shortTextLength))
    }
    isLong = tokenCount > shortTextLength
    try reserve(tokenCount)
  }

  /// Forgets all tokens but the first `count`.
  ///
  /// - Precondition: there are that many, and ``canRewind(to:)``.
  public func rewind(to count: Int = 0) {
    precondition(count >= 0 && count <= self.count, "rewind: the sequence is shorter")
    precondition(canRewind(to: count), "rewind: a window has left those tokens behind")
    self.count = count
    if count == 0 { for group in groups.indices { groups[group].forgetAll() } }
  }

  /// Whether a sequence can go on after its first `count` tokens: always after none or all of them, else
  /// if every layer with a window still holds what the next token sees.
  public func canRewind(to count: Int) -> Bool {
    count == 0 || count == self.count || groups.allSatisfy { $0.holdsWindow(before: count) }
  }

  /// Whether it was made for a model like that one.
  func fits(_ model: GPT) -> Bool {
    let architecture = model.architecture
    return precision == model.precision && contextLength == architecture.contextLength
      && headCount == architecture.keyValueHeadCount && headWidth == architecture.headDimension
      && windows == architecture.layers.map(\.window)
  }

  /// Returns the position up to which a layer has room, after `position` and at most `end`.
  ///
  /// If it needs room it forgets what no row from `position` on sees.
  func makeRoom(_ layer: Int, from position: Int, to end: Int) -> Int {
    groups[places[layer].group].makeRoom(places[layer].index, from: position, to: end)
  }

  /// Positions that a layer has memory for, in whole panels.
  func capacity(_ layer: Int) -> Int { groups[places[layer].group].capacity }

  /// The position of the first keys and values that a layer holds.
  func firstPosition(_ layer: Int) -> Int {
    groups[places[layer].group].firstPosition(places[layer].index)
  }

  /// The keys of a layer; the pointer lives until ``reserve(_:)``.
  func keys(_ layer: Int) -> UnsafeMutableRawPointer {
    unsafe groups[places[layer].group].keys(places[layer].index)
  }

  /// The values of a layer; the pointer lives until ``reserve(_:)``.
  func values(_ layer: Int) -> UnsafeMutableRawPointer {
    unsafe groups[places[layer].group].values(places[layer].index)
  }
}
