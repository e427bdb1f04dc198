internal import CGobbetKernels
internal import GobbetData

/// The keys and values of one sequence: what later tokens need of earlier ones.
///
/// Belongs to one thread at a time. What is computed with it is the same, to the bit, as without.
public final class KeyValueCache {
  /// Tokens of the sequence so far.
  public internal(set) var count = 0
  /// Tokens there is room for: the context of the model.
  public let contextLength: Int

  /// Positions there is memory for, in whole panels; more come when they are needed.
  private(set) var capacity: Int
  /// Heads that have keys and values.
  let headCount: Int
  let headWidth: Int
  var width: Int { headCount * headWidth }
  let precision: Precision
  private let layerCount: Int
  private var keyWords = 0
  private var valueWords = 0
  private var memory: LargeMemory

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
    layerCount = architecture.layers.count
    capacity = 0
    memory = try LargeMemory(wordCount: 0)
    try reserve(min(Self.firstCapacity, contextLength))
  }

  /// Makes sure that there is memory for that many positions.
  ///
  /// - Throws: ``GPTError`` (`outOfMemory`); nothing has changed then.
  func reserve(_ positionCount: Int) throws(GPTError) {
    guard positionCount > capacity else { return }
    let larger = PackedMatrix.paddedCount(min(max(positionCount, 2 * capacity), contextLength))
    let element = precision.cacheCode
    let newKeyWords = gobbet_key_words(element, larger, headWidth)
    let newValueWords = gobbet_value_words(element, larger, headWidth)
    let newMemory = try LargeMemory(
      wordCount: layerCount * headCount * (newKeyWords + newValueWords))
    // A head's keys are panels of positions, and its values panels that are as long as there are
    // positions: so what is there is the beginning of each.
    let valuePanelCount = PackedMatrix.paddedCount(headWidth) / PackedMatrix.panelWidth
    let panels = layerCount * headCount * valuePanelCount
    for (firstOld, firstNew, words, newWords, count) in [
      (0, 0, keyWords, newKeyWords, layerCount * headCount),
      (
        layerCount * headCount * keyWords, layerCount * headCount * newKeyWords,
        valueWords / valuePanelCount, newValueWords / valuePanelCount, panels
      ),
    ] {
      for index in 0..<count {
        newMemory.copy(
          memory, from: firstOld + index * words, to: firstNew + index * newWords, wordCount: words)
      }
    }
    memory = newMemory
    keyWords = newKeyWords
    valueWords = newValueWords
    capacity = larger
  }

  /// Forgets all tokens but the first `count`.
  ///
  /// - Precondition: there are that many.
  public func rewind(to count: Int = 0) {
    precondition(count >= 0 && count <= self.count, "rewind: the sequence is shorter")
    self.count = count
  }

  /// Whether it was made for a model like that one.
  func fits(_ model: GPT) -> Bool {
    let architecture = model.architecture
    return precision == model.precision && contextLength == architecture.contextLength
      && headCount == architecture.keyValueHeadCount && headWidth == architecture.headDimension
      && layerCount == architecture.layers.count
  }

  /// The keys of a layer; the pointer lives until ``reserve(_:)``.
  func keys(_ layer: Int) -> UnsafeMutableRawPointer {
    precondition(layer < layerCount, "keys: no such layer")
    return unsafe memory.pointer(at: layer * headCount * keyWords)
  }

  /// The values of a layer; the pointer lives until ``reserve(_:)``.
  func values(_ layer: Int) -> UnsafeMutableRawPointer {
    precondition(layer < layerCount, "values: no such layer")
    return unsafe memory.pointer(at: headCount * (layerCount * keyWords + layer * valueWords))
  }
}
