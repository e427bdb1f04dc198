internal import GobbetSystem

/// An input that cannot be read as documents, and where.
public struct CorpusError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What is wrong; clients need a default case, for more may come.
  @nonexhaustive public enum Code: Hashable, Sendable {
    /// What is not JSON; the text says why.
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
    /// What isn't a conversation that the template takes; the text says why.
    case notAConversation(BadLineKind, String)
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
    /// An input holds no text: what it is, and what to do instead.
    case notText(String, advice: String?)
    /// An option applies to none of the inputs; the text names the option and says why.
    case unusedOption(String)
    /// Memory for decompressing or parsing is not to be had.
    case outOfMemory
  }

  /// What is wrong.
  public let code: Code
  /// The input; nil if the options are wrong.
  public let path: String?
  /// The line, from 1; nil where lines do not matter.
  public let line: Int?
  /// The element of a JSON array, or the value, from 1; nil where lines count.
  public let element: Int?
  /// Bytes from the start of the input, decompressed and in UTF-8, to the line or document; for compressed data
  /// that is wrong, bytes of the file itself up to about there.
  public let offset: Int?

  init(
    _ code: Code, path: String? = nil, line: Int? = nil, element: Int? = nil, offset: Int? = nil
  ) {
    self.code = code
    self.path = path
    self.line = line
    self.element = element
    self.offset = offset
  }

  /// Whether an option applied to none of the inputs, so that the call is at fault, not the data.
  package var isUnusedOption: Bool {
    if case .unusedOption = code { true } else { false }
  }

  /// One line for a terminal or a log.
  public var description: String {
    var place = path.map { [displayedPath($0)] } ?? []
    if let line { place.append("line \(line)") }
    if let element { place.append("element \(element)") }
    if let offset { place.append("byte \(offset)") }
    return place.isEmpty ? reason : "\(place.joined(separator: ", ")): \(reason)"
  }

  private var reason: String {
    switch code {
    case .invalidJSON(let reason): "not JSON: \(reason)"
    case .notAnObject(let key): "no object to look for the key \(key) in"
    case .missingKey(let key): "no key \(key); choose another key, or read the file as text"
    case .duplicateKey(let key): "the key \(key) is there twice"
    case .notAString(let key): "the value of the key \(key) is not a string"
    case .notAnIdentifier(let key):
      "the value of the key \(key) is neither a string nor an integer"
    case .notAConversation(_, let reason): "no conversation: \(reason)"
    case .tooLong(let limit): "longer than the limit of \(limit) bytes"
    case .truncated(let coding): "the \(coding) data stops before its end"
    case .damaged(let reason): reason
    case .invalidTextKey(let key): "\(key) isn't a key, nor keys joined by dots"
    case .emptySeparator: "the separator is empty"
    case .notText(let what, let advice): "holds no text: \(what)" + (advice.map { "; \($0)" } ?? "")
    case .unusedOption(let reason): reason
    case .outOfMemory: "out of memory"
    }
  }
}
