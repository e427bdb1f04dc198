/// What becomes of a program from each of its steps on, at one place of a text.
///
/// The outcome of a step is 0 if it fails. Else it says whether what is around succeeds: 1 is a match; in a
/// group that is left in one way only, it is 1 if the way out is found, and what follows fails; 2 if that
/// succeeds; and so on for groups in groups.
///
/// Steps are numbered in the order of the program here, so that each comes after those that it leads to at
/// the same place.
struct ExpressionOutcomes: Sendable {
  let alphabet: ExpressionAlphabet
  /// The number of the first step.
  let start: Int
  private let instructions: [Instruction]
  /// Whether the members of each class are in each set, class by class.
  private let members: [Bool]
  private let setCount: Int

  /// One step, small so that many can be worked out fast.
  private struct Instruction {
    enum Kind: UInt8 { case scalar, fork, before, behind, ahead, enter, leave, match }
    var kind: Kind
    var isNegated = false
    /// A step, or the body of a group.
    var target: UInt16 = 0
    /// Another step, or a set.
    var other: UInt16 = 0
  }

  init(program: ExpressionProgram, alphabet: ExpressionAlphabet) {
    self.alphabet = alphabet
    setCount = program.sets.count
    let classes = alphabet.classes
    members = (0...classes.count).flatMap { number in
      program.sets.indices.map { classes.isMember(number, of: $0) }
    }
    var numbers = [UInt16](repeating: 0, count: program.steps.count)
    for (number, step) in program.order.enumerated() {
      numbers[step] = UInt16(truncatingIfNeeded: number)
    }
    start = Int(numbers[program.start])
    instructions = program.order.map { step in
      switch program.steps[step] {
      case .scalar(let set, let next):
        Instruction(kind: .scalar, target: numbers[next], other: UInt16(set))
      case .fork(let first, let second):
        Instruction(kind: .fork, target: numbers[first], other: numbers[second])
      case .before(let set, let next):
        Instruction(kind: .before, target: numbers[next], other: UInt16(set))
      case .behind(let set, let next):
        Instruction(kind: .behind, target: numbers[next], other: UInt16(set))
      case .ahead(let body, let isNegated, let next):
        Instruction(
          kind: .ahead, isNegated: isNegated, target: numbers[next], other: numbers[body])
      case .enter(let body): Instruction(kind: .enter, target: numbers[body])
      case .leave(let next): Instruction(kind: .leave, target: numbers[next])
      case .match: Instruction(kind: .match)
      }
    }
  }

  /// How many outcomes there are at a place.
  var count: Int { instructions.count }

  /// Writes the outcomes at a place with `symbol` to `values` from `base` on, those at the next place being
  /// in it from `next` on.
  ///
  /// - Complexity: linear in the steps.
  func update(_ values: inout [UInt8], at base: Int, symbol: Int, next: Int) {
    let number = alphabet.classNumber(of: symbol)
    let isEdge = number == alphabet.classes.count
    let here = number * setCount
    let before = alphabet.classBefore(symbol) * setCount
    for (index, instruction) in instructions.enumerated() {
      let (target, other) = (Int(instruction.target), Int(instruction.other))
      let outcome: UInt8
      switch instruction.kind {
      case .scalar: outcome = members[here + other] && !isEdge ? values[next + target] : 0
      case .fork:
        let first = values[base + target]
        outcome = first != 0 ? first : values[base + other]
      case .before: outcome = members[here + other] ? values[base + target] : 0
      case .behind: outcome = members[before + other] ? values[base + target] : 0
      case .ahead:
        outcome =
          (values[base + other] != 0) != instruction.isNegated ? values[base + target] : 0
      case .enter: outcome = max(values[base + target], 1) - 1
      case .leave: outcome = values[base + target] + 1
      case .match: outcome = 1
      }
      values[base + index] = outcome
    }
  }

  /// The step after the next scalar that a matcher takes from each step on; ``match`` if the match ends here.
  ///
  /// The outcomes are those in `values` from `base` on. What fails has any way.
  func ways(_ values: [UInt8], at base: Int) -> [UInt16] {
    var ways = [UInt16](repeating: Self.match, count: count)
    for (index, instruction) in instructions.enumerated() {
      let target = Int(instruction.target)
      switch instruction.kind {
      case .scalar: ways[index] = instruction.target
      case .fork: ways[index] = ways[values[base + target] != 0 ? target : Int(instruction.other)]
      case .before, .behind, .ahead, .enter, .leave: ways[index] = ways[target]
      case .match: break
      }
    }
    return ways
  }

  /// In place of a step where a match ends.
  static let match = UInt16.max

  /// The way of one step, and how many steps were looked at for it.
  ///
  /// - Precondition: `step` does not fail there.
  func way(from step: Int, _ values: [UInt8], at base: Int) -> (next: UInt16, stepCount: Int) {
    var step = step
    var stepCount = 1
    while true {
      let instruction = instructions[step]
      switch instruction.kind {
      case .scalar: return (instruction.target, stepCount)
      case .match: return (Self.match, stepCount)
      case .fork where values[base + Int(instruction.target)] == 0: step = Int(instruction.other)
      case .fork, .before, .behind, .ahead, .enter, .leave: step = Int(instruction.target)
      }
      stepCount += 1
    }
  }
}
