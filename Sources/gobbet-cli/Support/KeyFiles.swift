import Foundation
import Gobbet

/// Ed25519 keys in files: a line that says which kind of key it is, and 64 hexadecimal digits.
enum KeyFiles {
  /// Which half of a pair a key is.
  enum Kind: String {
    case privateKey = "private"
    case publicKey = "public"

    /// The first line of its files.
    var mark: String { "gobbet \(rawValue) key" }
    /// What its files are called after the name of the pair.
    var ending: String { self == .privateKey ? ".key" : ".pub" }
    /// What it is for.
    var use: String { self == .privateKey ? "signs" : "verifies" }
  }

  /// Makes a key pair in two files and returns the public key.
  ///
  /// The files are called `name` with `.key` after it, which only its owner may read, and with
  /// `.pub`.
  /// - Throws: ``Failure`` if one of the files exists or cannot be made.
  static func makePair(named name: String) throws -> [UInt8] {
    var random = SystemRandomNumberGenerator()
    let privateKey = (0..<32).map { _ in UInt8.random(in: 0...255, using: &random) }
    let publicKey = try publicKey(of: privateKey)
    let mask = umask(0o077)
    defer { umask(mask) }
    try write(privateKey, .privateKey, named: name)
    umask(mask)
    try write(publicKey, .publicKey, named: name)
    return publicKey
  }

  /// The private key in the file at `path`.
  ///
  /// - Throws: ``Failure`` if it holds no key, a public one, or one of which nothing says what it is;
  ///   `FileError`, `CorpusError`.
  static func privateKey(inFile path: String) throws -> [UInt8] {
    try key(.privateKey, inFile: path)
  }

  /// The public key that `argument` spells, or that the file of this name holds.
  ///
  /// - Throws: as ``privateKey(inFile:)``.
  static func publicKey(_ argument: String) throws -> [UInt8] {
    try key(ofDigits: argument) ?? key(.publicKey, inFile: argument)
  }

  /// The key of that kind in the file at `path`.
  ///
  /// Files of version 0.1 hold the digits alone. Their names tell what they are; under any other name
  /// such a file may be either, since any 32 bytes can be a private key.
  private static func key(_ kind: Kind, inFile path: String) throws -> [UInt8] {
    let text = String(decoding: try readAll(path), as: UTF8.self)
    var lines = text.split(whereSeparator: \.isNewline).map {
      $0.trimmingCharacters(in: .whitespaces)
    }
    var found: Kind?
    for marked in [Kind.privateKey, .publicKey] where lines.first == marked.mark {
      found = marked
      lines.removeFirst()
    }
    guard lines.count == 1, let key = key(ofDigits: lines[0]) else {
      throw Failure(.badData, "\(path): not a key of 64 hexadecimal digits")
    }
    for named in [Kind.privateKey, .publicKey] where found == nil && path.hasSuffix(named.ending) {
      found = named
    }
    guard let found else {
      throw Failure(
        .badData,
        "\(path): nothing says whether this is a private or a public key; make its first line"
          + " \"\(kind.mark)\" if it is the \(kind.rawValue) one")
    }
    guard found == kind else {
      throw Failure(
        .badData,
        "\(path): a \(found.rawValue) key, which \(found.use); the \(kind.rawValue) key is needed,"
          + " NAME\(kind.ending)")
    }
    return key
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

  private static func write(_ key: [UInt8], _ kind: Kind, named name: String) throws {
    let path = name + kind.ending
    do {
      try Data("\(kind.mark)\n\(hexadecimal(key))\n".utf8).write(
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
