import Gobbet

/// What `gobbet pack` says when it is done.
struct PackingReport {
  private struct Part: Encodable {
    let split: String
    let shards: Int
    let documents: Int
    let tokens: Int
    let fileBytes: Int
  }

  private struct Fields: Encodable {
    let output: String?
    let documents: Int
    let bytes: Int
    let tokens: Int
    let countedTokens: Int?
    let documentsKept: Int
    let duplicates: Int
    let badLines: Int
    let badLineKinds: [String: Int]
    let tooLong: Int
    let tokensLeftOut: Int
    let fileBytes: Int?
    let bitsPerToken: Double?
    let shards: Int
    let splits: [Part]
  }

  private let summary: PackingSummary
  private let output: String?
  private let isDry: Bool
  /// Bytes of all files, and the tokens in them.
  private let stored: (byteCount: Int, tokenCount: Int)?

  init(_ summary: PackingSummary, output: String?, isDry: Bool) throws {
    self.summary = summary
    self.output = output
    self.isDry = isDry
    if let manifest = summary.manifest {
      stored = (
        manifest.splits.reduce(0) { $0 + $1.byteCount },
        manifest.splits.reduce(0) { $0 + $1.tokenCount }
      )
    } else if let output {
      stored = (try ContainerReader(path: output).byteCount, summary.tokenCount)
    } else {
      stored = nil
    }
  }

  func show(asJSON: Bool) throws {
    if asJSON { try writeJSON(fields) } else { try writeLines(report) }
    if summary.tooLongCount > 0 {
      let documents = summary.tooLongCount == 1 ? "document" : "documents"
      note(
        "gobbet: \(summary.tooLongCount.grouped) \(documents) too long,"
          + " \(summary.leftOutTokenCount.grouped) tokens left out")
    }
    if summary.badLineCount > 0, let first = summary.firstBadLine {
      let kinds = BadLineKind.words(summary.badLineKinds)
      note(
        "gobbet: \(summary.badLineCount.grouped("bad line")) left out\(kinds), the first: \(first)")
    }
    let isEmpty = summary.documentCount == 0 && summary.keptDocumentCount == 0
    if isEmpty, summary.tooLongCount > 0 || summary.badLineCount > 0 {
      note("gobbet: there was nothing else, so no document was packed")
    }
  }

  /// Bits a token of the whole file; nil without a file or tokens.
  private var bits: Double? {
    guard let stored, stored.tokenCount > 0 else { return nil }
    return Double(stored.byteCount) * 8 / Double(stored.tokenCount)
  }

  private var fields: Fields {
    Fields(
      output: output, documents: summary.documentCount, bytes: summary.byteCount,
      tokens: summary.tokenCount, countedTokens: summary.countedTokenCount,
      documentsKept: summary.keptDocumentCount,
      duplicates: summary.duplicateCount, badLines: summary.badLineCount,
      badLineKinds: Dictionary(
        uniqueKeysWithValues: summary.badLineKinds.map { ($0.rawValue, $1) }),
      tooLong: summary.tooLongCount, tokensLeftOut: summary.leftOutTokenCount,
      fileBytes: stored?.byteCount, bitsPerToken: bits,
      shards: summary.manifest?.splits.reduce(0) { $0 + $1.shards.count } ?? summary.shardCount,
      splits: summary.manifest?.splits.map {
        Part(
          split: $0.name.rawValue, shards: $0.shards.count, documents: $0.documentCount,
          tokens: $0.tokenCount, fileBytes: $0.byteCount)
      } ?? [])
  }

  private var report: [String] {
    var parts = [
      "\(summary.tokenCount.grouped("token")) of \(summary.documentCount.grouped("document"))"
        + " (\(summary.byteCount.grouped("byte")))"
    ]
    if let count = summary.countedTokenCount {
      parts.append("\(count.grouped("token")) \(count == 1 ? "counts" : "count") in a loss")
    }
    if summary.keptDocumentCount > 0 {
      parts.append("\(summary.keptDocumentCount.grouped("document")) already there")
    }
    if summary.duplicateCount > 0 {
      parts.append("\(summary.duplicateCount.grouped("duplicate")) left out")
    }
    if let stored {
      let share = bits.map { ", \($0.rounded(places: 2)) bits a token" } ?? ""
      parts.append("\(stored.byteCount.grouped("byte")) in all\(share)")
    }
    let name = isDry ? "would be packed" : output ?? ""
    var lines = ["\(name): " + parts.joined(separator: "; ")]
    if isDry, summary.shardCount > 1 { lines[0] += "; \(summary.shardCount.grouped("file"))" }
    for split in summary.manifest?.splits ?? [] {
      lines.append(
        "  \(split.name.rawValue): \(split.tokenCount.grouped("token")) of"
          + " \(split.documentCount.grouped("document")) in \(split.shards.count.grouped("file"))")
    }
    return lines
  }
}
