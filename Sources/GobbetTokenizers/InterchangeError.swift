public import GobbetBPE
internal import GobbetSystem

/// A file of another program that cannot be read, or something that such a file cannot hold.
public struct InterchangeError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What is wrong; clients need a default case, for more may come.
  @nonexhaustive public enum Code: Hashable, Sendable {
    /// The file breaks the rules of its format; the text says which.
    case damaged(String)
    /// The file is in order, but uses something that has no counterpart here; the text names it.
    case unsupported(String)
    /// The file needs another one, or a setting, that it was read without; the text says which.
    case incomplete(String)
    /// What is to be written has no place in the format; the text names it.
    case notRepresentable(String)
    /// The tokens and merges of the file make no vocabulary.
    case vocabulary(VocabularyError)
    /// A tensor of the file cannot be described; the text says why.
    case tensor(String)
    /// Memory for parsing is not to be had.
    case outOfMemory

    /// Why an expression of a file cannot be run: `unsupported` with the part, or `damaged`.
    package init(_ error: SplitExpressionError) {
      self =
        if case .unsupported(let what) = error.code {
          .unsupported("\(what) at byte \(error.offset) of the expression, \(error.fragment)")
        } else {
          .damaged("\(error)")
        }
    }
  }

  /// What is wrong.
  public let code: Code
  /// The file; nil for what is written to memory.
  public let path: String?
  /// The line, from 1, of a file of lines.
  public let line: Int?
  /// Bytes from the start of the file.
  public let offset: Int?
  /// The field of the format, as `model.merges[3]`; empty where a line says enough.
  public let field: String

  package init(
    _ code: Code, path: String?, line: Int? = nil, offset: Int? = nil, field: String = ""
  ) {
    self.code = code
    self.path = path
    self.line = line
    self.offset = offset
    self.field = field
  }

  /// One line for a terminal or a log.
  public var description: String {
    var place = path.map { [$0] } ?? []
    if let line { place.append("line \(line)") }
    if let offset { place.append("byte \(offset)") }
    if !field.isEmpty { place.append(field.cropped()) }
    let reason = reason.cropped(to: 1000)
    return place.isEmpty ? reason : "\(place.joined(separator: ", ")): \(reason)"
  }

  private var reason: String {
    switch code {
    case .damaged(let reason), .incomplete(let reason), .tensor(let reason): reason
    case .unsupported(let what): "not supported: \(what)"
    case .notRepresentable(let what): "cannot be written: \(what)"
    case .vocabulary(let error): error.description
    case .outOfMemory: "out of memory"
    }
  }
}
