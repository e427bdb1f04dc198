internal import GobbetSystem

/// A file that exists but isn't a kind that this operation accepts.
public struct LoadingError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The file's path.
  public let path: String
  /// What is wrong: one lower-case line.
  public let reason: String

  package init(path: String, reason: String) {
    self.path = path
    self.reason = reason
  }

  /// One line for a terminal or a log.
  public var description: String { "\(path): \(reason.cropped(to: 1000))" }
}
