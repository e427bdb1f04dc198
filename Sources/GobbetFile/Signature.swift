internal import Crypto
public import GobbetSystem

#if canImport(CCryptoBoringSSL)
  internal import CCryptoBoringSSL
#endif

/// An Ed25519 signature over the content id of a file: who has the key vouches for the content.
public struct ContainerSignature: Hashable, Sendable {
  static let byteCount = 104
  private static let algorithm: UInt32 = 1

  /// The signer's public key, 32 bytes.
  public let publicKey: [UInt8]
  /// The signature, 64 bytes.
  public let signature: [UInt8]

  /// Signs a content id with a private key.
  ///
  /// Returns nil if `privateKey` is not 32 bytes, the seed of an Ed25519 key.
  public init?(of contentID: ContentDigest, privateKey: [UInt8]) {
    guard let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: privateKey),
      let signature = try? key.signature(for: Self.message(contentID))
    else { return nil }
    publicKey = Array(key.publicKey.rawRepresentation)
    self.signature = Array(signature)
  }

  /// Whether the signature is that of `contentID` by its own key; the key is the caller's to trust.
  public func isValid(for contentID: ContentDigest) -> Bool {
    guard isKeyCanonical else { return false }
    let message = Self.message(contentID)
    #if canImport(CCryptoBoringSSL)
      // Without the Swift around it, as ``ContentDigest``.
      guard signature.count == 64 else { return false }
      // SAFETY: the arrays hold the 64 bytes of a signature and the 32 of a key, and live as long as the call.
      return unsafe CCryptoBoringSSL_ED25519_verify(message, message.count, signature, publicKey)
        == 1
    #else
      guard let key = try? Curve25519.Signing.PublicKey(rawRepresentation: publicKey) else {
        return false
      }
      return key.isValidSignature(signature, for: message)
    #endif
  }

  /// Whether the key is one that RFC 8032, section 5.1.3, decodes.
  ///
  /// Libraries for cryptography also take a y that is not below the prime, 2²⁵⁵ − 19, and the sign of
  /// an x that is zero, which it is where y is 1 or −1.
  private var isKeyCanonical: Bool {
    var y = publicKey
    guard y.count == 32 else { return false }
    let hasSign = y[31] >= 0x80
    y[31] &= 0x7F
    let minusOne = [0xEC] + [UInt8](repeating: 0xFF, count: 30) + [0x7F]
    let isBelowPrime = y[1...] != minusOne[1...] || y[0] <= 0xEC
    let one = [1] + [UInt8](repeating: 0, count: 31)
    return isBelowPrime && !(hasSign && (y == one || y == minusOne))
  }

  private static func message(_ contentID: ContentDigest) -> [UInt8] {
    Array("gobbet signature 1\n".utf8) + contentID.bytes
  }

  /// The section's content.
  var content: [UInt8] {
    var writer = ByteWriter()
    writer.write(Self.algorithm)
    writer.write(UInt32(0))
    writer.write(publicKey)
    writer.write(signature)
    return writer.bytes
  }

  /// Reads the content of a section.
  init(_ bytes: Span<UInt8>) throws(FormatError) {
    var reader = ByteReader(bytes)
    let algorithm = try reader.read(UInt32.self, "signature.algorithm")
    guard algorithm == Self.algorithm else {
      throw FormatError(
        code: .unsupportedCode(Int(algorithm)), offset: 0, field: "signature.algorithm")
    }
    try reader.readZeros(4, "signature.reserved")
    publicKey = try reader.readBytes(32, "signature.publicKey")
    signature = try reader.readBytes(64, "signature.signature")
    guard reader.remainingCount == 0 else {
      throw FormatError(
        code: .damaged("\(reader.remainingCount.counted("byte")) too many"), offset: reader.offset,
        field: "signature")
    }
  }
}

extension ContainerReader {
  /// The signature that the file carries; nil if it is not signed.
  ///
  /// It is read, not checked: ``ContainerSignature/isValid(for:)`` with ``contentID`` does that, and
  /// ``verify()`` that the content is what its id says.
  /// - Throws: ``FormatError``, `FileError`.
  public func signature() throws -> ContainerSignature? {
    guard let section = section(.signature) else { return nil }
    let content = try bytes(of: section, in: 0..<min(section.byteCount, 4096))
    return try source.locating(at: section.payloadOffset) { () throws(FormatError) in
      try ContainerSignature(content.span)
    }
  }
}

extension ContainerWriter {
  /// Adds a signature; it must be of the content id that the file has when it is finished.
  ///
  /// - Precondition: no section is open, and this generation has no signature.
  /// - Throws: `FileError` (`write`).
  public mutating func add(_ signature: ContainerSignature) throws(FileError) {
    try add(.signature, signature.content, level: nil)
  }
}
