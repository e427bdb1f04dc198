internal import SystemPackage

#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// The standard streams of the process, unbuffered.
package enum StandardStream: CInt, Sendable {
  /// Results.
  case output = 1
  /// Everything else.
  case error = 2

  /// Writes all of `bytes`.
  ///
  /// - Throws: ``FileError`` (`write`) with `-` for a path.
  package func write(_ bytes: Span<UInt8>) throws(FileError) {
    do {
      try unsafe bytes.withUnsafeBytes {
        _ = try unsafe FileDescriptor(rawValue: rawValue).writeAll($0)
      }
    } catch {
      throw FileError("-", .write, reason(of: error))
    }
  }

  /// Whether a person reads along.
  package var isTerminal: Bool { isatty(rawValue) == 1 }
}

/// The value of an environment variable; nil where it is not set.
package func environmentVariable(_ name: String) -> String? {
  guard let value = unsafe getenv(name) else { return nil }
  return unsafe String(cString: value)
}
