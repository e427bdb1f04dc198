// Documented in gobbet.h.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

public import CGobbet
internal import GobbetBPE
internal import GobbetData
internal import GobbetFile
internal import Synchronization

/// A table of counts that one call at a time changes.
private final class CountsHandle: Sendable {
  struct State {
    var counts = PretokenCounts()
    /// What the files whose counts were added had been counted from.
    var earlier = PretokenCountsOrigin()
  }

  let pattern: SplitPattern
  let scanner: PretokenScanner
  let state = Mutex(State())

  init(_ pattern: SplitPattern) {
    self.pattern = pattern
    scanner = PretokenScanner(pattern)
  }
}

@c @implementation
public func gobbet_counts_make(
  _ name: UnsafePointer<CChar>?, _ counts: UnsafeMutablePointer<OpaquePointer?>?,
  _ error: UnsafeMutablePointer<gobbet_error>?
) -> gobbet_status {
  reporting(to: error) {
    try deliver(CountsHandle(pattern(name)), to: counts, "counts")
  }
}

@c @implementation
public func gobbet_counts_add_file(
  _ counts: OpaquePointer?, _ path: UnsafePointer<CChar>?,
  _ error: UnsafeMutablePointer<gobbet_error>?
) -> gobbet_status {
  reporting(to: error) {
    let handle = try object(counts, CountsHandle.self, "counts")
    let file = try PretokenCountsFile(path: try text(path, "path"))
    guard file.pattern == handle.pattern else {
      throw CallError.invalid("\(file.path): has another pattern than the table")
    }
    try handle.state.withLock { state in
      try file.forEachPretoken { try state.counts.add($0, count: $1) }
      state.earlier = state.earlier.merged(with: file.origin)
    }
  }
}

@c @implementation
public func gobbet_counts_add_documents(
  _ counts: OpaquePointer?, _ texts: UnsafePointer<UInt8>?, _ textEnds: UnsafePointer<UInt64>?,
  _ textCount: Int, _ error: UnsafeMutablePointer<gobbet_error>?
) -> gobbet_status {
  reporting(to: error) {
    let handle = try object(counts, CountsHandle.self, "counts")
    let texts = try Pieces(texts, textEnds, textCount, "text")
    handle.state.withLock { state in
      for index in 0..<texts.count {
        texts.withPiece(index) { state.counts.count($0, using: handle.scanner) }
      }
    }
  }
}

@c @implementation
public func gobbet_counts_size(
  _ counts: OpaquePointer?, _ uniqueCount: UnsafeMutablePointer<Int>?,
  _ error: UnsafeMutablePointer<gobbet_error>?
) -> gobbet_status {
  reporting(to: error) {
    let handle = try object(counts, CountsHandle.self, "counts")
    try result(uniqueCount, "unique_count").pointee =
      handle.state.withLock { $0.counts.uniqueCount }
  }
}

@c @implementation
public func gobbet_counts_write(
  _ counts: OpaquePointer?, _ path: UnsafePointer<CChar>?, _ replace: Int32,
  _ error: UnsafeMutablePointer<gobbet_error>?
) -> gobbet_status {
  reporting(to: error) {
    let handle = try object(counts, CountsHandle.self, "counts")
    let path = try text(path, "path")
    try handle.state.withLock { state in
      try state.counts.write(
        to: path, pattern: handle.pattern, countedAlready: state.earlier, replacing: replace != 0)
    }
  }
}

@c @implementation
public func gobbet_counts_merge_files(
  _ paths: UnsafePointer<UnsafePointer<CChar>?>?, _ pathCount: Int, _ output: UnsafePointer<CChar>?,
  _ replace: Int32, _ error: UnsafeMutablePointer<gobbet_error>?
) -> gobbet_status {
  reporting(to: error) {
    _ = try PretokenCountsFile.merge(
      try texts(paths, pathCount, "paths"), to: try text(output, "output"),
      replacing: replace != 0)
  }
}

@c @implementation
public func gobbet_train(
  _ counts: OpaquePointer?, _ options: UnsafePointer<gobbet_training_options>?,
  _ vocabulary: UnsafeMutablePointer<OpaquePointer?>?, _ error: UnsafeMutablePointer<gobbet_error>?
) -> gobbet_status {
  reporting(to: error) {
    let handle = try object(counts, CountsHandle.self, "counts")
    let trainer = try Trainer(trainingOptions(options))
    let count = try mergeCount(options)
    let learned = try handle.state.withLock { state in
      try trainer.train(state.counts, pattern: handle.pattern) { told in tell(told, to: count) }
    }
    try deliver(VocabularyHandle(learned), to: vocabulary, "vocabulary")
  }
}

@c @implementation
public func gobbet_train_from_file(
  _ path: UnsafePointer<CChar>?, _ options: UnsafePointer<gobbet_training_options>?,
  _ vocabulary: UnsafeMutablePointer<OpaquePointer?>?, _ error: UnsafeMutablePointer<gobbet_error>?
) -> gobbet_status {
  reporting(to: error) {
    let trainer = try Trainer(trainingOptions(options))
    let file = try PretokenCountsFile(path: try text(path, "path"))
    let count = try mergeCount(options)
    let learned = try trainer.train(source: file, pattern: file.pattern) { told in
      tell(told, to: count)
    }
    try deliver(VocabularyHandle(learned), to: vocabulary, "vocabulary")
  }
}

@c @implementation
public func gobbet_counts_close(_ counts: OpaquePointer?) {
  HandleTable.shared.remove(counts, as: CountsHandle.self)
}

private func mergeCount(
  _ options: UnsafePointer<gobbet_training_options>?
) throws(CallError) -> UnsafeMutablePointer<UInt64>? {
  try read(options, or: gobbet_training_options()).merge_count
}

private func tell(_ progress: TrainingProgress, to count: UnsafeMutablePointer<UInt64>?) -> Bool {
  count?.pointee = UInt64(progress.mergeCount)
  return true
}

private func trainingOptions(
  _ pointer: UnsafePointer<gobbet_training_options>?
) throws(CallError) -> TrainingOptions {
  let wish = try read(pointer, or: gobbet_training_options())
  guard wish.vocabulary_size > 0 else { throw .invalid("vocabulary_size: 0") }
  guard let tieBreak = TieBreak(rawValue: UInt8(clamping: wish.tie_break)) else {
    throw .invalid("tie_break: \(wish.tie_break)")
  }
  let specials = try Pieces(
    wish.specials, wish.special_ends, wish.special_count, "special")
  return TrainingOptions(
    vocabularySize: Int(wish.vocabulary_size), tieBreak: tieBreak,
    minimumFrequency: max(1, wish.minimum_frequency),
    maximumTokenLength: wish.maximum_token_length == 0
      ? nil : try integer(wish.maximum_token_length, "maximum_token_length"),
    specialTokens: (0..<specials.count).map { specials.array($0) },
    specialTokensFirst: wish.special_tokens_first != 0)
}
