import Gobbet

/// What training has given, for the person or as JSON.
struct TrainingReport: Encodable {
  /// One vocabulary.
  struct Entry: Encodable {
    let output: String
    let fingerprint: String
    let vocabulary_size: Int
    let wanted_size: Int
    let merges: Int
    let held_out_bytes_per_token: Double?
  }

  /// What was set aside.
  struct HeldOut: Encodable {
    let documents: Int
    let bytes: Int
  }

  private let vocabularies: [Entry]
  private let documents: Int?
  private let bytes: Int?
  private let unique_pretokens: Int
  private let cut_pretokens: Int?
  private let held_out: HeldOut?

  init(_ result: TrainingResult, sizes: [Int], outputs: [String]) {
    vocabularies = result.vocabularies.indices.map { index in
      let vocabulary = result.vocabularies[index]
      return Entry(
        output: outputs[index], fingerprint: "\(vocabulary.fingerprint)",
        vocabulary_size: vocabulary.idBound, wanted_size: sizes[index],
        // A piece of SentencePiece's has a merge for each way to make it.
        merges: Set(vocabulary.merges.map(\.result)).count,
        held_out_bytes_per_token: result.heldOutBytesPerToken(of: vocabulary))
    }
    documents = result.corpus?.documentCount
    bytes = result.corpus?.byteCount
    unique_pretokens = result.uniquePretokenCount
    cut_pretokens = result.corpus?.cutPretokenCount
    held_out = result.corpus.map {
      HeldOut(
        documents: Int(clamping: $0.heldOut.documentCount),
        bytes: Int(clamping: $0.heldOut.byteCount))
    }
  }

  /// Writes it to standard output.
  func show(asJSON: Bool) throws {
    if asJSON {
      try writeJSON(self)
    } else {
      for entry in vocabularies { try writeLine(Self.line(entry)) }
      let text =
        if let bytes, let documents {
          "\(bytes.grouped("byte")) in \(documents.grouped("document")), "
        } else {
          ""
        }
      try writeLine("learned from \(text)\(unique_pretokens.grouped("unique pretoken"))")
      if let held_out, held_out.documents > 0 {
        try writeLine(
          "held out \(held_out.bytes.grouped("byte")) in \(held_out.documents.grouped("document"))")
      }
    }
    for entry in vocabularies where entry.vocabulary_size < entry.wanted_size {
      note(
        """
        gobbet: the corpus gave no more than \(entry.vocabulary_size.grouped("token")) of \
        \(entry.wanted_size)
        """)
    }
  }

  private static func line(_ entry: Entry) -> String {
    let compression = entry.held_out_bytes_per_token.map {
      ", \($0.rounded(places: 3)) bytes per token of held-out text"
    }
    return "\(entry.output): \(entry.vocabulary_size.grouped("token")), "
      + "\(entry.merges.grouped) of them merges" + (compression ?? "")
  }
}
