/// An input that cannot be read as documents, and where.
public struct CorpusError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What is wrong; clients need a default case, for more may come.
  @nonexhaustive public enum Code: Hashable, Sendable {
    /// A line with nothing on it.
    case emptyLine
    /// A line that is not JSON; the text says why.
    case invalidJSON(String)
    /// What the key is looked up in is not an object.
    case notAnObject(key: String)
    /// The object does not have the key.
    case missingKey(String)
    /// The object has the key more than once.
    case duplicateKey(String)
    /// The key's value is not a string.
    case notAString(key: String)
    /// The key's value is neither a string nor an integer.
    case notAnIdentifier(key: String)
    /// A line or document is longer than the limit.
    case tooLong(limit: Int)
    /// Compressed data stops before its end.
    case truncated(String)
    /// Compressed data is wrong; the text says why.
    case damaged(String)
    /// The text key has an empty part, or ends in a backslash.
    case invalidTextKey(String)
    /// The separator is empty.
    case emptySeparator
    /// Memory for decompressing or parsing is not to be had.
    case outOfMemory
  }

  /// What is wrong.
  public let code: Code
  /// The input; nil if the options are wrong.
  public let path: String?
  /// The line, from 1; nil where lines do not matter.
  public let line: Int?
  /// Bytes from the start of the input, decompressed, to the line or document; for compressed data
  /// that is wrong, bytes of the file itself up to about there.
  public let offset: Int?

  init(_ code: Code, path: String? = nil, line: Int? = nil, offset: Int? = nil) {
    self.code = code
    self.path = path
    self.line = line
    self.offset = offset
  }

  /// One line for a terminal or a log.
  public var description: String {
    var place = path.map { [$0] } ?? []
    if let line { place.append("line \(line)") }
    if let offset { place.append("byte \(offset)") }
    return place.isEmpty ? reason : "\(place.joined(separator: ", ")): \(reason)"
  }

  private var reason: String {
    switch code {
    case .emptyLine: "the line is empty"
    case .invalidJSON(let reason): "not JSON: \(reason)"
    case .notAnObject(let key): "no object to look for the key \(key) in"
    case .missingKey(let key): "no key \(key)"
    case .duplicateKey(let key): "the key \(key) is there twice"
    case .notAString(let key): "the value of the key \(key) is not a string"
    case .notAnIdentifier(let key):
      "the value of the key \(key) is neither a string nor an integer"
    case .tooLong(let limit): "longer than the limit of \(limit) bytes"
    case .truncated(let coding): "the \(coding) data stops before its end"
    case .damaged(let reason): reason
    case .invalidTextKey(let key): "\(key) is no key, nor keys joined by dots"
    case .emptySeparator: "the separator is empty"
    case .outOfMemory: "out of memory"
    }
  }
}
