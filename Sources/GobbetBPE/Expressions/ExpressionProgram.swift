/// An expression as a graph of steps, the way a matcher takes them.
///
/// No way leads from a step back to itself without a scalar between: a repeat of something that can be
/// empty exists twice, before its first scalar and after it. So steps can be listed such that each comes
/// after those that it leads to at the same place.
package struct ExpressionProgram: Sendable {
  /// The most steps that an expression may become.
  static let maximumCount = 1 << 13

  /// One step; a number is that of the next one.
  enum Step: Sendable {
    /// Takes one scalar of the set with this number.
    case scalar(set: Int, next: Int)
    /// Goes on at the first, or, where that fails, at the second.
    case fork(Int, Int)
    /// Goes on if the scalar after this place is in the set with this number.
    case before(set: Int, next: Int)
    /// Goes on if the scalar in front of this place is in the set with this number.
    case behind(set: Int, next: Int)
    /// Goes on if what begins at `body` matches here, or if it does not.
    case ahead(body: Int, isNegated: Bool, next: Int)
    /// Goes into a group that is left in one way only.
    case enter(body: Int)
    /// Leaves such a group.
    case leave(next: Int)
    /// The expression, or a look-ahead, has matched.
    case match
  }

  private(set) var steps: [Step] = []
  private(set) var sets: [UnicodeSet] = []
  private var setNumbers: [UnicodeSet: Int] = [:]
  /// The first step.
  private(set) var start = 0
  /// The steps, each after those that it leads to at the same place.
  private(set) var order: [Int] = []
  /// Whether a scalar in front of a place can matter.
  private(set) var looksBehind = false
  /// Whether nothing looks further ahead than one scalar, and no group is left in one way only.
  private(set) var isSimple = true
  /// The program of a syntax.
  ///
  /// - Throws: ``SplitExpressionError`` (`tooLarge`) if it has too many steps.
  package init(_ syntax: ExpressionSyntax) throws(SplitExpressionError) {
    let match = try add(.match)
    start = try compile(syntax, match)
    setNumbers = [:]
    order = ordered()
  }

  private mutating func add(_ step: Step) throws(SplitExpressionError) -> Int {
    guard steps.count < Self.maximumCount else {
      throw SplitExpressionError(
        .tooLarge("has more than \(Self.maximumCount) steps when its repeats are written out"),
        offset: 0, fragment: "")
    }
    steps.append(step)
    switch step {
    case .behind: looksBehind = true
    case .ahead, .enter: isSimple = false
    default: break
    }
    return steps.count - 1
  }

  private mutating func number(of set: UnicodeSet) -> Int {
    if let number = setNumbers[set] { return number }
    sets.append(set)
    setNumbers[set] = sets.count - 1
    return sets.count - 1
  }

  // MARK: Compiling

  private mutating func fork(
    _ preference: ExpressionSyntax.Preference, body: Int, exit: Int
  ) throws(SplitExpressionError) -> Int {
    try add(preference == .lazy ? .fork(exit, body) : .fork(body, exit))
  }

  /// The step at which `syntax` begins, if `next` comes after it.
  private mutating func compile(
    _ syntax: ExpressionSyntax, _ next: Int
  ) throws(SplitExpressionError) -> Int {
    try compile(syntax, unmoved: next, moved: next)
  }

  /// The same where it matters whether `syntax` takes a scalar: what comes after it is `unmoved` if it
  /// takes none, and `moved` if it does.
  private mutating func compile(
    _ syntax: ExpressionSyntax, unmoved: Int, moved: Int
  ) throws(SplitExpressionError) -> Int {
    switch syntax {
    case .empty: return unmoved
    case .scalar(let set): return try add(.scalar(set: number(of: set), next: moved))
    case .before(let set): return try add(.before(set: number(of: set), next: unmoved))
    case .behind(let set): return try add(.behind(set: number(of: set), next: unmoved))
    case .ahead(let body, let isNegated):
      let match = try add(.match)
      let body = try compile(body, match)
      return try add(.ahead(body: body, isNegated: isNegated, next: unmoved))
    case .choice(let parts):
      var first: Int?
      for part in parts.reversed() {
        let step = try compile(part, unmoved: unmoved, moved: moved)
        first =
          try first.map { (rest: Int) throws(SplitExpressionError) in
            try add(.fork(step, rest))
          } ?? step
      }
      return first ?? unmoved
    case .sequence(let parts):
      var next = (unmoved: unmoved, moved: moved)
      for part in parts.reversed() { next = try both(part, next) }
      return next.unmoved
    case .atomic(let body):
      let left = try add(.leave(next: unmoved))
      let leftMoved = unmoved == moved ? left : try add(.leave(next: moved))
      return try add(.enter(body: try compile(body, unmoved: left, moved: leftMoved)))
    case .repeated(let body, let minimum, let maximum, let preference):
      var exits = (unmoved: unmoved, moved: moved)
      if preference == .possessive {
        guard let set = body.onlySet else {
          let greedy = ExpressionSyntax.repeated(
            body, minimum: minimum, maximum: maximum, .greedy)
          return try compile(.atomic(greedy), unmoved: unmoved, moved: moved)
        }
        // A possessive repeat of one scalar ends where no more of them come.
        let rest = number(of: set.elsewhere)
        exits.unmoved = try add(.before(set: rest, next: unmoved))
        exits.moved =
          unmoved == moved ? exits.unmoved : try add(.before(set: rest, next: moved))
      }
      guard let maximum else {
        return try compile(body, atLeast: minimum, preference, exits)
      }
      let rest = (unmoved: unmoved, moved: moved)
      return try compile(body, minimum, maximum, preference, rest, exits)
    }
  }

  /// Where an expression goes on, without and with a scalar in front.
  private typealias Targets = (unmoved: Int, moved: Int)

  /// Steps for both ways to arrive at `syntax`, which are the same if those after it are.
  private mutating func both(
    _ syntax: ExpressionSyntax, _ next: Targets
  ) throws(SplitExpressionError) -> Targets {
    let unmoved = try compile(syntax, unmoved: next.unmoved, moved: next.moved)
    let isSame = next.unmoved == next.moved
    return (unmoved, isSame ? unmoved : try compile(syntax, next.moved))
  }

  /// The same where `syntax` may be passed over.
  private mutating func optional(
    _ syntax: ExpressionSyntax, _ preference: ExpressionSyntax.Preference, _ next: Targets,
    _ exits: Targets
  ) throws(SplitExpressionError) -> Targets {
    let body = try both(syntax, next)
    let unmoved = try fork(preference, body: body.unmoved, exit: exits.unmoved)
    if body.unmoved == body.moved, exits.unmoved == exits.moved { return (unmoved, unmoved) }
    return (unmoved, try fork(preference, body: body.moved, exit: exits.moved))
  }

  private mutating func compile(
    _ body: ExpressionSyntax, _ minimum: Int, _ maximum: Int,
    _ preference: ExpressionSyntax.Preference, _ next: Targets, _ exits: Targets
  ) throws(SplitExpressionError) -> Int {
    var next = next
    for _ in minimum..<max(minimum, maximum) {
      next = try optional(body, preference, next, exits)
    }
    for _ in 0..<minimum { next = try both(body, next) }
    return next.unmoved
  }

  private mutating func compile(
    _ body: ExpressionSyntax, atLeast minimum: Int, _ preference: ExpressionSyntax.Preference,
    _ exits: Targets
  ) throws(SplitExpressionError) -> Int {
    // A place for the loop, which its own body leads to. A turn without a scalar ends it.
    let loop = try add(.match)
    let again = try compile(body, unmoved: exits.moved, moved: loop)
    steps[loop] = preference == .lazy ? .fork(exits.moved, again) : .fork(again, exits.moved)
    var next = (unmoved: loop, moved: loop)
    if exits.unmoved != exits.moved {
      let first = try compile(body, unmoved: exits.unmoved, moved: loop)
      next.unmoved = try fork(preference, body: first, exit: exits.unmoved)
    }
    for _ in 0..<minimum { next = try both(body, next) }
    return next.unmoved
  }

  // MARK: Order

  /// The steps that can be reached, each after those that it leads to at the same place.
  private func ordered() -> [Int] {
    var order: [Int] = []
    // 0 for a step not seen, 1 for one that waits for others, 2 for one in the list.
    var state = [UInt8](repeating: 0, count: steps.count)
    var roots = [start]
    while let root = roots.popLast() {
      var stack = [root]
      while let step = stack.last {
        if state[step] == 2 {
          stack.removeLast()
          continue
        }
        let others = neighbours(of: step)
        if state[step] == 1 {
          state[step] = 2
          order.append(step)
          stack.removeLast()
          continue
        }
        state[step] = 1
        for other in others where state[other] == 0 { stack.append(other) }
        if case .scalar(_, let next) = steps[step], state[next] == 0 { roots.append(next) }
      }
    }
    return order
  }

  /// The steps that one leads to at the same place.
  private func neighbours(of step: Int) -> [Int] {
    switch steps[step] {
    case .scalar, .match: []
    case .fork(let first, let second): [second, first]
    case .before(_, let next), .behind(_, let next), .leave(let next): [next]
    case .ahead(let body, _, let next): [next, body]
    case .enter(let body): [body]
    }
  }
}
