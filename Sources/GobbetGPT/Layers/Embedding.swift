import GobbetBPE

/// What a token is, plus where it stands.
struct Embedding: Sendable {
  /// C inputs and V outputs, for it is usually the head as well.
  let tokens: PackedMatrix
  /// [positions, C], row by row.
  let positions: [Float]

  /// Shapes: `ids` and `at` [T], `output` [T, C].
  func apply(_ ids: [TokenID], at positions: [Int], into output: inout FloatMatrix) {
    output.resize(rowCount: ids.count)
    let width = output.width
    for (row, id) in ids.enumerated() {
      tokens.copyWeights(ofOutput: Int(id), to: &output, row: row)
      for column in 0..<width {
        output.elements[row * width + column] += self.positions[positions[row] * width + column]
      }
    }
  }
}
