/// Causal attention with several heads: every position looks at itself and those before it.
struct Attention: Sendable {
  /// To queries, keys and values, [C, 3C].
  let project: Linear
  /// From the heads, side by side, to the residual stream, [C, C].
  let combine: Linear

  /// Projects rows and puts their keys and values into the caches.
  ///
  /// Shapes: `input` [T, C], `projected` [T, 3C].
  func remember(
    _ input: FloatMatrix, _ segments: [Segment], layer: Int, into projected: inout FloatMatrix,
    _ kernels: Kernels
  ) {
    project.apply(input, .store, into: &projected, kernels)
    kernels.remember(projected, segments, layer: layer)
  }

  /// Adds what the rows see to the residual stream.
  ///
  /// Shapes: `projected` [T, 3C], `attended` [T, C], scratch; `residual` [T, C].
  func attend(
    _ projected: FloatMatrix, _ segments: [Segment], layer: Int, _ attended: inout FloatMatrix,
    weights: inout AttentionWeights?, addingTo residual: inout FloatMatrix, _ kernels: Kernels
  ) {
    kernels.attend(projected, segments, layer: layer, into: &attended, weights: &weights)
    combine.apply(attended, .add, into: &residual, kernels)
  }
}

/// Consecutive positions of one sequence among the rows of a pass.
struct Segment {
  /// The sequence's keys and values.
  let cache: KeyValueCache
  /// Where the segment stands in the rows.
  let rows: Range<Int>
  /// The position of the first row in its sequence.
  let position: Int

  /// The position after the last row.
  var endPosition: Int { position + rows.count }
}

/// The weights that the heads of a layer gave the positions.
public struct AttentionWeights: Hashable, Sendable {
  /// H, the heads.
  public let headCount: Int
  /// T, the positions.
  public let positionCount: Int
  /// [H, T, T]: head, position that looks, position that is looked at.
  public private(set) var elements: [Float]

  init(headCount: Int, positionCount: Int) {
    self.headCount = headCount
    self.positionCount = positionCount
    elements = [Float](repeating: 0, count: headCount * positionCount * positionCount)
  }

  /// What one head saw: T rows of T weights, each adding up to 1.
  public subscript(head: Int) -> FloatMatrix {
    var matrix = FloatMatrix(rowCount: positionCount, width: positionCount)
    let count = positionCount * positionCount
    matrix.elements = Array(elements[(head * count)..<((head + 1) * count)])
    return matrix
  }

  /// Calls `body` with the memory of the weights, or nil if there are none.
  static func withPointer(
    _ weights: inout AttentionWeights?,
    _ body: (UnsafeMutablePointer<Float>?) -> Void
  ) {
    guard weights != nil else {
      body(nil)
      return
    }
    unsafe weights?.elements.withUnsafeMutableBufferPointer { buffer in
      unsafe body(buffer.baseAddress)
    }
  }
}
