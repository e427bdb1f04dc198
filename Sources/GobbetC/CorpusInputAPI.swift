// Documented in gobbet.h.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

public import CGobbet
internal import GobbetCorpus
internal import GobbetSystem
internal import Synchronization

// What a corpus left out, and what its inputs are.

@c @implementation
public func gobbet_corpus_describe(
  _ corpus: OpaquePointer?, _ log: UnsafeMutablePointer<gobbet_corpus_log>?,
  _ error: UnsafeMutablePointer<gobbet_error>?
) -> gobbet_status {
  reporting(to: error) {
    let kept = try object(corpus, CorpusHandle.self, "corpus").log
    var told = gobbet_corpus_log()
    told.note_count = UInt32(clamping: kept.notes.count)
    told.skipped_file_count = UInt64(kept.skippedInputCount)
    told.listed_file_count = UInt64(kept.skippedInputs.count)
    told.empty_file_count = UInt64(kept.emptyInputCount)
    told.bad_line_count = UInt64(kept.badLineCount)
    told.bad_line_kinds = badLineKinds(kept.badLineKinds)
    copy(told, to: try result(log, "log"))
  }
}

@c @implementation
public func gobbet_corpus_skipped_file(
  _ corpus: OpaquePointer?, _ index: Int, _ pair: UnsafeMutablePointer<CChar>?, _ capacity: Int,
  _ count: UnsafeMutablePointer<Int>?, _ error: UnsafeMutablePointer<gobbet_error>?
) -> gobbet_status {
  reporting(to: error) {
    let skipped = try object(corpus, CorpusHandle.self, "corpus").log.skippedInputs
    guard skipped.indices.contains(index) else {
      throw CallError.invalid("there is no skipped file \(index)")
    }
    let text = characters(pathBytes(skipped[index].path), Array(skipped[index].reason.utf8))
    try deliver(text.span, to: pair, capacity, count, "pair")
  }
}

@c @implementation
public func gobbet_corpus_note(
  _ corpus: OpaquePointer?, _ index: Int, _ text: UnsafeMutablePointer<CChar>?, _ capacity: Int,
  _ count: UnsafeMutablePointer<Int>?, _ error: UnsafeMutablePointer<gobbet_error>?
) -> gobbet_status {
  reporting(to: error) {
    let notes = try object(corpus, CorpusHandle.self, "corpus").log.notes
    guard notes.indices.contains(index) else {
      throw CallError.invalid("there is no note \(index)")
    }
    let note = characters(Array(notes[index].utf8))
    try deliver(note.span, to: text, capacity, count, "text")
  }
}

@c @implementation
public func gobbet_corpus_next_input(
  _ corpus: OpaquePointer?, _ input: UnsafeMutablePointer<gobbet_corpus_input>?,
  _ error: UnsafeMutablePointer<gobbet_error>?
) -> gobbet_status {
  reporting(to: error) {
    let handle = try object(corpus, CorpusHandle.self, "corpus")
    let input = try result(input, "input")
    try handle.state.withLock { state in
      state.input = nil
      guard let next = try state.inputs.next() else {
        throw CallError.notFound("there are no more files")
      }
      state.input = next
      tell(next, to: input)
    }
  }
}

@c @implementation
public func gobbet_corpus_look(
  _ corpus: OpaquePointer?, _ path: UnsafePointer<CChar>?, _ bytes: UnsafePointer<UInt8>?,
  _ byteCount: Int, _ isWhole: Int32, _ input: UnsafeMutablePointer<gobbet_corpus_input>?,
  _ error: UnsafeMutablePointer<gobbet_error>?
) -> gobbet_status {
  reporting(to: error) {
    let handle = try object(corpus, CorpusHandle.self, "corpus")
    let input = try result(input, "input")
    let found = CorpusInput(
      try text(path, "path"), sample: Array(try buffer(bytes, byteCount, "bytes")),
      isWhole: isWhole != 0, handle.options)
    handle.state.withLock { $0.input = found }
    tell(found, to: input)
  }
}

@c @implementation
public func gobbet_corpus_input_text(
  _ corpus: OpaquePointer?, _ pair: UnsafeMutablePointer<CChar>?, _ capacity: Int,
  _ count: UnsafeMutablePointer<Int>?, _ error: UnsafeMutablePointer<gobbet_error>?
) -> gobbet_status {
  reporting(to: error) {
    let handle = try object(corpus, CorpusHandle.self, "corpus")
    guard let input = handle.state.withLock({ $0.input }) else {
      throw CallError.invalid("no input was looked into")
    }
    let name = input.name + (input.advice.map { "; \($0)" } ?? "")
    let text = characters(pathBytes(input.path), Array(name.utf8))
    try deliver(text.span, to: pair, capacity, count, "pair")
  }
}

/// Texts with a zero byte after each.
private func characters(_ texts: [UInt8]...) -> [CChar] {
  texts.flatMap { $0 + [0] }.map { CChar(bitPattern: $0) }
}

private func tell(_ input: CorpusInput, to destination: UnsafeMutablePointer<gobbet_corpus_input>) {
  var told = gobbet_corpus_input()
  let kind =
    switch input.kind {
    case .unseen: GOBBET_INPUT_UNSEEN
    case .text: GOBBET_INPUT_TEXT
    case .jsonLines: GOBBET_INPUT_JSON_LINES
    case .otherJSON: GOBBET_INPUT_JSON
    case .parquet: GOBBET_INPUT_PARQUET
    case .foreign: GOBBET_INPUT_FOREIGN
    }
  told.kind = UInt32(kind)
  told.is_named = input.isNamed ? 1 : 0
  told.is_empty = input.isEmpty ? 1 : 0
  told.is_left_out = input.isPassedOver ? 1 : 0
  told.is_plain_text = input.isPlainText ? 1 : 0
  told.compression = input.coding.rawValue
  copy(told, to: destination)
}
