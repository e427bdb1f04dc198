import Crypto
import Foundation
import Gobbet

/// The vocabulary of a repository of Hugging Face's, out of the cache in which its programs keep what
/// they have downloaded.
///
/// - Source: the layout of `huggingface_hub`'s cache: `refs/main` names the folder in `snapshots`, whose
///   files are links to `blobs`, named by the SHA-256 of large files and by git's hash of others.
struct HubSnapshot {
  /// The repository: `organisation/name`, or `name` alone.
  let repository: String

  /// The repository that a word names; nil for what looks like a path.
  init?(named word: String) {
    let parts = word.split(separator: "/", omittingEmptySubsequences: false)
    let isName = parts.allSatisfy { part in
      !part.isEmpty && !part.hasPrefix(".")
        && part.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_.".contains($0)) }
    }
    guard parts.count == 2, isName else { return nil }
    repository = word
  }

  /// The folder of a repository's snapshots.
  static func snapshots(of repository: String) -> String { folder(of: repository) + "/snapshots" }

  private static func folder(of repository: String) -> String {
    "\(CacheFolders.hub)/models--\(repository.replacingOccurrences(of: "/", with: "--"))"
  }

  /// The file of the last snapshot that holds the vocabulary, checked against the name that the cache
  /// gives its content.
  ///
  /// - Throws: ``Failure`` if the cache has none, or its content is another.
  func file() throws -> OpenedFile {
    let path = Vocabulary.file(in: try snapshot())
    guard isThere(path), !isFolder(path) else {
      throw missing("looked for a vocabulary's file in \(path)")
    }
    let file = try OpenedFile(path)
    let blob = URL(fileURLWithPath: path).resolvingSymlinksInPath().lastPathComponent
    guard try Self.hasContent(file, named: blob) else {
      throw Failure(.badData, "\(path): its content doesn't match its name; download it again")
    }
    return file
  }

  /// The folder of the snapshot that `main` is, or of the only one.
  private func snapshot() throws -> String {
    let snapshots = Self.snapshots(of: repository)
    let main = Self.folder(of: repository) + "/refs/main"
    if let name = try? String(contentsOfFile: main, encoding: .utf8) {
      return snapshots + "/" + name.trimmingCharacters(in: .whitespacesAndNewlines)
    }
    let names = (try? FileManager.default.contentsOfDirectory(atPath: snapshots)) ?? []
    guard names.count == 1 else { throw missing("looked for \(main)") }
    return snapshots + "/" + names[0]
  }

  private func missing(_ looked: String) -> Failure {
    Failure(
      .noInput,
      "\(repository): no such file, and Hugging Face's cache has no vocabulary of it: \(looked); "
        + "hf download \(repository) tokenizer.json gets it")
  }

  /// Whether a file has the content that the cache's name of it says; true for files without such a name.
  private static func hasContent(_ file: OpenedFile, named name: String) throws -> Bool {
    let isHash = name.utf8.allSatisfy { "0123456789abcdef".utf8.contains($0) }
    guard isHash, name.count == 64 || name.count == 40 else { return true }
    let bytes = Data(try file.bytes(limit: 1 << 30))
    if name.count == 64 { return hexadecimal(SHA256.hash(data: bytes)) == name }
    // Git hashes a file with its kind and size in front.
    return hexadecimal(Insecure.SHA1.hash(data: Data("blob \(bytes.count)\0".utf8) + bytes)) == name
  }

  private static func hexadecimal(_ digest: some Sequence<UInt8>) -> String {
    digest.map { String(format: "%02x", $0) }.joined()
  }
}
