extension CompiledExpression {
  /// How many bytes may be read again for each one of the text, beside `allowance`, before matches are looked
  /// for by outcomes.
  static let patience = 8
  static let allowance = 512

  /// Calls `body` with each match and with what is between them; together they are all of a text.
  ///
  /// How many steps that took comes back.
  /// - Complexity: linear in the bytes of the text, times the steps where there are no tables.
  @discardableResult @inline(__always) func forEachPiece<Failure: Error>(
    in text: ClassifiedText, _ body: (Range<Int>, _ isMatch: Bool) throws(Failure) -> Void
  ) throws(Failure) -> Int {
    guard let automaton else {
      let (pieces, stepCount) = piecesByOutcomes(in: text, from: 0)
      for piece in pieces { try body(piece.range, piece.isMatch) }
      return stepCount
    }
    // SAFETY: the run, which writes there before it reads, is gone when the closure returns.
    return try unsafe withUnsafeTemporaryAllocation(
      of: Int.self, capacity: ExpressionRun.endCapacity
    ) { ends throws(Failure) in
      var run = unsafe ExpressionRun(contextCount: alphabet.contextCount, ends: ends)
      return try forEachPiece(in: text, automaton, &run, body)
    }
  }

  /// Whether a run that has come to `place` may go on after it has read that many bytes in vain.
  @inline(__always) func hasPatience(_ rereadByteCount: Int, at place: Int) -> Bool {
    isBounded || rereadByteCount <= Self.patience * place + Self.allowance
  }

  @inline(__always) private func forEachPiece<Failure: Error>(
    in text: ClassifiedText, _ automaton: ExpressionAutomaton, _ run: inout ExpressionRun,
    _ body: (Range<Int>, _ isMatch: Bool) throws(Failure) -> Void
  ) throws(Failure) -> Int {
    while run.start < text.count {
      run.advance(automaton, self, text)
      var start = run.start
      for index in 0..<run.endCount {
        let end = run.end(at: index)
        try body(start..<end, true)
        start = end
      }
      run.start = start
      guard run.hasStopped else { continue }
      if run.lastEnd > start {
        run.rereadByteCount += run.place - run.lastEnd
        try body(start..<run.lastEnd, true)
        run.begin(at: run.lastEnd, self, text)
      } else {
        run.rereadByteCount += run.place - start
        let next = run.startOfMatch(behind: start, automaton, self, text)
        guard hasPatience(run.rereadByteCount, at: next) else {
          run.start = start
          break
        }
        try body(start..<next, false)
        run.begin(at: next, self, text)
      }
      guard hasPatience(run.rereadByteCount, at: run.start) else { break }
    }
    guard run.start < text.count else { return run.stepCount(upTo: text.count) }
    let (pieces, stepCount) = piecesByOutcomes(in: text, from: run.start)
    for piece in pieces { try body(piece.range, piece.isMatch) }
    return run.stepCount(upTo: run.start) + stepCount
  }
}

/// A matcher on its way through a text, by the table of an `ExpressionAutomaton`.
@safe struct ExpressionRun {
  /// The ends of matches in a row, the first of which begins at `start`.
  private let ends: UnsafeMutableBufferPointer<Int>
  var endCount = 0
  /// Where the match at hand, or the first of `ends`, begins.
  var start = 0
  /// The next byte to read.
  var place = 0
  /// Where a match that begins after the last of `ends` may end.
  var lastEnd = 0
  /// Whether the matcher cannot go on.
  var hasStopped = false
  /// How many bytes were read in vain.
  var rereadByteCount = 0
  private var state = 0
  /// The class in front of `place`, where that matters.
  private var before = 0
  private let looksBehind: Bool

  /// How many matches in a row are found at once.
  static let endCapacity = 64

  /// Creates a run at the start of a text, with room for `endCapacity` ends.
  init(contextCount: Int, ends: UnsafeMutableBufferPointer<Int>) {
    unsafe self.ends = ends
    looksBehind = contextCount > 1
  }

  /// The end of the match at a position in the row.
  func end(at position: Int) -> Int {
    precondition(0..<endCount ~= position, "a position beyond the ends of matches")
    // SAFETY: the run wrote `endCount` ends.
    return unsafe ends[position]
  }

  /// How many bytes were read, if those in front of `place` were read once beside.
  func stepCount(upTo place: Int) -> Int { place + rereadByteCount }

  /// Begins a match.
  mutating func begin(at place: Int, _ expression: CompiledExpression, _ text: ClassifiedText) {
    start = place
    self.place = place
    lastEnd = place
    state = 0
    hasStopped = false
    if looksBehind { before = expression.classNumber(text, before: place) }
  }

  /// Reads on until there are many matches or no way goes on.
  @inline(never) mutating func advance(
    _ automaton: ExpressionAutomaton, _ expression: CompiledExpression, _ text: ClassifiedText
  ) {
    if looksBehind {
      if start == 0, place == 0 { before = expression.alphabet.classes.count }
      read(automaton, expression, text, looksBehind: true)
    } else {
      read(automaton, expression, text, looksBehind: false)
    }
  }

  @inline(__always) private mutating func read(
    _ automaton: ExpressionAutomaton, _ expression: CompiledExpression, _ text: ClassifiedText,
    looksBehind: Bool
  ) {
    unsafe automaton.table.withUnsafeBufferPointer { table in
      // SAFETY: a table has an entry for every symbol of one state or more.
      let table = unsafe table.baseAddress.unsafelyUnwrapped
      unsafe read(table, expression, text, looksBehind: looksBehind)
    }
  }

  @inline(__always) private mutating func read(
    _ table: UnsafePointer<UInt32>, _ expression: CompiledExpression, _ text: ClassifiedText,
    looksBehind: Bool
  ) {
    let asciiClasses = expression.alphabet.classes.ascii
    let contextNumbers = expression.alphabet.contexts
    let (ascii, contexts) = (asciiClasses.span, contextNumbers.span)
    let contextCount = expression.alphabet.contextCount
    var (place, state, lastEnd, before) = (place, state, lastEnd, before)
    var count = 0
    var entry: UInt32 = 0
    while count < Self.endCapacity {
      guard place < text.count else {
        let edge = expression.alphabet.classes.count
        // SAFETY: as below; the edge is a symbol too.
        entry = unsafe table[state &+ expression.alphabet.symbol(edge, behind: before)]
        if entry & ExpressionAutomaton.Mark.mayEnd != 0 { lastEnd = place }
        entry |= ExpressionAutomaton.Mark.stops
        break
      }
      let byte = text[place]
      var number: Int
      var end = place &+ 1
      if byte < 0x80 {
        // SAFETY: there are 128 classes of ASCII.
        number = unsafe Int(ascii[unchecked: Int(byte)])
      } else {
        (number, end) = expression.classNumber(text, at: place)
      }
      let unit = number
      if looksBehind {
        number = number &* contextCount &+ contexts[before]
        before = unit
      }
      // SAFETY: `state` is the place of a state's first entry, after which there is one for every
      // symbol; and `number` is a symbol. The addition does not wait for `state`, which the next entry
      // waits for.
      entry = unsafe (table + number)[state]
      lastEnd = entry & ExpressionAutomaton.Mark.mayEnd != 0 ? place : lastEnd
      if entry & ExpressionAutomaton.Mark.stops != 0 { break }
      // SAFETY: `count` is below the room that there is.
      unsafe ends[count] = place
      count &+= Int(truncatingIfNeeded: (entry &>> 1) & 1)
      state = Int(truncatingIfNeeded: entry &>> ExpressionAutomaton.Mark.bitCount)
      place = end
    }
    (self.place, self.state, self.lastEnd, self.before) = (place, state, lastEnd, before)
    endCount = count
    hasStopped = entry & ExpressionAutomaton.Mark.stops != 0
  }

  /// Where the next match after `start` begins, at which none does; or the end of the text.
  mutating func startOfMatch(
    behind start: Int, _ automaton: ExpressionAutomaton, _ expression: CompiledExpression,
    _ text: ClassifiedText
  ) -> Int {
    var first = expression.classNumber(text, at: start).end
    while first < text.count {
      begin(at: first, expression, text)
      var next = first
      while true {
        let isAtEnd = next == text.count
        let (number, end) =
          isAtEnd
          ? (expression.alphabet.classes.count, next) : expression.classNumber(text, at: next)
        let entry = automaton.table[state + expression.alphabet.symbol(number, behind: before)]
        if entry & ExpressionAutomaton.Mark.mayEnd != 0 { return first }
        if entry & ExpressionAutomaton.Mark.stops != 0 { break }
        state = Int(entry >> ExpressionAutomaton.Mark.bitCount)
        before = number
        next = end
      }
      rereadByteCount += next - first
      // The caller goes on by other means.
      if !expression.hasPatience(rereadByteCount, at: first) { return first }
      first = expression.classNumber(text, at: first).end
    }
    return text.count
  }
}
