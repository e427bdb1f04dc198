extension TextPipeline {
  /// The most steps that the expressions of a pipeline, and of the pattern after it, may take for each scalar
  /// of a text, so that a million scalars of any text take about a second.
  static let maximumStepsPerScalar = 600
  /// What an expression counts for at least: what a match costs beside its steps.
  private static let leastSteps = 40

  /// Checks that the pipeline runs in bounded time and memory.
  ///
  /// Each expression has as much more to do as the normalizers in front of it may lengthen a text.
  /// - Throws: ``VocabularyError`` (`pipelineSteps`, `pipelineGrowth`).
  func checkSteps(before pattern: SplitPattern) throws(VocabularyError) {
    var growth = 1
    var largest: (steps: Int, expression: SplitExpression)?
    var total = 0
    func count(_ expression: SplitExpression) {
      let steps = growth * max(expression.stepsPerScalar, Self.leastSteps)
      total += steps
      if steps > largest?.steps ?? 0 { largest = (steps, expression) }
    }
    // What Unicode says of a text that nothing of the file has changed yet, and that was not said before,
    // makes it eleven times as long at most, and in no real text.
    var isChanged = false
    for (index, normalizer) in normalizers.enumerated() {
      if case .replaceMatches(let expression, _) = normalizer { count(expression) }
      let isFree =
        !isChanged && normalizer.isFixed && !normalizers[..<index].contains(normalizer)
      isChanged = isChanged || !normalizer.isFixed
      growth *= isFree ? 1 : normalizer.growth
      guard growth <= Self.maximumStepsPerScalar else {
        throw VocabularyError(.pipelineGrowth(growth))
      }
    }
    for case .expression(let expression) in pretokenizers { count(expression) }
    if let expression = pattern.expression { count(expression) }
    if let largest, total > Self.maximumStepsPerScalar {
      throw VocabularyError(.pipelineSteps(total, most: largest.expression.abridgedText))
    }
  }
}

extension Normalizer {
  /// How many times as long a text may become, counted in bytes.
  fileprivate var growth: Int {
    switch self {
    case .replace(let old, let new): max((new.count + old.count - 1) / old.count, 1)
    // A match may be empty, and comes in front of every scalar then.
    case .replaceMatches(_, let new): 1 + new.count
    // Between added tokens there may be a single byte.
    case .prepend(let bytes): 1 + bytes.count
    case .characterMap(let map), .precompiled(let map): map.growth
    case .nfkc, .nfkd: 11
    case .nfc, .nfd: 3
    case .bert: 5
    case .lowercase, .byteLevel: 2
    case .strip, .stripAccents, .nmt, .collapseSpaces: 1
    }
  }

  /// Whether it does to every text what Unicode or a library says, rather than a file.
  fileprivate var isFixed: Bool {
    switch self {
    case .nfc, .nfd, .nfkc, .nfkd, .strip, .lowercase, .stripAccents, .bert, .nmt, .collapseSpaces,
      .byteLevel:
      true
    case .prepend, .replace, .replaceMatches, .characterMap, .precompiled: false
    }
  }
}
