import Gobbet
import TestSupport

/// A corpus of JSON lines with duplicates and empty documents, and what packing it must give.
struct PackingCorpus {
  let documents: [String]
  let path: String

  /// Documents by a seed, written into `folder`.
  init(_ count: Int, in folder: TemporaryFolder, seed: UInt64 = 1) throws {
    var generator = SeededGenerator(seed)
    let words = ["so", "der", "клад", "水", "tin", "a", "zebra", "\\\"q\\\"", "\\n"]
    var documents: [String] = []
    for index in 0..<count {
      if index % 9 == 4, let known = documents.randomElement(using: &generator) {
        documents.append(known)
      } else {
        let length = index % 13 == 0 ? 0 : Int.random(in: 1...200, using: &generator)
        documents.append(
          (0..<length).map { _ in words.randomElement(using: &generator) ?? "" }
            .joined(separator: " "))
      }
    }
    let lines = documents.enumerated().map { #"{"id": \#($0), "text": "\#($1)"}"# + "\n" }
    path = try folder.write("corpus.jsonl", Array(lines.joined().utf8))
    self.documents = documents.map {
      $0.replacing("\\\"", with: "\"").replacing("\\n", with: "\n")
    }
  }

  /// The bytes and an end-of-text token: the slow and obvious tokenizer.
  static func vocabulary() throws -> Vocabulary {
    try Vocabulary(
      byteOrder: Array(0...255), pairs: [], pattern: .gpt2,
      specialTokens: SpecialTokens([SpecialToken("<|endoftext|>", id: 256)]))
  }

  /// A run over the corpus that gives `tokens(of:)`.
  func run(workerCount: Int = 2) throws -> PackingJob {
    var run = PackingJob(
      inputs: [path], vocabulary: try Self.vocabulary(), appendedToken: 256,
      options: TokenDatasetOptions(blockTokenCount: 64, sampleTokenCount: 300),
      workerCount: workerCount)
    run.removesDuplicates = true
    run.keepsByteCounts = true
    run.corpus.identifierKey = "id"
    run.keepsSources = true
    run.batchByteCount = 2000
    return run
  }

  static func tokens(of document: String) -> [TokenID] {
    document.utf8.map { TokenID($0) } + [256]
  }

  /// The first of each group of equal documents, with its identifier.
  var unique: [(id: Int, text: String)] {
    var seen: Set<[UInt8]> = []
    return documents.enumerated().filter { seen.insert(Array($0.element.utf8)).inserted }
      .map { ($0.offset, $0.element) }
  }
}

/// Every file of a folder by its name.
func contents(of folder: String) throws -> [String: [UInt8]] {
  var contents: [String: [UInt8]] = [:]
  for name in try names(in: folder) { contents[name] = try readFile(folder + "/" + name) }
  return contents
}
