import GobbetBPE

/// What a token is, times a factor, plus where it stands if the model has learned that.
struct Embedding: Sendable {
  /// C inputs and V outputs, for it is usually the head as well.
  let tokens: PackedMatrix
  /// [positions, C], row by row; nil where positions turn queries and keys instead.
  let positions: [Float]?
  /// [types, C], row by row; nil where tokens have no types.
  let types: [Float]?
  /// What tokens are multiplied by.
  let multiplier: Float

  /// Shapes: `ids`, `at` and `types` [T], `output` [T, C].
  func apply(
    _ ids: [TokenID], at positions: [Int], types: [Int], into output: inout FloatMatrix
  ) {
    output.resize(rowCount: ids.count)
    let width = output.width
    for (row, id) in ids.enumerated() {
      tokens.copyWeights(ofOutput: Int(id), to: &output, row: row)
      for (table, index) in [(self.types, types[row]), (self.positions, positions[row])] {
        guard let table else { continue }
        for column in 0..<width {
          output.elements[row * width + column] += table[index * width + column]
        }
      }
    }
    if multiplier != 1 { output.multiply(by: multiplier) }
  }
}
