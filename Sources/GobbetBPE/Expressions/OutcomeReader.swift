/// The outcomes at the places of a text, from the first to the last.
///
/// They are worked out from the end of the text, so that a matcher knows at each fork which way leads to a
/// match, and never turns back. Without tables only those at places a fixed distance apart are kept, and those
/// between are worked out again when the matcher comes there.
struct OutcomeReader {
  /// Memory for the outcomes of a stretch of places, in bytes.
  private static let stretchByteCount = 1 << 20

  private let source: ExpressionOutcomes
  private let tables: OutcomeTables?
  private let symbols: [UInt32]
  /// How many steps were looked at, of the program or of a table.
  private(set) var stepCount = 0
  /// With tables: the number at each place.
  private var numbers: [UInt16] = []
  /// Without: how many places a stretch has, and the outcomes after each stretch.
  private var stretch = 1
  private var ends: [[UInt8]] = []
  /// The outcomes of the stretch at hand and those after it, and its number.
  private var values: [UInt8] = []
  private var current = -1

  /// The outcomes for a text with these symbols, of which the last is an edge.
  init(_ source: ExpressionOutcomes, _ tables: OutcomeTables?, _ symbols: [UInt32]) {
    self.source = source
    self.tables = tables
    self.symbols = symbols
    guard let tables else {
      setUpStretches()
      return
    }
    let count = source.alphabet.count
    numbers = [UInt16](repeating: 0, count: symbols.count)
    var number = tables.last[Int(symbols[symbols.count - 1])]
    numbers[symbols.count - 1] = number
    for place in stride(from: symbols.count - 2, through: 0, by: -1) {
      number = tables.numbers[Int(number) * count + Int(symbols[place])]
      numbers[place] = number
    }
    stepCount = symbols.count
  }

  /// Works out what is after each stretch.
  private mutating func setUpStretches() {
    let count = source.count
    stretch = max(Self.stretchByteCount / count, 16)
    ends = [[UInt8](repeating: 0, count: count)]
    // The outcomes at two places, in turn.
    var pair = [UInt8](repeating: 0, count: 2 * count)
    var base = 0
    for place in (min(stretch, symbols.count)..<symbols.count).reversed() {
      source.update(&pair, at: base, symbol: Int(symbols[place]), next: count - base)
      if place % stretch == 0 { ends.append(Array(pair[base..<base + count])) }
      base = count - base
      stepCount += count
    }
    ends.reverse()
  }

  /// Makes the outcomes at a place ready, which is not before an earlier one.
  mutating func move(to place: Int) {
    guard tables == nil, place / stretch != current else { return }
    current = place / stretch
    let count = source.count
    let first = current * stretch
    let end = min(first + stretch, symbols.count)
    values = [UInt8](repeating: 0, count: (end - first) * count) + ends[current]
    for place in (first..<end).reversed() {
      let base = (place - first) * count
      source.update(&values, at: base, symbol: Int(symbols[place]), next: base + count)
    }
    stepCount += (end - first) * count
  }

  /// Whether a match begins at the place moved to last.
  func isStart(_ place: Int) -> Bool {
    if let tables { return tables.begins[Int(numbers[place])] }
    return values[(place % stretch) * source.count + source.start] != 0
  }

  /// The step after the scalar that a matcher takes at the place moved to last; nil if it has matched.
  ///
  /// - Precondition: the step does not fail there.
  mutating func advance(from step: Int, at place: Int) -> Int? {
    let next: UInt16
    if let tables {
      next = tables.ways[Int(numbers[place]) * source.count + step]
      stepCount += 1
    } else {
      let way = source.way(from: step, values, at: (place % stretch) * source.count)
      next = way.next
      stepCount += way.stepCount
    }
    return next == ExpressionOutcomes.match ? nil : Int(next)
  }
}
