/// A parsed expression.
package indirect enum ExpressionSyntax: Hashable, Sendable {
  /// What a repeat prefers.
  package enum Preference: Sendable {
    /// As many as there are.
    case greedy
    /// As few as there are.
    case lazy
    /// As many as there are, and no others if what follows does not match.
    case possessive
  }

  /// Nothing.
  case empty
  /// One scalar of a set.
  case scalar(UnicodeSet)
  /// One after the other.
  case sequence([ExpressionSyntax])
  /// The first that matches.
  case choice([ExpressionSyntax])
  /// That many times; any number, if there is no `maximum`.
  case repeated(ExpressionSyntax, minimum: Int, maximum: Int?, Preference)
  /// A place before one of these scalars; they may include the edge of the text.
  case before(UnicodeSet)
  /// A place after one of these.
  case behind(UnicodeSet)
  /// A place where the expression matches, or does not.
  case ahead(ExpressionSyntax, isNegated: Bool)
  /// The first way in which the expression matches, and no other.
  case atomic(ExpressionSyntax)

  /// Whether it never takes a scalar.
  var isPlace: Bool {
    switch self {
    case .before, .behind, .ahead: true
    case .sequence(let parts), .choice(let parts): parts.allSatisfy(\.isPlace)
    case .empty, .scalar, .repeated, .atomic: false
    }
  }

  /// Whether it can match nothing.
  var canBeEmpty: Bool {
    switch self {
    case .empty, .before, .behind, .ahead: true
    case .scalar: false
    case .sequence(let parts): parts.allSatisfy(\.canBeEmpty)
    case .choice(let parts): parts.contains(where: \.canBeEmpty)
    case .repeated(let body, let minimum, _, _): minimum == 0 || body.canBeEmpty
    case .atomic(let body): body.canBeEmpty
    }
  }

  /// Whether it may match nothing before it is tried whether it matches something.
  var prefersEmpty: Bool {
    guard canBeEmpty else { return false }
    switch self {
    case .empty, .scalar, .before, .behind, .ahead, .atomic: return false
    case .sequence(let parts): return parts.contains(where: \.prefersEmpty)
    case .choice(let parts):
      let others = parts.drop { !$0.canBeEmpty }.dropFirst()
      return parts.contains(where: \.prefersEmpty)
        || others.contains { $0 != .empty && !$0.isPlace }
    case .repeated(let body, _, _, let preference):
      return preference == .lazy || preference == .greedy && body.prefersEmpty
    }
  }

  /// Whether what stands around it decides in which ways it matches.
  var dependsOnPlace: Bool {
    switch self {
    case .before, .behind, .ahead, .atomic, .repeated(_, _, _, .possessive): true
    case .empty, .scalar: false
    case .sequence(let parts), .choice(let parts): parts.contains(where: \.dependsOnPlace)
    case .repeated(let body, _, _, _): body.dependsOnPlace
    }
  }

  /// The set, if that is all.
  var onlySet: UnicodeSet? {
    switch self {
    case .scalar(let set): set
    case .choice(let parts):
      parts.reduce(UnicodeSet?.some(.empty)) { set, part in
        part.onlySet.flatMap { other in set.map { $0.union(other) } }
      }
    default: nil
    }
  }

  /// `parts` in a row.
  static func row(_ parts: [ExpressionSyntax]) -> ExpressionSyntax {
    parts.isEmpty ? .empty : parts.count == 1 ? parts[0] : .sequence(parts)
  }

  /// A place where `body` matches, or does not.
  static func look(_ body: ExpressionSyntax, isNegated: Bool) -> ExpressionSyntax {
    if let set = body.onlySet { return .before(isNegated ? set.elsewhere : set) }
    return .ahead(body, isNegated: isNegated)
  }
}

extension ExpressionSyntax {
  private static let edge = UnicodeSet(UnicodeSet.edge)
  private static let newline = UnicodeSet(0x0A)

  /// The place `\A`.
  static let textStart = ExpressionSyntax.behind(edge)
  /// The place `\z`.
  static let textEnd = ExpressionSyntax.before(edge)
  /// The beginning of a line, but for an empty last one.
  static let onigurumaLineStart = ExpressionSyntax.choice([
    textStart, .sequence([.behind(newline), .before(edge.elsewhere)]),
  ])
  /// The beginning of a line.
  static let rustLineStart = ExpressionSyntax.behind(edge.union(newline))
  /// The end of a line.
  static let lineEnd = ExpressionSyntax.before(edge.union(newline))

  /// Where a word begins or ends, or where it does not.
  static func wordBoundary(_ words: UnicodeSet, isNegated: Bool) -> ExpressionSyntax {
    let others = words.elsewhere
    return .choice([
      .sequence([.behind(words), .before(isNegated ? words : others)]),
      .sequence([.behind(others), .before(isNegated ? others : words)]),
    ])
  }
}
