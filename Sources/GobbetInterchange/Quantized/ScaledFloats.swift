internal import GobbetData
internal import GobbetSystem

/// A matrix of 8-bit floats, or several, and a factor for each part of some rows and columns, for each
/// row, or for all.
struct ScaledFloats: Sendable {
  /// What both stand for.
  let result: TensorDescription
  /// The 8-bit floats.
  let weight: TensorDescription
  /// The factors.
  let scale: TensorDescription
  private let blockShape: [Int]
  private let rows: Int
  private let columns: Int
  private let scaleRows: Int
  private let scaleColumns: Int

  /// What the name of the factors of parts adds.
  static let ending = "_scale_inv"
  /// What the name of the factors of rows, or of the factor of a whole matrix, adds: as vLLM and
  /// NVIDIA's ModelOpt write them.
  static let rowEnding = "_scale"
  /// Bytes of the result that are made at once.
  private static let pieceByteCount = 1 << 18

  /// - Throws: `InterchangeError` if the two do not fit together; `TensorError` for a tensor that is
  ///   too large.
  init(
    _ weight: TensorDescription, _ scale: TensorDescription, _ blockShape: [Int], path: String
  ) throws {
    func parts(_ length: Int, _ size: Int) -> Int { length / size + (length % size == 0 ? 0 : 1) }
    let rank = weight.shape.count
    let blockShape = Self.blockShape(weight, scale) ?? blockShape
    guard rank >= 2, [.float8E4M3, .float8E5M2].contains(weight.elementType),
      FloatConversion(scale.elementType) != nil,
      Self.blockShape(weight, scale) != nil
        || scale.shape == weight.shape.dropLast(2)
          + [
            parts(weight.shape[rank - 2], blockShape[0]),
            parts(weight.shape[rank - 1], blockShape[1]),
          ]
    else {
      throw InterchangeError(
        .damaged(
          "\(scale.elementType.name) \(scale.shape) aren't scales of \(weight.elementType.name) "
            + "\(weight.shape) in parts of \(blockShape[0].counted("row")) "
            + "and \(blockShape[1].counted("column"))"),
        path: path, field: scale.name)
    }
    self.weight = weight
    self.scale = scale
    self.blockShape = blockShape
    rows = weight.shape[rank - 2]
    columns = weight.shape[rank - 1]
    scaleRows = parts(rows, blockShape[0])
    scaleColumns = parts(columns, blockShape[1])
    result = try TensorDescription(
      name: weight.name, elementType: .float32, shape: weight.shape)
  }

  /// The rows and columns that share a factor of those that `_scale` names; nil for others, and where they
  /// do not fit a matrix.
  private static func blockShape(
    _ weight: TensorDescription, _ scale: TensorDescription
  ) -> [Int]? {
    guard scale.name.hasSuffix(rowEnding), weight.shape.count == 2, weight.elementCount > 0 else {
      return nil
    }
    let (rows, columns) = (weight.shape[0], weight.shape[1])
    if scale.elementCount == 1 { return [rows, columns] }
    return scale.shape == [rows, 1] || scale.shape == [rows] ? [1, columns] : nil
  }

  /// Calls `body` with pieces that hold a range of the result's bytes, and where each begins.
  func forEachPiece(
    in range: Range<Int>, of base: any TensorSource, _ body: ([UInt8], Int) -> Void
  ) throws {
    guard !range.isEmpty, let reading = FloatConversion(reading: weight.elementType),
      let writing = FloatConversion(.float32)
    else { return }
    let scales = try base.floats(of: scale)
    for start in stride(
      from: range.lowerBound / 4, to: (range.upperBound + 3) / 4, by: Self.pieceByteCount / 4)
    {
      let end = min(start + Self.pieceByteCount / 4, (range.upperBound + 3) / 4)
      let bytes = try base.bytes(of: weight, in: start..<end)
      var floats = reading.floats(bytes.span)
      var index = start
      while index < end {
        // The rest of a row's part has one factor.
        let (row, column) = (index / columns, index % columns)
        let place =
          (row / rows * scaleRows + row % rows / blockShape[0]) * scaleColumns
          + column / blockShape[1]
        let last = min(
          end, index + min(columns - column, blockShape[1] - column % blockShape[1]))
        for element in (index - start)..<(last - start) { floats[element] *= scales[place] }
        index = last
      }
      body(try writing.bytes(floats.span), 4 * start)
    }
  }
}
