/// What becomes of a program from each of its steps on, at one place of a text.
///
/// The outcome of a step is 0 if it fails. Else it says whether what is around succeeds: 1 is a match; in a
/// group that is left in one way only, it is 1 if the way out is found, and what follows fails; 2 if that
/// succeeds; and so on for groups in groups.
struct ExpressionOutcomes: Sendable {
  let program: ExpressionProgram
  let alphabet: ExpressionAlphabet
  /// The steps in their order.
  private let instructions: [Instruction]
  /// Whether the members of each class are in each set, class by class.
  private let members: [Bool]
  private let setCount: Int

  /// One step, laid out so that many can be worked out fast.
  private struct Instruction {
    enum Kind: UInt8 { case scalar, fork, before, behind, ahead, enter, leave, match }
    var kind: Kind
    var step: Int
    /// A step, or the body of a group.
    var target = 0
    /// Another step, or a set.
    var other = 0
    var isNegated = false
  }

  init(program: ExpressionProgram, alphabet: ExpressionAlphabet) {
    self.program = program
    self.alphabet = alphabet
    setCount = program.sets.count
    let classes = alphabet.classes
    members = (0...classes.count).flatMap { number in
      program.sets.indices.map { classes.isMember(number, of: $0) }
    }
    instructions = program.order.map { step in
      switch program.steps[step] {
      case .scalar(let set, let next):
        Instruction(kind: .scalar, step: step, target: next, other: set)
      case .fork(let first, let second):
        Instruction(kind: .fork, step: step, target: first, other: second)
      case .before(let set, let next):
        Instruction(kind: .before, step: step, target: next, other: set)
      case .behind(let set, let next):
        Instruction(kind: .behind, step: step, target: next, other: set)
      case .ahead(let body, let isNegated, let next):
        Instruction(kind: .ahead, step: step, target: next, other: body, isNegated: isNegated)
      case .enter(let body): Instruction(kind: .enter, step: step, target: body)
      case .leave(let next): Instruction(kind: .leave, step: step, target: next)
      case .match: Instruction(kind: .match, step: step)
      }
    }
  }

  /// How many outcomes there are at a place.
  var count: Int { program.steps.count }

  /// Writes the outcomes at a place with `symbol` to `outcomes`, those at the next place being `next`.
  ///
  /// - Complexity: linear in the steps.
  func update(_ outcomes: inout [UInt8], symbol: Int, next: [UInt8]) {
    let number = alphabet.classNumber(of: symbol)
    let isEdge = number == alphabet.classes.count
    let here = number * setCount
    let before = alphabet.classBefore(symbol) * setCount
    for instruction in instructions {
      let (target, other) = (instruction.target, instruction.other)
      let outcome: UInt8
      switch instruction.kind {
      case .scalar: outcome = members[here + other] && !isEdge ? next[target] : 0
      case .fork: outcome = outcomes[target] != 0 ? outcomes[target] : outcomes[other]
      case .before: outcome = members[here + other] ? outcomes[target] : 0
      case .behind: outcome = members[before + other] ? outcomes[target] : 0
      case .ahead: outcome = (outcomes[other] != 0) != instruction.isNegated ? outcomes[target] : 0
      case .enter: outcome = max(outcomes[target], 1) - 1
      case .leave: outcome = outcomes[target] + 1
      case .match: outcome = 1
      }
      outcomes[instruction.step] = outcome
    }
  }

  /// The step before the next scalar that a matcher comes to from `step`, at a place with these outcomes;
  /// nil if the match ends here.
  ///
  /// - Precondition: `step` does not fail here.
  func advance(from step: Int, _ outcomes: (Int) -> UInt8) -> Int? {
    var step = step
    while true {
      switch program.steps[step] {
      case .scalar(_, let next): return next
      case .fork(let first, let second): step = outcomes(first) != 0 ? first : second
      case .before(_, let next), .behind(_, let next), .ahead(_, _, let next),
        .leave(let next):
        step = next
      case .enter(let body): step = body
      case .match: return nil
      }
    }
  }
}
