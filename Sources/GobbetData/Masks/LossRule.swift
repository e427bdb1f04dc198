public import GobbetBPE

/// A rule that says by the ids of a document which of its tokens count in a loss: those after an
/// opening, up to a closing.
///
/// A token is counted if the last opening or closing before it is an opening; a closing itself only
/// if it says so. Nothing is counted before the first opening. Openings and closings are looked for in
/// one document, and an opening lies within it as a whole.
public struct LossRule: Hashable, Sendable {
  /// An id after which tokens no longer count.
  public struct Closing: Hashable, Sendable {
    /// The id.
    public let id: TokenID
    /// Whether the token itself counts where the ones before it do.
    public let isCounted: Bool

    /// Creates a closing.
    public init(_ id: TokenID, isCounted: Bool) {
      self.id = id
      self.isCounted = isCounted
    }
  }

  /// The most openings, and closings, of a rule.
  public static let maximumCount = 64
  /// The most ids of an opening.
  public static let maximumOpeningLength = 16

  /// Sequences of ids after which tokens count.
  public let openings: [[TokenID]]
  /// Ids after which they no longer do, by rising id.
  public let closings: [Closing]
  /// Bit n is set if an id whose lowest six bits are n ends an opening, or closes.
  private let sieve: UInt64

  /// Creates a rule; nil unless there are 1 to 64 openings of 1 to 16 ids each, and at most 64
  /// closings of different ids.
  public init?(openings: [[TokenID]], closings: [Closing]) {
    let sorted = closings.sorted { $0.id < $1.id }
    guard (1...Self.maximumCount).contains(openings.count), closings.count <= Self.maximumCount,
      openings.allSatisfy({ (1...Self.maximumOpeningLength).contains($0.count) }),
      zip(sorted, sorted.dropFirst()).allSatisfy({ $0.id < $1.id })
    else { return nil }
    self.openings = openings
    self.closings = sorted
    sieve = (openings.map { $0[$0.count - 1] } + sorted.map(\.id)).reduce(0) {
      $0 | 1 << UInt64($1 & 63)
    }
  }

  /// The largest id of the rule.
  var largestID: TokenID {
    max(openings.joined().max() ?? 0, closings.last?.id ?? 0)
  }

  /// What a token does: true begins to count what follows, false ends that, nil neither.
  private func change(at index: Int, in tokens: Span<TokenID>) -> Bool? {
    let opens = openings.contains { opening in
      let start = index + 1 - opening.count
      return start >= 0 && opening.indices.allSatisfy { tokens[start + $0] == opening[$0] }
    }
    if opens { return true }
    return closings.contains { $0.id == tokens[index] } ? false : nil
  }

  /// The tokens of a document that count, as ranges that neither touch nor are empty, in order.
  ///
  /// - Complexity: O(tokens · (openings + closings)).
  public func ranges(in tokens: Span<TokenID>) -> [Range<Int>] {
    ranges(in: tokens, from: 0, isCounting: false)
  }

  /// The same for the tokens from `start` on, with whether those before it end in a stretch that
  /// counts; indices are those of `tokens`.
  func ranges(in tokens: Span<TokenID>, from start: Int, isCounting: Bool) -> [Range<Int>] {
    var ranges: [Range<Int>] = []
    // Where the tokens begin that count up to here; nil if the last doesn't.
    var first = isCounting ? start : nil
    for index in start..<tokens.count where sieve >> UInt64(tokens[index] & 63) & 1 != 0 {
      guard let opens = change(at: index, in: tokens) else { continue }
      if let begin = first {
        // A closing that doesn't count ends the range even if an opening ends with it.
        let isCounted = closings.first { $0.id == tokens[index] }?.isCounted ?? true
        if opens, isCounted { continue }
        let end = isCounted ? index + 1 : index
        if begin < end { ranges.append(begin..<end) }
      }
      first = opens ? index + 1 : nil
    }
    if let first, first < tokens.count { ranges.append(first..<tokens.count) }
    return ranges
  }

  /// What the last opening or closing among the tokens from `start` on does; nil if there is none.
  func lastChange(in tokens: Span<TokenID>, from start: Int) -> Bool? {
    for index in (start..<tokens.count).reversed()
    where sieve >> UInt64(tokens[index] & 63) & 1 != 0 {
      if let change = change(at: index, in: tokens) { return change }
    }
    return nil
  }
}
