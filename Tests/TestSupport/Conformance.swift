import Foundation

/// The folder of `data/` and `conformance/`, which the repository does not hold.
public enum Conformance {
  /// The folder that `GOBBET_CONFORMANCE_DATA` names; nil where it is not set.
  public static let folder: String? =
    ProcessInfo.processInfo.environment["GOBBET_CONFORMANCE_DATA"].flatMap { $0.isEmpty ? nil : $0 }

  /// Whether the tests that need the folder can run; they say ``needed`` otherwise.
  public static var isAvailable: Bool { folder != nil }

  /// Why a test is skipped without the folder, and how to get it.
  public static let needed = """
    needs published vocabularies and corpora: set GOBBET_CONFORMANCE_DATA to a folder of them, whose \
    files Fixtures/README.md names
    """

  /// The path of a file in the folder.
  public static func path(_ relative: String) -> String { (folder ?? "") + "/" + relative }

  /// The bytes of a file in the folder.
  public static func bytes(_ relative: String) throws -> [UInt8] {
    try readFile(path(relative))
  }

  /// A string and the ids that tiktoken gives it.
  public struct EncodeVector: Decodable, Sendable {
    /// What is encoded, as ordinary text.
    public let text: String
    /// The ids.
    public let ids: [UInt32]
  }

  /// The vectors of one vocabulary: `gpt2`, `cl100k_base` or `o200k_base`.
  public static func encodeVectors(_ vocabulary: String) throws -> [EncodeVector] {
    let decoder = JSONDecoder()
    return try bytes("conformance/encode/\(vocabulary).jsonl").split(separator: 0x0A).map {
      try decoder.decode(EncodeVector.self, from: Data($0))
    }
  }

  /// The byte strings of a tiktoken file by rank, read in the most obvious way.
  public static func ranks(_ vocabulary: String) throws -> [[UInt8]] {
    try bytes("data/\(vocabulary).tiktoken").split(separator: 0x0A).enumerated().map {
      index, line in
      let parts = String(decoding: line, as: UTF8.self).split(separator: " ")
      guard parts.count == 2, Int(parts[1]) == index,
        let data = Data(base64Encoded: String(parts[0]))
      else { throw CocoaError(.fileReadCorruptFile) }
      return [UInt8](data)
    }
  }
}

/// The folder `Fixtures/` of the repository.
public let fixturesFolder = URL(filePath: #filePath).deletingLastPathComponent()
  .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Fixtures").path

/// The bytes of a file under `Fixtures/`.
public func fixture(_ relative: String) throws -> [UInt8] {
  try readFile(fixturesFolder + "/" + relative)
}

/// The bytes of the file at `path`.
public func readFile(_ path: String) throws -> [UInt8] {
  [UInt8](try Data(contentsOf: URL(filePath: path)))
}

/// Makes or overwrites the file at `path`.
public func writeFile(_ path: String, _ bytes: [UInt8]) throws {
  try Data(bytes).write(to: URL(filePath: path))
}
