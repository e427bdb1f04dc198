/// A range of a remote file that could not be read.
public struct RemoteError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What kept it from being read; clients need a default case, for more may come.
  @nonexhaustive public enum Kind: Hashable, Sendable {
    /// The URL is neither HTTP nor HTTPS.
    case unsupportedURL
    /// No answer, or a certificate that is refused.
    case connection
    /// There is no such file.
    case notFound
    /// An answer that isn't a range, by its status.
    case status(Int)
    /// The whole file in answer to a range.
    case wholeFile
    /// Another range than was asked for, or another number of bytes than announced.
    case wrongLength
    /// The file is another than when it was opened: by its length, ETag or Last-Modified.
    case changed
    /// Redirects in a circle, or more than ten.
    case redirectLoop
    /// A redirect to another scheme.
    case redirectScheme
    /// The answer ended before its last byte.
    case torn
  }

  /// The URL without user, password and query, which may be secrets.
  public let url: String
  /// The first byte that was asked for.
  public let offset: Int
  /// What kept it from being read.
  public let kind: Kind
  /// The cause: one lower-case line.
  public let reason: String
  /// What to do about it.
  public let wayOut: String

  /// One line for a terminal or a log.
  public var description: String { "\(url): byte \(offset): \(reason): \(wayOut)" }
}
