import GobbetBPE

/// Matches an expression by trying one way after the other, over an array of scalars.
///
/// - Complexity: exponential; it is for short texts.
struct ReferenceMatcher {
  let syntax: ExpressionSyntax
  let scalars: [UInt32]
  /// In place of the scalar in front of a text and after it.
  private static let edge: UInt32 = 0x11_0001

  /// The end of the first match at `place` that `rest` takes.
  private func match(
    _ syntax: ExpressionSyntax, at place: Int, _ rest: (Int) -> Int?
  ) -> Int? {
    switch syntax {
    case .empty: return rest(place)
    case .scalar(let set):
      return place < scalars.count && set.contains(scalars[place]) ? rest(place + 1) : nil
    case .sequence(let parts): return match(parts[...], at: place, rest)
    case .choice(let parts):
      for part in parts { if let end = match(part, at: place, rest) { return end } }
      return nil
    case .before(let set):
      return set.contains(place < scalars.count ? scalars[place] : Self.edge) ? rest(place) : nil
    case .behind(let set):
      return set.contains(place > 0 ? scalars[place - 1] : Self.edge) ? rest(place) : nil
    case .ahead(let body, let isNegated):
      return (match(body, at: place) { $0 } != nil) != isNegated ? rest(place) : nil
    case .atomic(let body): return match(body, at: place) { $0 }.flatMap(rest)
    case .repeated(let body, let minimum, let maximum, .possessive):
      let greedy = ExpressionSyntax.repeated(body, minimum: minimum, maximum: maximum, .greedy)
      return match(.atomic(greedy), at: place, rest)
    case .repeated(let body, let minimum, let maximum, let preference):
      if minimum > 0 {
        let fewer = ExpressionSyntax.repeated(
          body, minimum: minimum - 1, maximum: maximum.map { $0 - 1 }, preference)
        return match(body, at: place) { match(fewer, at: $0, rest) }
      }
      if maximum == 0 { return rest(place) }
      let fewer = ExpressionSyntax.repeated(
        body, minimum: 0, maximum: maximum.map { $0 - 1 }, preference)
      func again() -> Int? {
        match(body, at: place) { end in
          // A turn without a scalar is the last one of a repeat without end.
          end == place && maximum == nil ? rest(end) : match(fewer, at: end, rest)
        }
      }
      return preference == .lazy ? rest(place) ?? again() : again() ?? rest(place)
    }
  }

  private func match(
    _ parts: ArraySlice<ExpressionSyntax>, at place: Int, _ rest: (Int) -> Int?
  ) -> Int? {
    guard let first = parts.first else { return rest(place) }
    return match(first, at: place) { match(parts.dropFirst(), at: $0, rest) }
  }

  /// All matches, from the first; of empty ones, those that follow another at once are left out.
  var matches: [Range<Int>] {
    var matches: [Range<Int>] = []
    var place = 0
    while place <= scalars.count {
      guard let end = match(syntax, at: place, { $0 }),
        end > place || matches.last?.upperBound != place
      else {
        place += 1
        continue
      }
      matches.append(place..<end)
      place = end > place ? end : place + 1
    }
    return matches
  }
}
