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
  private let layerCount: Int
  private let memory: LargeMemory

  /// An empty sequence of a model of that configuration.
  ///
  /// - Throws: ``GPTError`` (`outOfMemory`).
  public init(_ configuration: Configuration) throws(GPTError) {
    contextLength = configuration.contextLength
    capacity = PackedMatrix.paddedCount(configuration.contextLength)
    headCount = configuration.headCount
    headWidth = configuration.headWidth
    layerCount = configuration.layerCount
    let floats =
      gobbet_key_count(capacity, headCount, headWidth)
      + gobbet_value_count(capacity, headCount, headWidth)
    memory = try LargeMemory(wordCount: layerCount * floats)
  }

  /// Forgets all tokens but the first `count`.
  ///
  /// - Precondition: there are that many.
  public func rewind(to count: Int = 0) {
    precondition(count >= 0 && count <= self.count, "rewind: the sequence is shorter")
    self.count = count
  }

  /// Whether a model of that configuration can use it.
  func fits(_ configuration: Configuration) -> Bool {
    contextLength == configuration.contextLength && headCount == configuration.headCount
      && headWidth == configuration.headWidth && layerCount == configuration.layerCount
  }

  /// The keys of a layer; the pointer lives as long as `self`.
  func keys(_ layer: Int) -> UnsafeMutablePointer<Float> {
    precondition(layer < layerCount, "keys: no such layer")
    let keyCount = gobbet_key_count(capacity, headCount, headWidth)
    return unsafe floats(at: layer * keyCount, count: keyCount)
  }

  /// The values of a layer; the pointer lives as long as `self`.
  func values(_ layer: Int) -> UnsafeMutablePointer<Float> {
    precondition(layer < layerCount, "values: no such layer")
    let keyCount = gobbet_key_count(capacity, headCount, headWidth)
    let valueCount = gobbet_value_count(capacity, headCount, headWidth)
    return unsafe floats(at: layerCount * keyCount + layer * valueCount, count: valueCount)
  }

  private func floats(at offset: Int, count: Int) -> UnsafeMutablePointer<Float> {
    // SAFETY: the memory is used for nothing but floats, of which zeros are.
    unsafe memory.pointer(at: offset).bindMemory(to: Float.self, capacity: count)
  }
}
