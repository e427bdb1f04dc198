// Documented in gobbet.h.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

public import CGobbet
internal import GobbetCorpus
internal import GobbetData
internal import GobbetFile
internal import GobbetInterchange
internal import Synchronization

/// A corpus that one call at a time reads on.
final class CorpusHandle: Sendable {
  struct State: ~Copyable {
    var reader: CorpusReader
    var parser: DocumentParser
    /// What was read last.
    var batch: DocumentBatch?
    /// The files that are still to be looked into.
    var inputs: CorpusInputs
    /// What was looked into last.
    var input: CorpusInput?
  }

  let options: CorpusOptions
  let log: CorpusLog
  let state: Mutex<State>

  init(_ state: consuming sending State, _ options: CorpusOptions, _ log: CorpusLog) {
    self.options = options
    self.log = log
    self.state = Mutex(state)
  }
}

extension CorpusHandle.State {
  /// Makes `unparsed`, nil at the end, the batch, and tells the caller what it holds.
  fileprivate mutating func take(
    _ unparsed: UnparsedBatch?, _ log: CorpusLog,
    _ info: UnsafeMutablePointer<gobbet_corpus_batch>
  ) throws {
    batch = nil
    var told = gobbet_corpus_batch()
    if let unparsed {
      let parsed = try parser.documents(of: unparsed)
      try log.add(rejections: parsed.rejections, lines: parsed.rejectedLines)
      told.bad_line_count = UInt32(clamping: parsed.rejections.count)
      var kinds: [BadLineKind: Int] = [:]
      kinds.add(parsed.rejections)
      told.bad_line_kinds = badLineKinds(kinds)
      told.document_count = UInt64(parsed.count)
      told.text_byte_count = UInt64(parsed.byteCount)
      told.unit_count = UInt64(unparsed.count)
      for index in 0..<parsed.count {
        told.identifier_byte_count += UInt64(parsed.identifier(index)?.utf8.count ?? 0)
      }
      batch = parsed
    }
    copy(told, to: info)
  }
}

/// How many bad lines are of each kind, in the header's order.
func badLineKinds(_ counts: [BadLineKind: Int]) -> (UInt64, UInt64, UInt64, UInt64) {
  func count(_ kind: BadLineKind) -> UInt64 { UInt64(counts[kind] ?? 0) }
  return (count(.notJSON), count(.missingKey), count(.duplicateKey), count(.wrongType))
}

@c @implementation
public func gobbet_corpus_open(
  _ paths: UnsafePointer<UnsafePointer<CChar>?>?, _ pathCount: Int,
  _ options: UnsafePointer<gobbet_corpus_options>?,
  _ corpus: UnsafeMutablePointer<OpaquePointer?>?, _ error: UnsafeMutablePointer<gobbet_error>?
) -> gobbet_status {
  reporting(to: error) {
    let (options, log) = try corpusOptions(options)
    let inputs = try texts(paths, pathCount, "paths")
    let state = CorpusHandle.State(
      reader: try CorpusReader(inputs: inputs, options: options),
      parser: try DocumentParser(options), inputs: try CorpusInputs(inputs, options))
    try deliver(CorpusHandle(state, options, log), to: corpus, "corpus")
  }
}

@c @implementation
public func gobbet_corpus_read(
  _ corpus: OpaquePointer?, _ byteCount: UInt64,
  _ batch: UnsafeMutablePointer<gobbet_corpus_batch>?, _ error: UnsafeMutablePointer<gobbet_error>?
) -> gobbet_status {
  reporting(to: error) {
    let handle = try object(corpus, CorpusHandle.self, "corpus")
    let info = try result(batch, "batch")
    let limit = min(try integer(byteCount, "byte_count"), 1 << 30)
    try handle.state.withLock { state in
      try state.take(
        try state.reader.nextUnparsedBatch(byteCount: limit == 0 ? 1 << 20 : limit), handle.log,
        info)
    }
  }
}

@c @implementation
public func gobbet_corpus_parse(
  _ corpus: OpaquePointer?, _ path: UnsafePointer<CChar>?, _ firstLine: UInt64,
  _ lines: UnsafePointer<UInt8>?, _ lineEnds: UnsafePointer<UInt64>?, _ lineCount: Int,
  _ batch: UnsafeMutablePointer<gobbet_corpus_batch>?, _ error: UnsafeMutablePointer<gobbet_error>?
) -> gobbet_status {
  reporting(to: error) {
    let handle = try object(corpus, CorpusHandle.self, "corpus")
    let info = try result(batch, "batch")
    let pieces = try Pieces(lines, lineEnds, lineCount, "line")
    let path = try text(path, "path")
    // A file of 2^62 lines there is none; further ones could not be counted.
    let first = try integer(firstLine, "first_line")
    guard first < 1 << 62 else { throw CallError.invalid("first_line: \(first)") }
    let unparsed = UnparsedBatch(
      jsonLines: Array(try buffer(lines, pieces.elementCount, "lines")),
      ends: (0..<pieces.count).map { pieces.end(of: $0) }, path: path, firstIndex: first)
    try handle.state.withLock { try $0.take(unparsed, handle.log, info) }
  }
}

@c @implementation
public func gobbet_corpus_documents(
  _ corpus: OpaquePointer?, _ texts: UnsafeMutablePointer<UInt8>?,
  _ textEnds: UnsafeMutablePointer<UInt64>?, _ numbers: UnsafeMutablePointer<UInt64>?,
  _ identifiers: UnsafeMutablePointer<UInt8>?, _ identifierEnds: UnsafeMutablePointer<UInt64>?,
  _ error: UnsafeMutablePointer<gobbet_error>?
) -> gobbet_status {
  reporting(to: error) {
    let handle = try object(corpus, CorpusHandle.self, "corpus")
    handle.state.withLock { state in
      guard let batch = state.batch else { return }
      var textEnd = 0
      var identifierEnd = 0
      for index in 0..<batch.count {
        // SAFETY: by the contract of the call there is room for as much as the batch was said to
        // hold.
        batch.text(index).withUnsafeBufferPointer { bytes in
          if let texts, let start = bytes.baseAddress {
            (texts + textEnd).update(from: start, count: bytes.count)
          }
          textEnd += bytes.count
        }
        textEnds?[index] = UInt64(textEnd)
        numbers?[index] = UInt64(batch.source(index).index)
        for byte in (batch.identifier(index) ?? "").utf8 {
          identifiers?[identifierEnd] = byte
          identifierEnd += 1
        }
        identifierEnds?[index] = UInt64(identifierEnd)
      }
    }
  }
}

@c @implementation
public func gobbet_corpus_close(_ corpus: OpaquePointer?) {
  HandleTable.shared.remove(corpus, as: CorpusHandle.self)
}

@c @implementation
public func gobbet_documents_hash(
  _ texts: UnsafePointer<UInt8>?, _ textEnds: UnsafePointer<UInt64>?, _ textCount: Int,
  _ share: Double, _ hashes: UnsafeMutablePointer<UInt8>?, _ heldOut: UnsafeMutablePointer<UInt8>?,
  _ error: UnsafeMutablePointer<gobbet_error>?
) -> gobbet_status {
  reporting(to: error) {
    let texts = try Pieces(texts, textEnds, textCount, "text")
    guard (0..<1).contains(share) else { throw CallError.invalid("held_out_share: \(share)") }
    let selection = HeldOutShare(share: share)
    for index in 0..<texts.count {
      texts.withPiece(index) { text in
        if let hashes {
          let hash = DocumentHash(of: text)
          let place = UnsafeMutableRawPointer(hashes + 16 * index)
          place.storeBytes(of: hash.low.littleEndian, as: UInt64.self)
          place.storeBytes(of: hash.high.littleEndian, toByteOffset: 8, as: UInt64.self)
        }
        heldOut?[index] = selection.contains(text) ? 1 : 0
      }
    }
  }
}

@c @implementation
public func gobbet_documents_append_hashes(
  _ hashes: UnsafePointer<UInt8>?, _ count: Int, _ value: UnsafeMutablePointer<UInt64>?,
  _ error: UnsafeMutablePointer<gobbet_error>?
) -> gobbet_status {
  reporting(to: error) {
    guard count >= 0, count <= Int.max / 16 else { throw CallError.invalid("count: \(count)") }
    let bytes = UnsafeRawBufferPointer(try buffer(hashes, 16 * count, "hashes"))
    let value = try result(value, "value")
    var sequence = DocumentSequenceHash(value: value.pointee)
    for start in stride(from: 0, to: bytes.count, by: 16) {
      let low = bytes.loadUnaligned(fromByteOffset: start, as: UInt64.self)
      let high = bytes.loadUnaligned(fromByteOffset: start + 8, as: UInt64.self)
      sequence.append(
        DocumentHash(low: UInt64(littleEndian: low), high: UInt64(littleEndian: high)))
    }
    value.pointee = sequence.value
  }
}

private func corpusOptions(
  _ pointer: UnsafePointer<gobbet_corpus_options>?
) throws(CallError) -> (CorpusOptions, CorpusLog) {
  let wish = try read(pointer, or: gobbet_corpus_options())
  var options = CorpusOptions()
  switch wish.format {
  case 0: break
  case 1: options.format = .text
  case 2: options.format = .jsonLines
  default: throw .invalid("format: \(wish.format)")
  }
  if wish.text_key != nil { options.textKey = try text(wish.text_key, "text_key") }
  if wish.identifier_key != nil {
    options.identifierKey = try text(wish.identifier_key, "identifier_key")
  }
  if wish.separator != nil {
    options.textSeparator = Array(
      try buffer(wish.separator, wish.separator_byte_count, "separator"))
  }
  options.badLines = wish.skip_bad_lines == 0 ? .fail : .skip
  options.isPart = wish.is_part != 0
  let log = CorpusLog(takesForeignInputs: wish.skip_foreign_files != 0)
  options.log = log
  return (options, log)
}
