import Foundation
import Gobbet

/// Ed25519 keys in files: 64 hexadecimal digits and a line end each.
enum KeyFiles {
  /// Makes a key pair in two files and returns the public key.
  ///
  /// The files are called `name` with `.key` behind it, which only its owner may read, and with
  /// `.pub`.
  /// - Throws: ``Failure`` if one of the files exists or cannot be made.
  static func makePair(named name: String) throws -> [UInt8] {
    var random = SystemRandomNumberGenerator()
    let privateKey = (0..<32).map { _ in UInt8.random(in: 0...255, using: &random) }
    let publicKey = try publicKey(of: privateKey)
    let mask = umask(0o077)
    defer { umask(mask) }
    try write(privateKey, to: name + ".key")
    umask(mask)
    try write(publicKey, to: name + ".pub")
    return publicKey
  }

  /// The key in the file at `path`.
  ///
  /// - Throws: ``Failure`` if it holds no key; `FileError`, `CorpusError`.
  static func key(inFile path: String) throws -> [UInt8] {
    let text = String(decoding: try readAll(path), as: UTF8.self)
    guard let key = key(ofDigits: text.trimmingCharacters(in: .whitespacesAndNewlines)) else {
      throw Failure(.badData, "\(path): not a key of 64 hexadecimal digits")
    }
    return key
  }

  /// The public key that `argument` spells, or that the file of this name holds.
  static func publicKey(_ argument: String) throws -> [UInt8] {
    try key(ofDigits: argument) ?? key(inFile: argument)
  }

  /// The public key that belongs to a private one.
  private static func publicKey(of privateKey: [UInt8]) throws -> [UInt8] {
    guard
      let signature = ContainerSignature(
        of: ContentDigest(of: privateKey.span), privateKey: privateKey)
    else { throw Failure(.badData, "not a private key") }
    return signature.publicKey
  }

  private static func key(ofDigits text: String) -> [UInt8]? {
    let digits = text.utf8.map { Character(Unicode.Scalar($0)).hexDigitValue }
    guard digits.count == 64, !digits.contains(nil) else { return nil }
    let values = digits.compactMap { $0 }
    return stride(from: 0, to: 64, by: 2).map { UInt8(values[$0] << 4 | values[$0 + 1]) }
  }

  private static func write(_ key: [UInt8], to path: String) throws {
    do {
      try Data((hexadecimal(key) + "\n").utf8).write(
        to: URL(filePath: path), options: .withoutOverwriting)
    } catch {
      throw Failure(.cannotCreate, "\(path): cannot create: it exists, or its folder refuses")
    }
  }
}

/// Two hexadecimal digits for each byte.
func hexadecimal(_ bytes: [UInt8]) -> String {
  bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}
