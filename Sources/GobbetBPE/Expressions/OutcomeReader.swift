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
  /// With tables: the number at each place.
  private var numbers: [UInt16] = []
  /// Without: how many places a stretch has, and the outcomes behind each stretch.
  private var stretch = 1
  private var ends: [[UInt8]] = []
  /// The outcomes of the stretch at hand, and its number.
  private var values: [UInt8] = []
  private var current = -1

  /// The outcomes for a text with these symbols, of which the last is an edge.
  init(_ source: ExpressionOutcomes, _ tables: OutcomeTables?, _ symbols: [UInt32]) {
    self.source = source
    self.tables = tables
    self.symbols = symbols
    if let tables {
      let count = source.alphabet.count
      numbers = [UInt16](repeating: 0, count: symbols.count)
      var number = tables.last[Int(symbols[symbols.count - 1])]
      numbers[symbols.count - 1] = number
      for place in stride(from: symbols.count - 2, through: 0, by: -1) {
        number = tables.numbers[Int(number) * count + Int(symbols[place])]
        numbers[place] = number
      }
      return
    }
    stretch = max(Self.stretchByteCount / source.count, 16)
    var next = [UInt8](repeating: 0, count: source.count)
    var outcomes = next
    for place in symbols.indices.reversed() {
      if (place + 1) % stretch == 0 || place == symbols.count - 1 { ends.append(next) }
      source.update(&outcomes, symbol: Int(symbols[place]), next: next)
      swap(&outcomes, &next)
    }
    ends.reverse()
  }

  /// Makes the outcomes at a place ready, which is not before an earlier one.
  mutating func move(to place: Int) {
    guard tables == nil, place / stretch != current else { return }
    current = place / stretch
    let first = current * stretch
    let end = min(first + stretch, symbols.count)
    values = [UInt8](repeating: 0, count: (end - first) * source.count)
    var next = ends[current]
    var outcomes = next
    for place in (first..<end).reversed() {
      source.update(&outcomes, symbol: Int(symbols[place]), next: next)
      let base = (place - first) * source.count
      for step in outcomes.indices { values[base + step] = outcomes[step] }
      swap(&outcomes, &next)
    }
  }

  /// Whether a matcher at a step fails, at the place moved to last.
  func fails(_ step: Int, at place: Int) -> Bool {
    if let tables { return tables.outcomes[Int(numbers[place]) * source.count + step] == 0 }
    return values[(place % stretch) * source.count + step] == 0
  }

  /// The step behind the scalar that a matcher takes at the place moved to last; nil if it has matched.
  ///
  /// - Precondition: the step does not fail there.
  func advance(from step: Int, at place: Int) -> Int? {
    if let tables {
      let base = Int(numbers[place]) * source.count
      return source.advance(from: step) { tables.outcomes[base + $0] }
    }
    let base = (place % stretch) * source.count
    return source.advance(from: step) { values[base + $0] }
  }
}
