/// The automaton of Aho and Corasick, for reversed tokens over the reversed text: it knows at every
/// byte the longest token that begins there.
///
/// - Complexity: linear in the text, whatever the tokens.
struct SpecialTokenAutomaton {
  private let tokens: [[UInt8]]
  /// From a state and a byte to the next state.
  private var edges: PairTable
  /// Where each state goes on when it has no edge: the longest shorter state that fits.
  private var fallbacks: [UInt32] = [0]
  /// The longest token that each state ends with: its position in `tokens` plus one, or 0.
  private var found: [UInt32] = [0]
  /// The bytes that lead away from the first state.
  private var isLast = [Bool](repeating: false, count: 256)

  init(_ tokens: [[UInt8]]) {
    self.tokens = tokens
    edges = PairTable(capacity: tokens.reduce(0) { $0 + $1.count })
    addFallbacks(addStates())
  }

  /// The longest token that begins at each place from `start` on at which one does, from the right to
  /// the left.
  func longestTokens(in bytes: Span<UInt8>, from start: Int) -> [(place: Int, token: Int)] {
    var found: [(place: Int, token: Int)] = []
    var state: UInt32 = 0
    for index in (start..<bytes.count).reversed() {
      let byte = bytes[index]
      if state == 0 && !isLast[Int(byte)] { continue }
      state = next(state, byte)
      let token = Int(self.found[Int(state)])
      if token > 0 { found.append((index, token - 1)) }
    }
    return found
  }

  private func next(_ state: UInt32, _ byte: UInt8) -> UInt32 {
    var state = state
    while true {
      let target = edges.rank(state, UInt32(byte))
      if target != PairTable.none { return target }
      if state == 0 { return 0 }
      state = fallbacks[Int(state)]
    }
  }

  /// Adds a state for every end of every token, and gives them level by level.
  private mutating func addStates() -> [(state: UInt32, from: UInt32, byte: UInt8)] {
    var states: [(state: UInt32, from: UInt32, byte: UInt8)] = []
    var current = tokens.indices.map { (token: $0, state: UInt32(0)) }
    var depth = 0
    while !current.isEmpty {
      depth += 1
      for index in current.indices {
        let bytes = tokens[current[index].token]
        let byte = bytes[bytes.count - depth]
        let from = current[index].state
        var state = edges.rank(from, UInt32(byte))
        if state == PairTable.none {
          state = UInt32(truncatingIfNeeded: found.count)
          edges.insert(from, UInt32(byte), rank: state)
          states.append((state, from, byte))
          fallbacks.append(0)
          found.append(0)
          if from == 0 { isLast[Int(byte)] = true }
        }
        current[index].state = state
        if bytes.count == depth { found[Int(state)] = UInt32(current[index].token + 1) }
      }
      current.removeAll { tokens[$0.token].count == depth }
    }
    return states
  }

  private mutating func addFallbacks(_ states: [(state: UInt32, from: UInt32, byte: UInt8)]) {
    for (state, from, byte) in states {
      if from != 0 { fallbacks[Int(state)] = next(fallbacks[Int(from)], byte) }
      if found[Int(state)] == 0 { found[Int(state)] = found[Int(fallbacks[Int(state)])] }
    }
  }
}
