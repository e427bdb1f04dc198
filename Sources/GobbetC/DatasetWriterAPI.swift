// Documented in gobbet.h.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

public import CGobbet
internal import GobbetBPE
internal import GobbetData
internal import GobbetFile
internal import Synchronization

/// A dataset that one call at a time adds to.
private final class DatasetWriterHandle: Sendable {
  let vocabulary: VocabularyHandle
  let writer: Mutex<TokenDatasetWriter>
  let metadata = Mutex<String?>(nil)

  init(_ writer: consuming sending TokenDatasetWriter, _ vocabulary: VocabularyHandle) {
    self.writer = Mutex(writer)
    self.vocabulary = vocabulary
  }
}

@c @implementation
public func gobbet_dataset_writer_make(
  _ path: UnsafePointer<CChar>?, _ vocabulary: OpaquePointer?,
  _ options: UnsafePointer<gobbet_dataset_options>?,
  _ writer: UnsafeMutablePointer<OpaquePointer?>?, _ error: UnsafeMutablePointer<gobbet_error>?
) -> gobbet_status {
  reporting(to: error) {
    let handle = try object(vocabulary, VocabularyHandle.self, "vocabulary")
    let wish = try read(options, or: gobbet_dataset_options())
    var codec = TokenCodec.rank
    if wish.codec != nil {
      let name = try text(wish.codec, "codec")
      guard let named = TokenCodec(named: name) else {
        throw CallError.unknown("codec", name, known: TokenCodec.allCases.map(\.name))
      }
      codec = named
    }
    let blockTokenCount = try integer(wish.block_token_count, "block_token_count")
    guard
      blockTokenCount == 0
        || ((8...TokenDatasetOptions.maximumBlockTokenCount).contains(blockTokenCount)
          && blockTokenCount.isMultiple(of: 8))
    else { throw CallError.invalid("block_token_count: \(blockTokenCount)") }
    let begun = try TokenDatasetWriter(
      path: try text(path, "path"), vocabulary: handle.vocabulary,
      options: TokenDatasetOptions(
        codec: codec, blockTokenCount: blockTokenCount == 0 ? nil : blockTokenCount,
        embedsVocabulary: wish.fingerprint_only == 0,
        lossRule: try LossRule.of(wish.loss_rule, wish.loss_rule_count)),
      replacing: wish.replace != 0)
    try deliver(DatasetWriterHandle(begun, handle), to: writer, "writer")
  }
}

@c @implementation
public func gobbet_dataset_writer_add_tokens(
  _ writer: OpaquePointer?, _ ids: UnsafePointer<UInt32>?, _ ends: UnsafePointer<UInt64>?,
  _ documentCount: Int, _ error: UnsafeMutablePointer<gobbet_error>?
) -> gobbet_status {
  reporting(to: error) {
    let handle = try object(writer, DatasetWriterHandle.self, "writer")
    let documents = try Pieces(ids, ends, documentCount, "document")
    try handle.writer.withLock { writer in
      for index in 0..<documents.count {
        try documents.withPiece(index) { document throws(any Error) in
          try writer.append(document: document)
        }
      }
    }
  }
}

@c @implementation
public func gobbet_dataset_writer_add_documents(
  _ writer: OpaquePointer?, _ texts: UnsafePointer<UInt8>?, _ textEnds: UnsafePointer<UInt64>?,
  _ textCount: Int, _ appended: UnsafePointer<UInt32>?, _ threads: UInt32,
  _ error: UnsafeMutablePointer<gobbet_error>?
) -> gobbet_status {
  reporting(to: error) {
    let handle = try object(writer, DatasetWriterHandle.self, "writer")
    let texts = try Pieces(texts, textEnds, textCount, "text")
    let batch = try EncodedBatch(
      texts, handle.vocabulary, .none, threadCount: threadCount(threads))
    let last = appended?.pointee
    try handle.writer.withLock { writer in
      var index = 0
      try batch.forEachText { ids in
        let byteCount = texts.withPiece(index) { $0.count }
        index += 1
        guard let last else { return try writer.append(document: ids, byteCount: byteCount) }
        var document = ids.array
        document.append(last)
        try writer.append(document: document.span, byteCount: byteCount)
      }
    }
  }
}

@c @implementation
public func gobbet_dataset_writer_add_noted(
  _ writer: OpaquePointer?, _ ids: UnsafePointer<UInt32>?, _ ends: UnsafePointer<UInt64>?,
  _ documentCount: Int, _ sources: UnsafePointer<UInt8>?, _ sourceEnds: UnsafePointer<UInt64>?,
  _ byteCounts: UnsafePointer<UInt64>?, _ error: UnsafeMutablePointer<gobbet_error>?
) -> gobbet_status {
  reporting(to: error) {
    let handle = try object(writer, DatasetWriterHandle.self, "writer")
    let documents = try Pieces(ids, ends, documentCount, "document")
    let sources =
      sourceEnds == nil ? nil : try Pieces(sources, sourceEnds, documentCount, "source")
    // All are looked at first, so that nothing of a call that is refused is added.
    var notes: [(source: String?, byteCount: Int?)] = []
    for index in 0..<documents.count {
      let source = try sources.map { sources throws(CallError) in
        let bytes = sources.array(index)
        guard let source = String(validating: bytes, as: UTF8.self) else {
          throw .invalid("sources: number \(index) is not UTF-8")
        }
        return source
      }
      notes.append(
        (source, byteCounts == nil ? nil : try integer(byteCounts?[index] ?? 0, "byte_counts")))
    }
    try handle.writer.withLock { writer in
      for (index, note) in notes.enumerated() {
        try documents.withPiece(index) { document throws(any Error) in
          try writer.append(document: document, source: note.source, byteCount: note.byteCount)
        }
      }
    }
  }
}

@c @implementation
public func gobbet_dataset_writer_add_masked(
  _ writer: OpaquePointer?, _ ids: UnsafePointer<UInt32>?, _ mask: UnsafePointer<UInt8>?,
  _ ends: UnsafePointer<UInt64>?, _ documentCount: Int,
  _ error: UnsafeMutablePointer<gobbet_error>?
) -> gobbet_status {
  reporting(to: error) {
    let handle = try object(writer, DatasetWriterHandle.self, "writer")
    let documents = try Pieces(ids, ends, documentCount, "document")
    let masks = try Pieces(mask, ends, documentCount, "mask")
    try handle.writer.withLock { writer in
      for index in 0..<documents.count {
        let counted = masks.withPiece(index) { mask in
          var ranges: [Range<Int>] = []
          for token in mask.indices where mask[token] != 0 {
            if let last = ranges.last, last.upperBound == token {
              ranges[ranges.count - 1] = last.lowerBound..<(token + 1)
            } else {
              ranges.append(token..<(token + 1))
            }
          }
          return ranges
        }
        try documents.withPiece(index) { document throws(any Error) in
          try writer.append(document: document, counted: counted)
        }
      }
    }
  }
}

@c @implementation
public func gobbet_dataset_writer_set_metadata(
  _ writer: OpaquePointer?, _ metadata: UnsafePointer<CChar>?,
  _ error: UnsafeMutablePointer<gobbet_error>?
) -> gobbet_status {
  reporting(to: error) {
    let handle = try object(writer, DatasetWriterHandle.self, "writer")
    let metadata = try text(metadata, "metadata")
    guard metadata.utf8.count <= 1 << 20 else { throw CallError.invalid("metadata: too large") }
    handle.metadata.withLock { $0 = metadata }
  }
}

@c @implementation
public func gobbet_dataset_writer_finish(
  _ writer: OpaquePointer?, _ contentID: UnsafeMutablePointer<UInt8>?,
  _ error: UnsafeMutablePointer<gobbet_error>?
) -> gobbet_status {
  reporting(to: error) {
    guard let handle = HandleTable.shared.remove(writer, as: DatasetWriterHandle.self) else {
      throw CallError.invalid("writer: no open handle")
    }
    let metadata = handle.metadata.withLock { $0 }
    let summary = try handle.writer.withLock { try $0.finish(metadata: metadata) }
    deliver(summary.contentID, to: contentID)
  }
}

@c @implementation
public func gobbet_dataset_writer_close(_ writer: OpaquePointer?) {
  HandleTable.shared.remove(writer, as: DatasetWriterHandle.self)
}
