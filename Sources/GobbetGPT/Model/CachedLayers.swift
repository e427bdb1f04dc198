internal import CGobbetKernels
internal import GobbetData

/// The keys and values of some layers that hold equally many positions of one sequence.
///
/// A layer holds a run of positions that begins with a multiple of the panel width; what a window has left
/// behind goes when room is needed, and what stays moves to the front. So the sums of attention are
/// those of a layer that holds everything.
struct CachedLayers {
  /// Positions that a row sees, its own among them; nil for all up to its own.
  private let window: Int?
  private let headCount: Int
  private let headWidth: Int
  private let precision: Precision
  /// Most positions that there is memory for.
  private let limit: Int

  /// Positions there is memory for, in whole panels; more come when they are needed.
  private(set) var capacity = 0
  /// The first position that each layer holds.
  private var firstPositions: [Int] = []
  private var keyWords = 0
  private var valueWords = 0
  private var memory: LargeMemory

  /// Rows that go in together at least where a window has been left behind.
  private static let rowsAtOnce = 3 * PackedMatrix.panelWidth

  /// No layers yet.
  init(
    window: Int?, contextLength: Int, headCount: Int, headWidth: Int, _ precision: Precision
  ) throws(GPTError) {
    self.window = window
    self.headCount = headCount
    self.headWidth = headWidth
    self.precision = precision
    // A window begins somewhere in a panel.
    let needed = window.map { min($0, contextLength) + Self.rowsAtOnce + PackedMatrix.panelWidth }
    limit = PackedMatrix.paddedCount(min(needed ?? contextLength, contextLength))
    memory = try LargeMemory(wordCount: 0)
  }

  var layerCount: Int { firstPositions.count }
  var byteCount: Int { 4 * memory.count }

  /// Adds a layer; only before there is memory.
  mutating func appendLayer() {
    precondition(capacity == 0, "appendLayer: there is memory already")
    firstPositions.append(0)
  }

  func firstPosition(_ layer: Int) -> Int { firstPositions[layer] }

  /// Makes sure that there is memory for that many positions, or as many as are held at most.
  ///
  /// - Throws: ``GPTError`` (`outOfMemory`); nothing has changed then.
  mutating func reserve(_ positionCount: Int) throws(GPTError) {
    guard min(positionCount, limit) > capacity else { return }
    let larger = min(PackedMatrix.paddedCount(max(positionCount, 2 * capacity)), limit)
    let element = precision.cacheCode
    let newKeyWords = gobbet_key_words(element, larger, headWidth)
    let newValueWords = gobbet_value_words(element, larger, headWidth)
    let newMemory = try LargeMemory(
      wordCount: layerCount * headCount * (newKeyWords + newValueWords))
    // A head's keys are panels of positions, and its values panels that are as long as there are
    // positions: so what is there is the beginning of each.
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

  /// Makes every layer begin with the first position again.
  mutating func forgetAll() {
    for layer in firstPositions.indices { firstPositions[layer] = 0 }
  }

  /// Whether every layer holds all that the row at `position` sees before it.
  func holdsWindow(before position: Int) -> Bool {
    let first = firstSeen(from: position)
    return firstPositions.allSatisfy { $0 <= first }
  }

  /// The first position that the row at `position` sees.
  private func firstSeen(from position: Int) -> Int {
    guard let window else { return 0 }
    return max(0, position - window + 1)
  }

  /// Returns the position up to which a layer has room, after `position` and at most `end`.
  ///
  /// If it needs room it forgets what no row from `position` on sees.
  mutating func makeRoom(_ layer: Int, from position: Int, to end: Int) -> Int {
    if end > firstPositions[layer] + capacity {
      let panel = PackedMatrix.panelWidth
      let first = firstSeen(from: position) / panel * panel
      if first > firstPositions[layer] { forget(first - firstPositions[layer], of: layer) }
    }
    let room = min(end, firstPositions[layer] + capacity)
    precondition(room > position, "makeRoom: more than was reserved")
    return room
  }

  /// Forgets the first `count` positions of a layer, a multiple of the panel width, and moves the others
  /// to the front.
  private mutating func forget(_ count: Int, of layer: Int) {
    let element = precision.cacheCode
    let keyShift = count / PackedMatrix.panelWidth * gobbet_panel_words(element, headWidth)
    let valueShift = gobbet_panel_words(element, count)
    for head in 0..<headCount {
      move(from: (layer * headCount + head) * keyWords, keyWords, by: keyShift)
      for panel in 0..<valuePanelCount {
        let words = valueWords / valuePanelCount
        let start = valueStart(layer) + head * valueWords + panel * words
        move(from: start, words, by: valueShift)
      }
    }
    firstPositions[layer] += count
  }

  private func move(from start: Int, _ words: Int, by shift: Int) {
    guard shift < words else { return }
    memory.copy(memory, from: start + shift, to: start, wordCount: words - shift)
  }

  private var valuePanelCount: Int {
    PackedMatrix.paddedCount(headWidth) / PackedMatrix.panelWidth
  }

  /// The word where the values of a layer begin.
  private func valueStart(_ layer: Int) -> Int {
    headCount * (layerCount * keyWords + layer * valueWords)
  }

  /// The keys of a layer; the pointer lives until ``reserve(_:)``.
  func keys(_ layer: Int) -> UnsafeMutableRawPointer {
    precondition(layer < layerCount, "keys: no such layer")
    return unsafe memory.pointer(at: layer * headCount * keyWords)
  }

  /// The values of a layer; the pointer lives until ``reserve(_:)``.
  func values(_ layer: Int) -> UnsafeMutableRawPointer {
    precondition(layer < layerCount, "values: no such layer")
    return unsafe memory.pointer(at: valueStart(layer))
  }
}
