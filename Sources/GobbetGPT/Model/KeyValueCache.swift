internal import CGobbetKernels

/// The keys and values of one sequence: what later tokens need of earlier ones.
///
/// Belongs to one thread at a time. What is computed with it is the same, to the bit, as without.
public final class KeyValueCache {
  /// Tokens of the sequence so far.
  public internal(set) var count = 0
  /// Tokens there is room for: the context of the model.
  public let contextLength: Int

  /// Positions in whole panels.
  let capacity: Int
  let headCount: Int
  let headWidth: Int
  var width: Int { headCount * headWidth }
  let precision: Precision
  private let layerCount: Int
  private let keyWords: Int
  private let valueWords: Int
  private let memory: LargeMemory

  /// An empty sequence of a model.
  ///
  /// - Throws: ``GPTError`` (`outOfMemory`).
  public init(_ model: GPT) throws(GPTError) {
    let configuration = model.configuration
    precision = model.precision
    contextLength = configuration.contextLength
    capacity = PackedMatrix.paddedCount(configuration.contextLength)
    headCount = configuration.headCount
    headWidth = configuration.headWidth
    layerCount = configuration.layerCount
    let element = precision.cacheCode
    keyWords = headCount * gobbet_key_words(element, capacity, headWidth)
    valueWords = headCount * gobbet_value_words(element, capacity, headWidth)
    memory = try LargeMemory(wordCount: layerCount * (keyWords + valueWords))
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
    let configuration = model.configuration
    return precision == model.precision && contextLength == configuration.contextLength
      && headCount == configuration.headCount && headWidth == configuration.headWidth
      && layerCount == configuration.layerCount
  }

  /// The keys of a layer; the pointer lives as long as `self`.
  func keys(_ layer: Int) -> UnsafeMutableRawPointer {
    precondition(layer < layerCount, "keys: no such layer")
    return unsafe memory.pointer(at: layer * (keyWords + valueWords))
  }

  /// The values of a layer; the pointer lives as long as `self`.
  func values(_ layer: Int) -> UnsafeMutableRawPointer {
    precondition(layer < layerCount, "values: no such layer")
    return unsafe memory.pointer(at: layer * (keyWords + valueWords) + keyWords)
  }
}
