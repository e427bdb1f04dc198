internal import GobbetBPE

extension Vocabulary {
  /// Refuses a vocabulary whose ids depend on what formats without a pipeline cannot say.
  ///
  /// - Throws: ``InterchangeError`` (`notRepresentable`) with the first such thing.
  func requireText(_ path: String?, of format: String) throws(InterchangeError) {
    let what: String
    if let normalizer = pipeline.normalizers.first {
      what = "the normalizer \(normalizer)"
    } else if let step = pipeline.pretokenizers.first {
      what = "the pre-tokenizer \(step)"
    } else if pipeline.symbols.unit == .scalar {
      what = "merges of characters"
    } else if pipeline.symbols.unit == .piece {
      what = "pieces of words"
    } else if !pipeline.symbols.endOfWordSuffix.isEmpty {
      what = "tokens for ends of words"
    } else if !pipeline.symbols.isComplete {
      what = "bytes that no token stands for"
    } else {
      return
    }
    throw InterchangeError(
      .notRepresentable("\(what), which \(format) has no place for"), path: path)
  }
}
