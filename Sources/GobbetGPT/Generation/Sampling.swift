internal import GobbetBPE

/// How logits become a token.
///
/// The steps, in this order: repetition penalty, temperature, top-k, top-p, min-p, one draw from
/// what is left. The defaults take the likeliest token.
public struct Sampling: Hashable, Sendable {
  /// What logits are divided by; 0 takes the likeliest token, the first of equals.
  public var temperature: Float = 0
  /// Keeps this many of the likeliest tokens, and those equal to the last of them; nil for all.
  public var topK: Int?
  /// Keeps the fewest of the likeliest tokens that have this probability together; nil for all.
  public var topP: Float?
  /// Keeps tokens at least this many times as likely as the likeliest; nil for all.
  public var minP: Float?
  /// Divides positive logits of tokens that were there already, multiplies negative ones; 1 for none.
  public var repetitionPenalty: Float = 1

  /// The likeliest token.
  public static let greedy = Sampling()

  /// Settings that take the likeliest token until they are changed.
  public init() {}

  /// The temperatures that tokens are drawn with: logits divided by them are numbers, and their
  /// exponentials add up.
  public static let temperatures: ClosedRange<Float> = 1e-30...1_000_000
  /// The repetition penalties that leave logits numbers.
  public static let repetitionPenalties: ClosedRange<Float> = 0.001...1_000

  /// Checks that every setting is in its range.
  ///
  /// - Throws: ``GPTError`` (`invalidSampling`).
  public func validate() throws(GPTError) {
    func check(_ isValid: Bool, _ text: String) throws(GPTError) {
      guard isValid else { throw GPTError(.invalidSampling(text)) }
    }
    try check(
      temperature == 0 || Self.temperatures.contains(temperature),
      "temperature \(temperature) is not 0 or from 1e-30 to 1000000")
    if let topK { try check(topK > 0, "top-k \(topK) is not 1 or more") }
    if let topP { try check(topP > 0 && topP <= 1, "top-p \(topP) is not in (0, 1]") }
    if let minP { try check(minP >= 0 && minP <= 1, "min-p \(minP) is not in [0, 1]") }
    try check(
      Self.repetitionPenalties.contains(repetitionPenalty),
      "repetition penalty \(repetitionPenalty) is not from 0.001 to 1000")
  }

  /// A token that may come.
  struct Candidate: Hashable {
    let id: TokenID
    /// Its logit, later its probability.
    var weight: Float
  }

  /// Draws a token.
  ///
  /// Shapes: `logits` [V]. `earlier` are the tokens that the repetition penalty is for. A logit that
  /// isn't a number, or minus infinity, is never drawn; where some are infinite, one of them is.
  /// - Precondition: there are logits, and the settings are valid.
  func token(
    from logits: ArraySlice<Float>, earlier: [TokenID], random: inout RandomSource,
    _ kernels: Kernels
  ) -> TokenID {
    precondition(!logits.isEmpty, "sampling: no logits")
    var logits = Array(logits)
    penalize(&logits, earlier)
    guard temperature > 0 else { return Self.likeliest(logits) }
    Self.makeComparable(&logits)
    var candidates = logits.enumerated().map { Candidate(id: TokenID($0), weight: $1) }
    if let topK, topK < logits.count {
      let least = Self.value(ranked: topK, in: logits)
      candidates.removeAll { $0.weight < least }
    }
    var shares = candidates.map(\.weight)
    kernels.softmax(&shares, scale: 1 / temperature)
    for index in candidates.indices { candidates[index].weight = shares[index] }
    keepTopP(&candidates)
    keepMinP(&candidates)
    return Self.draw(from: candidates, random.nextUnit())
  }

  /// The index of the greatest logit, the first of equals; NaN is never greatest.
  static func likeliest(_ logits: [Float]) -> TokenID {
    var best = 0
    for index in logits.indices where logits[index] > logits[best] || logits[best].isNaN {
      best = index
    }
    return TokenID(best)
  }

  /// Makes logits such that their differences are numbers, or minus infinity.
  private static func makeComparable(_ logits: inout [Float]) {
    // The sum of finite numbers may be infinite, but each of them is then looked at.
    guard !logits.reduce(0, +).isFinite else { return }
    let hasInfinity = logits.contains(.infinity)
    for index in logits.indices {
      if hasInfinity {
        logits[index] = logits[index] == .infinity ? 0 : -.infinity
      } else if logits[index].isNaN {
        logits[index] = -.infinity
      }
    }
    // Nothing to choose by: any is as good as another.
    if logits.allSatisfy({ $0 == -.infinity }) {
      logits = [Float](repeating: 0, count: logits.count)
    }
  }

  private func penalize(_ logits: inout [Float], _ earlier: [TokenID]) {
    guard repetitionPenalty != 1 else { return }
    for id in Set(earlier) where Int(id) < logits.count {
      let logit = logits[Int(id)]
      logits[Int(id)] = logit > 0 ? logit / repetitionPenalty : logit * repetitionPenalty
    }
  }

  /// The value that `rank` values reach, those equal to it counted as well.
  private static func value(ranked rank: Int, in values: [Float]) -> Float {
    if rank > 256 { return values.sorted(by: >)[rank - 1] }
    // The greatest so far, in descending order: few values of many get in, and none costs much.
    var greatest: [Float] = []
    for value in values where greatest.count < rank || value > greatest[rank - 1] {
      let place = greatest.firstIndex { $0 < value } ?? greatest.count
      greatest.insert(value, at: place)
      if greatest.count > rank { greatest.removeLast() }
    }
    return greatest[greatest.count - 1]
  }

  private func keepTopP(_ candidates: inout [Candidate]) {
    guard let topP, topP < 1 else { return }
    // What is below this has at most half of 1 - p together, so p is reached without it.
    let floor = (1 - topP) / (2 * Float(candidates.count))
    candidates.removeAll { $0.weight < floor }
    candidates.sort { $0.weight > $1.weight || ($0.weight == $1.weight && $0.id < $1.id) }
    var sum: Double = 0
    let end = candidates.firstIndex { candidate in
      sum += Double(candidate.weight)
      return sum >= Double(topP)
    }
    if let end { candidates.removeLast(candidates.count - 1 - end) }
  }

  private func keepMinP(_ candidates: inout [Candidate]) {
    guard let minP else { return }
    let most = candidates.reduce(0) { max($0, $1.weight) }
    candidates.removeAll { $0.weight < minP * most }
  }

  /// The candidate at that part, from 0 to below 1, of all weights laid end to end.
  private static func draw(from candidates: [Candidate], _ part: Double) -> TokenID {
    let sum = candidates.reduce(0.0) { $0 + Double($1.weight) }
    var left = part * sum
    for candidate in candidates {
      left -= Double(candidate.weight)
      if left < 0 { return candidate.id }
    }
    return candidates[candidates.count - 1].id
  }
}
