/// An expression made ready to be looked for; threads can share it.
final class CompiledExpression: Sendable {
  let program: ExpressionProgram
  let alphabet: ExpressionAlphabet
  let outcomes: ExpressionOutcomes
  /// Nil if the program is not of the kind that one table is enough for.
  let automaton: ExpressionAutomaton?
  /// Nil if they would be too large.
  let tables: OutcomeTables?
  /// The most steps that it takes for a scalar of any text.
  let stepsPerScalar: Int
  /// Whether the automaton alone takes so few.
  let isBounded: Bool

  /// The most of them that an expression may take.
  static let maximumStepsPerScalar = 480

  /// Compiles a syntax.
  ///
  /// - Throws: ``SplitExpressionError`` (`tooLarge`) if tables would be too large, and too many steps would be
  ///   taken without them.
  init(_ syntax: ExpressionSyntax) throws(SplitExpressionError) {
    program = try ExpressionProgram(syntax)
    alphabet = try ExpressionAlphabet(program)
    outcomes = ExpressionOutcomes(program: program, alphabet: alphabet)
    automaton = ExpressionAutomaton(program, alphabet)
    // Each scalar is read once, and again from each place that a match could have reached it from, when
    // it ends and when the next one is looked for.
    if let overrun = automaton?.overrun, 1 + 2 * overrun <= Self.maximumStepsPerScalar {
      tables = nil
      isBounded = true
      stepsPerScalar = 1 + 2 * overrun
      return
    }
    isBounded = false
    tables = OutcomeTables(outcomes)
    // A scalar is read once and `patience` times again, and has its outcomes; without tables those are worked
    // out twice, and the steps from each scalar to the next are looked at once more.
    stepsPerScalar =
      (automaton == nil ? 0 : 1 + 2 * Self.patience) + (tables == nil ? 3 * outcomes.count : 3)
    guard stepsPerScalar <= Self.maximumStepsPerScalar else {
      throw SplitExpressionError(
        .tooLarge(
          "takes up to \(stepsPerScalar) steps for each character, and at most "
            + "\(Self.maximumStepsPerScalar) are supported"),
        offset: 0, fragment: "")
    }
  }

  /// The class of the unit at a place, and where the next one begins.
  @inline(__always) func classNumber(_ text: ClassifiedText, at place: Int) -> (Int, end: Int) {
    let byte = text[place]
    if byte < 0x80 { return (Int(alphabet.classes.ascii[Int(byte)]), place + 1) }
    let (value, length) = text.scalarOrByte(at: place)
    if value < 0 { return (Int(alphabet.classes.strayByte), place + 1) }
    return (alphabet.classes.number(of: value), place + length)
  }

  /// The class of the unit in front of a place, or the edge.
  func classNumber(_ text: ClassifiedText, before place: Int) -> Int {
    guard place > 0 else { return alphabet.classes.count }
    return classNumber(text, at: text.startOfScalar(before: place)).0
  }

  /// Each match and what is between them, from `start` on, where one can begin, and how many steps that took.
  ///
  /// Of matches without a byte, those that follow another at once are left out.
  /// - Complexity: linear in the bytes of the text, times the steps where there are no tables.
  func piecesByOutcomes(
    in text: ClassifiedText, from start: Int, usingTables: Bool = true
  ) -> (pieces: [PartCutter.Piece], stepCount: Int) {
    var pieces: [PartCutter.Piece] = []
    var symbols: [UInt32] = []
    symbols.reserveCapacity(text.count - start + 1)
    var before = classNumber(text, before: start)
    var place = start
    while place < text.count {
      let (number, end) = classNumber(text, at: place)
      symbols.append(UInt32(truncatingIfNeeded: alphabet.symbol(number, behind: before)))
      before = number
      place = end
    }
    symbols.append(
      UInt32(truncatingIfNeeded: alphabet.symbol(alphabet.classes.count, behind: before)))

    var reader = OutcomeReader(outcomes, usingTables ? tables : nil, symbols)
    var index = 0
    place = start
    // Where the last match ended, and where what is between it and the next one began.
    var lastEnd = -1
    var gap = start
    while true {
      reader.move(to: index)
      var (end, endIndex) = (place, index)
      if reader.isStart(index) {
        var step = outcomes.start
        while let next = reader.advance(from: step, at: endIndex) {
          step = next
          end = classNumber(text, at: end).end
          endIndex += 1
          reader.move(to: endIndex)
        }
        if end > place || place != lastEnd {
          if gap < place { pieces.append((gap..<place, false)) }
          pieces.append((place..<end, true))
          (lastEnd, gap) = (end, end)
        }
      }
      if end > place {
        (place, index) = (end, endIndex)
      } else {
        if place == text.count { break }
        place = classNumber(text, at: place).end
        index += 1
      }
    }
    if gap < text.count { pieces.append((gap..<text.count, false)) }
    return (pieces, reader.stepCount)
  }
}
