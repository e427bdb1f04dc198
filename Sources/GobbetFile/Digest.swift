internal import Crypto

/// A SHA-256.
public struct Digest: Hashable, Sendable, CustomStringConvertible {
  /// Bytes of every digest.
  public static let byteCount = 32

  /// The 32 bytes.
  public let bytes: [UInt8]

  /// The digest with these bytes; nil if they are not 32.
  public init?(bytes: [UInt8]) {
    guard bytes.count == Self.byteCount else { return nil }
    self.bytes = bytes
  }

  /// The digest of `content`.
  public init(of content: Span<UInt8>) {
    var hasher = DigestHasher()
    hasher.update(content)
    self = hasher.digest
  }

  fileprivate init(_ digest: SHA256Digest) { bytes = Array(digest) }

  /// 64 hexadecimal digits.
  public var description: String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}

/// A SHA-256 in the making.
package struct DigestHasher: Sendable {
  private var hasher = SHA256()

  /// The digest of nothing, so far.
  package init() {}

  /// Goes on with `content`.
  package mutating func update(_ content: Span<UInt8>) {
    unsafe content.withUnsafeBytes { unsafe hasher.update(bufferPointer: $0) }
  }

  /// The digest of all that came.
  package var digest: Digest { Digest(hasher.finalize()) }
}
