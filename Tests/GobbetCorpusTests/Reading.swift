import GobbetCorpus

extension CorpusReader {
  /// All documents of `inputs`, one at a time.
  static func documents(
    _ inputs: [String], _ options: CorpusOptions = CorpusOptions()
  ) throws -> [CorpusDocument] {
    var reader = try CorpusReader(inputs: inputs, options: options)
    var documents: [CorpusDocument] = []
    while let document = try reader.next() { documents.append(document) }
    return documents
  }

  /// All documents of `inputs`, in batches.
  static func documents(
    _ inputs: [String], _ options: CorpusOptions = CorpusOptions(), batchByteCount: Int
  ) throws -> [CorpusDocument] {
    var reader = try CorpusReader(inputs: inputs, options: options)
    var documents: [CorpusDocument] = []
    while let batch = try reader.nextBatch(byteCount: batchByteCount) {
      for position in 0..<batch.count { documents.append(batch.document(position)) }
    }
    return documents
  }

  /// The texts of all documents of `inputs`, as strings.
  static func texts(
    _ inputs: [String], _ options: CorpusOptions = CorpusOptions()
  ) throws -> [String] {
    try documents(inputs, options).map { String(decoding: $0.text, as: UTF8.self) }
  }
}
