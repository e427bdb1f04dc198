/// The outcomes that a program can have at a place, each set of them with a number, and which follows from
/// which: what `ExpressionOutcomes` says, for programs that have few of them.
struct OutcomeTables: Sendable {
  /// The most different sets of outcomes.
  private static let maximumCount = 4096
  /// The most outcomes to keep.
  private static let maximumOutcomeCount = 1 << 23
  /// The most outcomes to work out when tables are made.
  private static let maximumWork = 40_000_000

  /// The number at a place by its symbol and the number at the next place.
  let numbers: [UInt16]
  /// The number at the end of a text by its symbol.
  let last: [UInt16]
  /// Whether a match begins, number by number.
  let begins: [Bool]
  /// The ways of every step, number by number.
  let ways: [UInt16]

  /// Tables for a program; nil if they would be too large.
  init?(_ source: ExpressionOutcomes) {
    let symbols = source.alphabet.count
    let edges = source.alphabet.edges
    guard (symbols + 1) * source.count <= Self.maximumWork else { return nil }
    var numbers: [ArraySlice<UInt8>: UInt16] = [:]
    // The outcomes at a place, and those at the next one.
    var values = [UInt8](repeating: 0, count: 2 * source.count)
    var list: [ArraySlice<UInt8>] = []
    func number(_ outcomes: ArraySlice<UInt8>) -> UInt16 {
      if let known = numbers[outcomes] { return known }
      let new = UInt16(list.count)
      let copy = Array(outcomes)[...]
      numbers[copy] = new
      list.append(copy)
      return new
    }
    var last = [UInt16](repeating: 0, count: symbols)
    for symbol in edges {
      source.update(&values, at: 0, symbol: symbol, next: source.count)
      last[symbol] = number(values[..<source.count])
      guard list.count <= Self.maximumCount else { return nil }
    }
    var table: [UInt16] = []
    var work = 0
    var place = 0
    while place < list.count {
      work += symbols * source.count
      guard work <= Self.maximumWork, list.count * source.count <= Self.maximumOutcomeCount else {
        return nil
      }
      values.replaceSubrange(source.count..., with: list[place])
      for symbol in 0..<symbols {
        if edges.contains(symbol) {
          table.append(0)
        } else {
          source.update(&values, at: 0, symbol: symbol, next: source.count)
          table.append(number(values[..<source.count]))
          guard list.count <= Self.maximumCount else { return nil }
        }
      }
      place += 1
    }
    self.numbers = table
    self.last = last
    begins = list.map { $0[source.start] != 0 }
    ways = list.flatMap { source.ways(Array($0), at: 0) }
  }
}
