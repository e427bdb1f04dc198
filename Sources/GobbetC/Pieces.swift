/// Texts, tokens or documents that lie one after the other, with where each ends.
struct Pieces<Element: BitwiseCopyable>: @unchecked Sendable {
  // SAFETY: the caller's memory, which stays as it is until the call returns, and so do the threads
  // that read it.
  private let elements: UnsafeBufferPointer<Element>
  private let ends: UnsafeBufferPointer<UInt64>

  /// The pieces of a caller's memory.
  ///
  /// - Throws: ``CallError`` if the ends are not in order, or a pointer is null.
  init(
    _ start: UnsafePointer<Element>?, _ ends: UnsafePointer<UInt64>?, _ count: Int, _ name: String
  ) throws(CallError) {
    self.ends = try buffer(ends, count, "\(name)_ends")
    var previous: UInt64 = 0
    for index in 0..<count {
      let end = self.ends[index]
      guard end >= previous, end <= UInt64(Int.max / MemoryLayout<Element>.stride) else {
        throw .invalid("\(name)_ends: \(end) comes after \(previous)")
      }
      previous = end
    }
    elements = try buffer(start, Int(previous), name)
  }

  /// How many pieces there are.
  var count: Int { ends.count }
  /// Elements of all.
  var elementCount: Int { end(of: count - 1) }

  /// Where piece `index` ends; 0 for the one before the first.
  func end(of index: Int) -> Int { index < 0 ? 0 : Int(ends[index]) }

  /// Calls `body` with the elements of piece `index`.
  func withPiece<Result, Failure>(
    _ index: Int, _ body: (Span<Element>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    // SAFETY: the initializer checked that ends rise up to the number of elements.
    let piece = UnsafeBufferPointer(rebasing: elements[end(of: index - 1)..<end(of: index)])
    return try body(piece.span)
  }

  /// Ranges of pieces with about the same number of elements each, in order.
  func parts(count partCount: Int) -> [Range<Int>] {
    var parts: [Range<Int>] = []
    var start = 0
    for index in 0..<count
    where parts.count < partCount - 1
      && end(of: index) >= elementCount / partCount * (parts.count + 1)
    {
      parts.append(start..<(index + 1))
      start = index + 1
    }
    if start < count { parts.append(start..<count) }
    return parts
  }
}
