/// Pretokens with their counts in rising order of bytes, each once, which can be read repeatedly.
public protocol PretokenRun: Sendable {
  /// A reader at the first pretoken.
  func makeReader() throws -> any PretokenRunReader
}

/// A place in a ``PretokenRun``.
public protocol PretokenRunReader {
  /// Replaces `pretoken` by the next one and returns its count; nil after the last.
  mutating func next(_ pretoken: inout [UInt8]) throws -> UInt64?
}

/// Where counts go when memory is short, such as to files.
public protocol PretokenSpill: Sendable {
  /// Keeps the pretokens of `counts`, which
  /// ``PretokenCounts/forEachSortedPretoken(_:)`` passes on in the right order.
  mutating func write(_ counts: PretokenCounts) throws -> any PretokenRun
}
