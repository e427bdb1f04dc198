/// A program as one table: what a matcher that tries all ways at once does with the next symbol.
///
/// A state is the list of the steps it is at, those it would rather go on from first; a step after one that
/// matches is left out. Where all ways end and the last match is just there, the next match begins with the
/// same symbol, so that the table also says how texts go on from match to match.
struct ExpressionAutomaton: Sendable {
  private static let maximumStateCount = 1 << 13
  private static let maximumEntryCount = 1 << 19
  /// The most steps to look at when the table is made.
  private static let maximumWork = 1 << 23

  /// What an entry says beside the next state.
  enum Mark {
    /// A match may end in front of the symbol.
    static let mayEnd: UInt32 = 1
    /// One ends there, and the next begins with the symbol.
    static let ends: UInt32 = 2
    /// No way goes on, and what is to be done next depends on where a match could end last.
    static let stops: UInt32 = 4
    static let bitCount: UInt32 = 3
  }

  /// For each state and symbol the place of the next state's first entry, and marks.
  let table: [UInt32]
  /// The most symbols that are read after a place where a match could begin or end before no way goes on;
  /// nil if there is no bound.
  let overrun: Int?

  /// The table of a program; nil if it looks far ahead, might match nothing, or has too many states.
  init?(_ program: ExpressionProgram, _ alphabet: ExpressionAlphabet) {
    guard program.isSimple, alphabet.count <= Self.maximumEntryCount else { return nil }
    var walk = StepWalk(program, alphabet)
    var states = [[program.start]]
    var numbers = [states[0]: 0]
    var table: [UInt32] = []
    var place = 0
    while place < states.count {
      for symbol in 0..<alphabet.count {
        let (list, matches) = walk.next(states[place], symbol)
        guard walk.work <= Self.maximumWork else { return nil }
        // Where a match without a scalar might come first, matches are not told by this table.
        if place == 0, matches { return nil }
        var entry = matches ? Mark.mayEnd : 0
        if list.isEmpty {
          let first = place == 0 ? Mark.stops : table[symbol]
          entry |= matches && first & Mark.stops == 0 ? first | Mark.ends : Mark.stops
        } else {
          let number = numbers[list] ?? states.count
          if number == states.count {
            numbers[list] = number
            states.append(list)
          }
          entry |= UInt32(number * alphabet.count) << Mark.bitCount
        }
        table.append(entry)
      }
      guard states.count <= Self.maximumStateCount,
        states.count * alphabet.count <= Self.maximumEntryCount
      else { return nil }
      place += 1
    }
    self.table = table
    overrun = Self.overrun(table, symbolCount: alphabet.count)
  }

  /// The longest way through states on which no match may end; nil if there is a circle of them.
  private static func overrun(_ table: [UInt32], symbolCount: Int) -> Int? {
    let stateCount = table.count / symbolCount
    // How long the longest way that ends in a state is; a match that may end begins another.
    var lengths = [Int](repeating: 0, count: stateCount)
    // How many entries on such ways lead to each state.
    var waiting = lengths
    func forEachEntry(_ state: Int, _ body: (_ next: Int, _ mayEnd: Bool) -> Void) {
      for entry in table[(state * symbolCount)..<((state + 1) * symbolCount)]
      where entry & Mark.stops == 0 {
        body(Int(entry >> Mark.bitCount) / symbolCount, entry & Mark.mayEnd != 0)
      }
    }
    for state in 0..<stateCount {
      forEachEntry(state) { next, mayEnd in
        if mayEnd { lengths[next] = 1 } else { waiting[next] += 1 }
      }
    }
    var ready = (0..<stateCount).filter { waiting[$0] == 0 }
    var doneCount = 0
    while let state = ready.popLast() {
      doneCount += 1
      forEachEntry(state) { next, mayEnd in
        guard !mayEnd else { return }
        lengths[next] = max(lengths[next], lengths[state] + 1)
        waiting[next] -= 1
        if waiting[next] == 0 { ready.append(next) }
      }
    }
    return doneCount == stateCount ? lengths.max() : nil
  }
}

/// Goes from lists of steps to lists of steps.
private struct StepWalk {
  private let program: ExpressionProgram
  private let alphabet: ExpressionAlphabet
  private var stamp = 0
  private var seen: [Int]
  private var listed: [Int]
  private var stack: [Int] = []
  /// How many steps were looked at.
  private(set) var work = 0

  init(_ program: ExpressionProgram, _ alphabet: ExpressionAlphabet) {
    self.program = program
    self.alphabet = alphabet
    seen = [Int](repeating: 0, count: program.steps.count)
    listed = seen
  }

  /// The steps after the next symbol, and whether a match ends in front of it that comes before all
  /// others.
  mutating func next(_ list: [Int], _ symbol: Int) -> (list: [Int], matches: Bool) {
    stamp += 1
    var result: [Int] = []
    let number = alphabet.classNumber(of: symbol)
    let before = alphabet.classBefore(symbol)
    let classes = alphabet.classes
    for first in list {
      stack.append(first)
      while let step = stack.popLast() {
        guard seen[step] != stamp else { continue }
        seen[step] = stamp
        work += 1
        switch program.steps[step] {
        case .scalar(let set, let next):
          if number < classes.count, classes.isMember(number, of: set), listed[next] != stamp {
            listed[next] = stamp
            result.append(next)
          }
        case .fork(let first, let second):
          stack.append(second)
          stack.append(first)
        case .before(let set, let next):
          if classes.isMember(number, of: set) { stack.append(next) }
        case .behind(let set, let next):
          if classes.isMember(before, of: set) { stack.append(next) }
        case .match:
          stack.removeAll(keepingCapacity: true)
          return (result, true)
        case .ahead, .enter, .leave: break
        }
      }
    }
    return (result, false)
  }
}
