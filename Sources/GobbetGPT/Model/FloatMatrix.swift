/// Rows of floats, one after the other.
public struct FloatMatrix: Hashable, Sendable {
  /// Rows.
  public private(set) var rowCount: Int
  /// Floats in a row.
  public let width: Int
  /// All floats, row by row.
  public internal(set) var elements: [Float]

  /// Rows of zeros.
  public init(rowCount: Int, width: Int) {
    self.rowCount = rowCount
    self.width = width
    elements = [Float](repeating: 0, count: rowCount * width)
  }

  /// One row.
  public subscript(row: Int) -> ArraySlice<Float> {
    elements[(row * width)..<((row + 1) * width)]
  }

  /// A copy of some rows.
  public func rows(_ range: Range<Int>) -> FloatMatrix {
    var part = FloatMatrix(rowCount: 0, width: width)
    part.elements = Array(elements[(range.lowerBound * width)..<(range.upperBound * width)])
    part.rowCount = range.count
    return part
  }

  /// Cuts or extends by rows of zeros; keeps the memory it has.
  mutating func resize(rowCount: Int) {
    let count = rowCount * width
    if count < elements.count {
      elements.removeLast(elements.count - count)
    } else {
      elements.append(contentsOf: repeatElement(0, count: count - elements.count))
    }
    self.rowCount = rowCount
  }

  /// Keeps the rows with these ascending numbers and moves them together.
  mutating func keep(_ rows: [Int]) {
    for (to, from) in rows.enumerated() where to != from {
      for column in 0..<width {
        elements[to * width + column] = elements[from * width + column]
      }
    }
    resize(rowCount: rows.count)
  }

  /// Puts the rows of another matrix of the same width after the last.
  mutating func append(_ rows: FloatMatrix) {
    precondition(rows.width == width, "append: rows of another width")
    elements.append(contentsOf: rows.elements)
    rowCount += rows.rowCount
  }

  /// Adds the rows of another matrix of the same shape, times a factor.
  mutating func add(_ rows: FloatMatrix, times factor: Float) {
    precondition(
      rows.width == width && rows.rowCount == rowCount, "add: rows of another shape")
    for index in elements.indices {
      elements[index] = elements[index].addingProduct(rows.elements[index], factor)
    }
  }

  /// Multiplies all elements by a factor.
  mutating func multiply(by factor: Float) {
    for index in elements.indices { elements[index] *= factor }
  }
}
