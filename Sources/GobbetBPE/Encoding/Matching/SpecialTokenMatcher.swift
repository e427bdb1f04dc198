/// Finds special tokens in a text: the leftmost, and of those that begin there the longest.
///
/// Tokens are sorted. Of those that begin at a place the longest is the last one that is not after
/// the text from there on in the order of bytes, or one that this one begins with. Where that has
/// cost more than it should, an automaton does the rest.
/// - Complexity: linear in the text and the tokens, whatever they are.
struct SpecialTokenMatcher: Sendable {
  /// A special token by its index in the list that was given, and where it stands.
  struct Match {
    let index: Int
    let range: Range<Int>
  }

  /// The bytes of the tokens in their order, each with its index in the list.
  private let sorted: [(bytes: [UInt8], index: Int)]
  /// For each of `sorted` the longest other token that it begins with, or -1.
  private let prefixes: [Int]
  /// Where in `sorted` the tokens start that begin with each byte; one more at the end.
  private let starts: [Int]
  private let beginnings: SpecialTokenBeginnings
  private let byteCount: Int

  /// A matcher of tokens by their bytes, none of them empty; of equal ones the last counts.
  init(_ tokens: [[UInt8]]) {
    let sorted = tokens.enumerated().sorted {
      $0.element.lexicographicallyPrecedes($1.element)
        || $0.element == $1.element && $0.offset < $1.offset
    }.map { (bytes: $0.element, index: $0.offset) }
    var prefixes: [Int] = []
    var open: [Int] = []
    var starts = [Int](repeating: 0, count: 257)
    for (place, token) in sorted.enumerated() {
      while let last = open.last, !token.bytes.starts(with: sorted[last].bytes) {
        open.removeLast()
      }
      prefixes.append(open.last ?? -1)
      open.append(place)
      starts[Int(token.bytes[0]) + 1] = place + 1
    }
    for byte in 1...256 { starts[byte] = max(starts[byte], starts[byte - 1]) }
    self.sorted = sorted
    self.prefixes = prefixes
    self.starts = starts
    beginnings = SpecialTokenBeginnings(tokens)
    byteCount = tokens.reduce(0) { $0 + $1.count }
  }

  /// All matches that do not overlap, from left to right.
  func matches(in bytes: Span<UInt8>) -> [Match] {
    var matches: [Match] = []
    var place = beginnings.firstPlace(in: bytes, from: 0)
    // Bytes that were compared, and tokens that were passed over.
    var work = 0
    while place < bytes.count {
      guard work <= 8 * bytes.count + byteCount + 4096 else {
        appendMatches(in: bytes, from: place, to: &matches)
        return matches
      }
      var end = place + 1
      if let token = longestToken(in: bytes, at: place, &work) {
        end = place + sorted[token].bytes.count
        matches.append(Match(index: sorted[token].index, range: place..<end))
      }
      place = beginnings.firstPlace(in: bytes, from: end)
    }
    return matches
  }

  /// The place in `sorted` of the longest token that begins at `place`.
  private func longestToken(in bytes: Span<UInt8>, at place: Int, _ work: inout Int) -> Int? {
    let first = Int(bytes[place])
    // The tokens below `low` are not after the text; those from `high` on are.
    var (low, high) = (starts[first], starts[first + 1])
    guard low < high else { return nil }
    let bottom = low
    var common = 0
    while low < high {
      let middle = (low + high) / 2
      let (count, isBehind) = Self.comparison(sorted[middle].bytes, bytes, place)
      work += count + 1
      if isBehind {
        high = middle
      } else {
        low = middle + 1
        common = count
      }
    }
    guard low > bottom else { return nil }
    var token = low - 1
    while token >= 0, sorted[token].bytes.count > common {
      work += 1
      token = prefixes[token]
    }
    return token < 0 ? nil : token
  }

  /// How many bytes a token has in common with the text at `place`, and whether it comes after it.
  private static func comparison(
    _ token: [UInt8], _ bytes: Span<UInt8>, _ place: Int
  ) -> (count: Int, isBehind: Bool) {
    let bound = min(token.count, bytes.count - place)
    var count = 0
    while count < bound, token[count] == bytes[place + count] { count += 1 }
    if count == token.count { return (count, false) }
    return (count, place + count == bytes.count || token[count] > bytes[place + count])
  }

  /// Appends the matches from `start` on, by the automaton.
  private func appendMatches(in bytes: Span<UInt8>, from start: Int, to matches: inout [Match]) {
    let automaton = SpecialTokenAutomaton(sorted.map(\.bytes))
    var end = start
    for (place, token) in automaton.longestTokens(in: bytes, from: start).reversed()
    where place >= end {
      end = place + sorted[token].bytes.count
      matches.append(Match(index: sorted[token].index, range: place..<end))
    }
  }
}
