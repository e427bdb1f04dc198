internal import SystemPackage

/// A file that the system would not open, read, write or put under its name.
public struct FileError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What was tried.
  @nonexhaustive public enum Operation: String, Hashable, Sendable {
    /// Opening a file, or looking at what a path names.
    case open
    /// Listing a directory.
    case list
    /// Reading bytes, or mapping them.
    case read
    /// Making a new file beside its final name, or giving it that name.
    case create
    /// Writing bytes, or having them reach the disk.
    case write
  }

  /// The path as the caller gave it; `-` for a standard stream.
  public let path: String
  /// What was tried.
  public let operation: Operation
  /// Why it failed: one lower-case line.
  public let reason: String

  /// An error for `path` with a reason of our own.
  package init(_ path: String, _ operation: Operation, _ reason: String) {
    self.path = path
    self.operation = operation
    self.reason = reason
  }

  /// An error for `path` with the system's reason.
  package init(_ path: String, _ operation: Operation, errno number: CInt) {
    self.init(path, operation, Errno(rawValue: number))
  }

  init(_ path: String, _ operation: Operation, _ errno: Errno) {
    self.init(path, operation, errno.description.withSmallLetters)
  }

  /// One line for a terminal or a log.
  public var description: String {
    "\(displayedPath(path)): cannot \(operation.rawValue): \(reason)"
  }
}
