import Gobbet

/// A vocabulary whose way with texts another is trained for.
struct TrainingTemplate {
  /// What tokens are made of.
  let unit: TokenUnit
  /// How texts are cut.
  let pattern: SplitPattern
  /// What happens to a text beside that.
  let pipeline: TextPipeline
  /// The tables of characters of SentencePiece, if nothing else changes a text.
  let characterMaps: [Normalizer]?

  /// What of a vocabulary does not depend on its tokens.
  ///
  /// - Throws: ``Failure`` (`badData`) for one that no training here leads to.
  init(_ vocabulary: Vocabulary, path: String) throws(Failure) {
    let whole = vocabulary.pipeline
    guard whole.symbols.unit != .piece, whole.symbols.endOfWordSuffix.isEmpty else {
      throw Failure(
        .badData, "\(path): WordPiece, and ends of words, can't be trained; give another template")
    }
    unit = whole.symbols.unit == .scalar ? .sentencePiece : .byteLevel
    pattern = vocabulary.pattern
    var symbols = InitialSymbols.bytes
    if unit == .sentencePiece {
      symbols = InitialSymbols(
        unit: .scalar, isComplete: false, fusesUnknown: whole.symbols.fusesUnknown,
        fallsBackToBytes: whole.symbols.fallsBackToBytes)
    }
    pipeline = TextPipeline(
      normalizers: whole.normalizers, pretokenizers: whole.pretokenizers, symbols: symbols,
      decoders: whole.decoders)
    var maps: [Normalizer]? = []
    for normalizer in whole.normalizers {
      switch normalizer {
      case .characterMap: maps?.append(normalizer)
      case .collapseSpaces, .prepend, .replace: break
      default: maps = nil
      }
    }
    characterMaps = whole.pretokenizers.isEmpty && unit == .sentencePiece ? maps : nil
    if whole.template != nil {
      note("gobbet: \(path): its post-processor is left out, for it names tokens by their ids")
    }
  }
}

extension Train {
  /// The options for pieces of characters; nil for byte-level tokens.
  func pieceOptions(
    size: Int, _ template: TrainingTemplate?
  ) throws(Failure) -> PieceTrainingOptions? {
    var options = try pieces.options(size: size, specials: special, template)
    if options?.rule == .tokenizers {
      options?.tokenizers.minimumFrequency = minimumFrequency
      options?.tokenizers.maximumTokenLength = maximumTokenLength
      if template?.pipeline.symbols.fallsBackToBytes == true { options?.fallsBackToBytes = true }
    }
    return options
  }

  /// Refuses options that have no effect together.
  func check(_ options: PieceTrainingOptions?, _ template: TrainingTemplate?) throws(Failure) {
    func refuse(_ option: String, _ isGiven: Bool, _ reason: String) throws(Failure) {
      if isGiven { throw Failure(.usage, "\(option): \(reason)") }
    }
    if template != nil || options != nil {
      let what = template != nil ? "--template" : "--model sentencepiece"
      try refuse(
        "--counts", !counts.isEmpty, "counts are of texts cut by a pattern, not of \(what)")
      try refuse("--continue", start != nil, "has no effect with \(what)")
      try refuse("--held-out", heldOut > 0, "can't be measured with \(what)")
      try refuse("--pattern", pattern.isGiven, "\(what) says how text is split")
    }
    guard let options else {
      try refuse(
        "--template", template?.unit == .sentencePiece, "its tokens are characters, not bytes")
      try refuse(
        "--size", size.contains { $0 < 256 }, "not a whole number from 256 to 2,097,151")
      return
    }
    try refuse("--tie-break", tieBreak != nil, "--like says it with --model sentencepiece")
    if let template {
      let unit = template.unit == .sentencePiece
      try refuse("--template", !unit, "its tokens are bytes, not characters")
      for (option, isGiven) in [
        ("--split-digits", pieces.splitDigits), ("--no-dummy-prefix", !pieces.dummyPrefix),
      ] where options.rule == .tokenizers {
        try refuse(option, isGiven, "--template says it")
      }
    }
    guard options.rule == .sentencePiece else { return }
    let instead = "has no effect with --like sentencepiece"
    try refuse("--special", !special.isEmpty, "\(instead); give --control-symbol")
    try refuse("--minimum-frequency", minimumFrequency != 1, instead)
    try refuse(
      "--maximum-token-length", maximumTokenLength != nil, "\(instead); give --maximum-piece-length"
    )
    try refuse(
      "--template", template != nil && template?.characterMaps == nil,
      "it does more to a text than a .model can")
  }
}
