/// What a matcher reads at a place: the class of the scalar there, and what matters of the one before.
struct ExpressionAlphabet: Sendable {
  let classes: ScalarClasses
  /// What to add for the scalar before, by its class, if there is any look-behind.
  let contexts: [Int]
  /// How many contexts there are.
  let contextCount: Int
  /// How many symbols there are.
  var count: Int { (classes.count + 1) * contextCount }

  /// A class for each context.
  private let representatives: [Int]

  /// The symbols of a program.
  ///
  /// - Throws: ``SplitExpressionError`` (`tooLarge`) if its sets tell too much apart.
  init(_ program: ExpressionProgram) throws(SplitExpressionError) {
    let classes = try ScalarClasses(program.sets)
    var sets: [Int] = []
    for case .behind(let set, _) in program.steps { sets.append(set) }
    var numbers: [[Bool]: Int] = [:]
    var contexts: [Int] = []
    var representatives: [Int] = []
    for number in 0...classes.count {
      let key = sets.map { classes.isMember(number, of: $0) }
      if numbers[key] == nil {
        numbers[key] = numbers.count
        representatives.append(number)
      }
      contexts.append(numbers[key] ?? 0)
    }
    self.classes = classes
    self.contexts = contexts
    self.representatives = representatives
    contextCount = numbers.count
  }

  /// The symbol of a class after another; the one after the last is the edge.
  @inline(__always) func symbol(_ number: Int, behind other: Int) -> Int {
    number &* contextCount &+ contexts[other]
  }

  /// The class at a place with this symbol.
  func classNumber(of symbol: Int) -> Int { symbol / contextCount }

  /// A class that the scalar before a place with this symbol may have.
  func classBefore(_ symbol: Int) -> Int { representatives[symbol % contextCount] }

  /// The symbols at the end of a text.
  var edges: Range<Int> { classes.count * contextCount..<count }
}
