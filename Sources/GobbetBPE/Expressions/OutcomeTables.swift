/// The outcomes that a program can have at a place, each set of them with a number, and which follows from
/// which: what `ExpressionOutcomes` says, for programs that have few of them.
struct OutcomeTables: Sendable {
  /// The most different sets of outcomes.
  private static let maximumCount = 512
  /// The most outcomes to work out when tables are made.
  private static let maximumWork = 1 << 22

  /// The number at a place by its symbol and the number at the next place.
  let numbers: [UInt16]
  /// The number at the end of a text by its symbol.
  let last: [UInt16]
  /// The outcome of every step, number by number.
  let outcomes: [UInt8]

  /// Tables for a program; nil if they would be too large.
  init?(_ source: ExpressionOutcomes) {
    let symbols = source.alphabet.count
    let edges = source.alphabet.edges
    var numbers: [[UInt8]: UInt16] = [:]
    var list: [[UInt8]] = []
    var current = [UInt8](repeating: 0, count: source.count)
    func number(_ outcomes: [UInt8]) -> UInt16 {
      if let known = numbers[outcomes] { return known }
      let new = UInt16(list.count)
      numbers[outcomes] = new
      list.append(outcomes)
      return new
    }
    var last = [UInt16](repeating: 0, count: symbols)
    let none = current
    for symbol in edges {
      source.update(&current, symbol: symbol, next: none)
      last[symbol] = number(current)
    }
    var table: [UInt16] = []
    var work = 0
    var place = 0
    while place < list.count {
      work += symbols * source.count
      guard list.count <= Self.maximumCount, work <= Self.maximumWork else { return nil }
      let next = list[place]
      for symbol in 0..<symbols {
        if edges.contains(symbol) {
          table.append(0)
        } else {
          source.update(&current, symbol: symbol, next: next)
          table.append(number(current))
        }
      }
      place += 1
    }
    guard list.count <= Self.maximumCount else { return nil }
    self.numbers = table
    self.last = last
    outcomes = list.flatMap(\.self)
  }
}
