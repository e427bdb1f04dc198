#if canImport(CCryptoBoringSSL)
  // The hash of swift-crypto without its Swift API, whose types would keep all of its algorithms
  // and much of Foundation in every library that hashes: a digest is a call of three functions.
  internal import CCryptoBoringSSL
#else
  internal import Crypto
#endif

/// A SHA-256.
public struct ContentDigest: Hashable, Sendable, CustomStringConvertible {
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

  fileprivate init(unchecked bytes: [UInt8]) { self.bytes = bytes }

  /// 64 hexadecimal digits.
  public var description: String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}

/// A SHA-256 in the making.
package struct DigestHasher: Sendable {
  #if canImport(CCryptoBoringSSL)
    private var context = SHA256_CTX()

    /// The digest of nothing, so far.
    package init() { _ = unsafe CCryptoBoringSSL_SHA256_Init(&context) }

    /// Goes on with `content`.
    package mutating func update(_ content: Span<UInt8>) {
      unsafe content.withUnsafeBytes {
        // SAFETY: reads `count` bytes from `baseAddress`, and none where there are none.
        _ = unsafe CCryptoBoringSSL_SHA256_Update(&context, $0.baseAddress, $0.count)
      }
    }

    /// The digest of all that came.
    package var digest: ContentDigest {
      var context = context
      let bytes = unsafe [UInt8](unsafeUninitializedCapacity: ContentDigest.byteCount) {
        buffer, count in
        // SAFETY: writes the 32 bytes that there is room for.
        _ = unsafe CCryptoBoringSSL_SHA256_Final(buffer.baseAddress, &context)
        count = ContentDigest.byteCount
      }
      return ContentDigest(unchecked: bytes)
    }
  #else
    private var hasher = SHA256()

    /// The digest of nothing, so far.
    package init() {}

    /// Goes on with `content`.
    package mutating func update(_ content: Span<UInt8>) {
      unsafe content.withUnsafeBytes { unsafe hasher.update(bufferPointer: $0) }
    }

    /// The digest of all that came.
    package var digest: ContentDigest { ContentDigest(unchecked: Array(hasher.finalize())) }
  #endif
}
