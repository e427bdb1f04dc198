/// Unique pretokens with their counts, which can be gone through more than once.
public protocol PretokenSource {
  /// Calls `body` with every pretoken and its count; each pretoken comes once, in any order, but
  /// in the same one each time.
  func forEachPretoken(_ body: (_ bytes: Span<UInt8>, _ count: UInt64) throws -> Void) throws
}
