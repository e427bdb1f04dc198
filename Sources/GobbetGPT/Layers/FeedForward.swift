internal import GobbetData

/// Up to a larger size, an activation, and down again; gated by a second matrix or not.
struct FeedForward: Sendable {
  /// What the activation is of when it multiplies the output of `up`, [C, F]; nil without a gate.
  let gate: Linear?
  /// To the larger size, [C, F].
  let up: Linear
  /// Back, [F, C].
  let down: Linear
  let activation: Architecture.Activation
  /// What bounds the gate and what it multiplies.
  let clamp: Architecture.GateClamp?

  /// Puts the inside of the layer into `expanded`.
  ///
  /// Shapes: `input` [T, C]; `expanded` and `gated` [T, F], the latter scratch.
  func expand(
    _ input: FloatMatrix, into expanded: inout FloatMatrix, _ gated: inout FloatMatrix,
    _ kernels: Kernels
  ) {
    guard let gate else {
      // The product stores this one activation without a second pass.
      if activation == .geluTanh { return up.apply(input, .gelu, into: &expanded, kernels) }
      up.apply(input, .store, into: &expanded, kernels)
      return kernels.activate(&expanded, activation, factors: nil)
    }
    gate.apply(input, .store, into: &expanded, kernels)
    up.apply(input, .store, into: &gated, kernels)
    if let clamp { clamp.apply(to: &expanded, &gated) }
    kernels.activate(&expanded, activation, factors: gated)
  }
}

extension Architecture.GateClamp {
  /// Bounds gates and what they multiply, and leaves them so that silu(gate) · factor is what is wanted:
  /// g · sigmoid(slope · g) · (u + 1).
  fileprivate func apply(to gates: inout FloatMatrix, _ factors: inout FloatMatrix) {
    for index in gates.elements.indices {
      gates.elements[index] = slope * min(gates.elements[index], limit)
      factors.elements[index] = (min(max(factors.elements[index], -limit), limit) + 1) / slope
    }
  }
}
