internal import CGobbetKernels
internal import GobbetData

/// Feed-forwards of which each row takes some, by the scores that a router gives them.
///
/// What a row becomes depends on nothing but the row: its experts are added up in the order of their
/// numbers.
struct Experts: Sendable {
  /// From the residual stream to a score for each expert, in floats whatever the model is in.
  let router: Linear
  let experts: [FeedForward]
  let settings: Architecture.Experts

  /// A row that an expert gets, and how much what it makes of it counts.
  private struct Share {
    let row: Int
    let weight: Float
  }

  /// Puts what the experts make of the rows into the scratch.
  ///
  /// Shapes: `input` and `scratch.mixed` [T, C].
  func apply(_ input: FloatMatrix, _ scratch: inout Scratch, _ kernels: Kernels) {
    router.apply(input, .store, into: &scratch.scores, kernels)
    scratch.mixed.resize(rowCount: 0)
    scratch.mixed.resize(rowCount: input.rowCount)
    for (expert, shares) in shares(of: scratch.scores).enumerated() where !shares.isEmpty {
      scratch.picked.take(shares.map(\.row), of: input)
      let feedForward = experts[expert]
      feedForward.expand(scratch.picked, into: &scratch.expanded, &scratch.gated, kernels)
      feedForward.down.apply(scratch.expanded, .store, into: &scratch.result, kernels)
      for (index, share) in shares.enumerated() {
        scratch.mixed.add(row: index, of: scratch.result, times: share.weight, to: share.row)
      }
    }
  }

  /// For every expert the rows that chose it.
  private func shares(of scores: FloatMatrix) -> [[Share]] {
    var shares = [[Share]](repeating: [], count: experts.count)
    for row in 0..<scores.rowCount {
      let scores = Array(scores[row])
      // The likeliest; of equal ones the first. What is not finite is chosen too, and shows.
      let order = scores.indices.sorted {
        scores[$0] != scores[$1] ? scores[$0] > scores[$1] : $0 < $1
      }
      let chosen = order.prefix(settings.chosenCount)
      let largest = Double(scores[order[0]])
      func power(_ expert: Int) -> Double { gobbet_exp(Double(scores[expert]) - largest) }
      let sum = (settings.normalizesShares ? chosen : order[...]).reduce(0) { $0 + power($1) }
      for expert in chosen {
        shares[expert].append(Share(row: row, weight: Float(power(expert) / sum)))
      }
    }
    return shares
  }

  /// Rows that the experts compute in, reused from layer to layer.
  struct Scratch {
    /// A score for each expert, [T, experts].
    var scores: FloatMatrix
    /// The rows of one expert: before it, inside it, what its gate multiplies, after it.
    var picked: FloatMatrix
    var expanded: FloatMatrix
    var gated: FloatMatrix
    var result: FloatMatrix
    /// What all give together, [T, C].
    var mixed: FloatMatrix

    init(_ architecture: Architecture) {
      scores = FloatMatrix(rowCount: 0, width: architecture.experts?.count ?? 0)
      picked = FloatMatrix(rowCount: 0, width: architecture.hiddenSize)
      expanded = FloatMatrix(rowCount: 0, width: architecture.experts?.feedForwardSize ?? 0)
      gated = expanded
      result = picked
      mixed = picked
    }
  }
}

extension FloatMatrix {
  /// Becomes the rows of another matrix with these numbers.
  fileprivate mutating func take(_ rows: [Int], of other: FloatMatrix) {
    resize(rowCount: rows.count)
    for (to, from) in rows.enumerated() {
      for column in 0..<width {
        elements[to * width + column] = other.elements[from * width + column]
      }
    }
  }

  /// Adds a row of another matrix, times a factor, to a row.
  fileprivate mutating func add(
    row: Int, of other: FloatMatrix, times factor: Float, to target: Int
  ) {
    for column in 0..<width {
      elements[target * width + column] = elements[target * width + column].addingProduct(
        other.elements[row * width + column], factor)
    }
  }
}
