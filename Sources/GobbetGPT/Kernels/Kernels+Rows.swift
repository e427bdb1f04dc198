internal import CGobbetKernels
internal import GobbetData

extension Kernels {
  /// Replaces every element by its activation, times the factor at its place if there are some.
  func activate(
    _ rows: inout FloatMatrix, _ activation: Architecture.Activation, factors: FloatMatrix?
  ) {
    precondition(
      factors.map { $0.width == rows.width && $0.rowCount == rows.rowCount } ?? true,
      "activate: factors of another shape")
    let (width, rowCount) = (rows.width, rows.rowCount)
    unsafe rows.elements.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      // SAFETY: rows and factors have the same shape.
      unsafe gobbet_activate(
        functions, threads.pool, activation.code, base, factors?.elements, rowCount, width)
    }
  }

  /// Replaces every element x by cap · tanh(scale · x / cap).
  func cap(_ rows: inout FloatMatrix, scale: Float, at cap: Float) {
    let (width, rowCount) = (rows.width, rows.rowCount)
    unsafe rows.elements.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      // SAFETY: the function touches the elements of the rows.
      unsafe gobbet_cap(functions, threads.pool, base, rowCount, width, scale, cap)
    }
  }

  /// Turns the first heads of every row by the row's position.
  ///
  /// - Precondition: the table has the turns of all positions.
  func rotate(
    _ rows: inout FloatMatrix, headCount: Int, headDimension: Int, at positions: [Int],
    _ table: TurnTable
  ) {
    precondition(
      headCount * headDimension <= rows.width && 2 * table.pairCount <= headDimension
        && positions.count == rows.rowCount
        && positions.allSatisfy { $0 >= 0 && $0 < table.positionCount }, "rotate: no such turns")
    let width = rows.width
    unsafe rows.elements.withUnsafeMutableBufferPointer { buffer in
      unsafe table.turns.withUnsafeBufferPointer { turns in
        unsafe positions.withUnsafeBufferPointer { positions in
          guard let base = buffer.baseAddress, let turns = turns.baseAddress,
            let first = positions.baseAddress
          else { return }
          var rotation = unsafe gobbet_rotation(
            rows: base, row_stride: width, row_count: positions.count,
            head_count: headCount, head_width: headDimension, turns: turns, positions: first,
            pair_count: table.pairCount, are_neighbours: table.pairsAreNeighbours)
          // SAFETY: the precondition keeps heads in their rows and positions in the table.
          unsafe gobbet_rotate(threads.pool, &rotation)
        }
      }
    }
  }
}

extension Architecture.Activation {
  /// As kernels call it.
  fileprivate var code: gobbet_activation {
    switch self {
    case .geluTanh: gobbet_gelu_tanh
    case .geluErf: gobbet_gelu_erf
    case .silu: gobbet_silu
    case .geluSigmoid: gobbet_gelu_sigmoid
    case .relu: gobbet_relu
    case .reluSquared: gobbet_relu_squared
    }
  }
}
