import ArgumentParser
import Gobbet

/// How text is split: by a pattern that has a name, or by one with some settings changed.
struct PatternOptions: ParsableArguments {
  @Option(help: "The pattern to split text by: \(SplitPattern.listed). (default: cl100k)")
  var pattern: PatternName?

  @Option(help: "How many digits stay together, instead of the pattern's rule: 1, 2, 3 or all.")
  var digits: DigitRule?

  @Option(
    help:
      "Which English contractions are split off, instead of the pattern's rule: none, lowercase, any-case."
  )
  var contractions: ContractionRule?

  @Option(
    help:
      "Whether white space up to a newline stays together, instead of the pattern's rule: yes or no."
  )
  var newlineRuns: NewlineRule?

  @Option(
    help: """
      A regular expression to split text by, instead of a pattern: its matches and what is between \
      them are pretokens, as with Split in a tokenizer.json.
      """)
  var split: String?

  /// Whether any of them was given.
  var isGiven: Bool { isPatternGiven || split != nil }

  private var isPatternGiven: Bool {
    pattern != nil || digits != nil || contractions != nil || newlineRuns != nil
  }

  func validate() throws {
    if split != nil, isPatternGiven {
      throw ValidationError("--split: takes the place of a pattern; leave out options for patterns")
    }
  }

  /// The pattern with the settings that were given.
  ///
  /// - Throws: ``Failure`` (`usage`) if they do not go together, or for an expression that isn't
  ///   supported.
  func chosen() throws(Failure) -> SplitPattern {
    if let split {
      do {
        return try SplitPattern(expression: split, dialect: .oniguruma)
      } catch {
        throw Failure(.usage, "--split: \(error)")
      }
    }
    let base = pattern?.pattern ?? .cl100k
    var settings = base.settings
    if let contractions { settings[0] = contractions.setting(for: base.words).rawValue }
    if let digits { settings[3] = digits.setting.rawValue }
    switch newlineRuns {
    case .yes: settings[5] = 1
    // Without them white space at the end is whole anyway, and the setting is GPT-2's.
    case .no: settings.replaceSubrange(5...6, with: [0, 1])
    case nil: break
    }
    guard let changed = SplitPattern(settings: settings) else {
      throw Failure(.usage, "--pattern \(base.name ?? ""): can't be combined with these settings")
    }
    return changed
  }
}

/// Values of `--digits`.
enum DigitRule: String, ExpressibleByArgument {
  case one = "1"
  case two = "2"
  case three = "3"
  case all

  var setting: SplitPattern.Digits {
    switch self {
    case .one: .one
    case .two: .upToTwo
    case .three: .upToThree
    case .all: .runWithSpace
    }
  }
}

/// Values of `--contractions`.
enum ContractionRule: String, ExpressibleByArgument {
  case none
  case lowercase
  case anyCase = "any-case"

  func setting(for words: SplitPattern.Words) -> SplitPattern.Contractions {
    switch self {
    case .none: .none
    case .lowercase: .lowercase
    case .anyCase: words == .caseAware ? .anyCaseSuffix : .anyCase
    }
  }
}

/// Values of `--newline-runs`.
enum NewlineRule: String, ExpressibleByArgument {
  case yes
  case no
}
