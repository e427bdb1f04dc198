package import GobbetBPE

extension Vocabulary {
  /// Refuses a vocabulary whose ids depend on what formats without a pipeline cannot say.
  ///
  /// - Throws: ``InterchangeError`` (`notRepresentable`) with the first such thing.
  package func requireText(_ path: String?, of format: String) throws(InterchangeError) {
    try pipeline.requireText(path, of: format)
  }
}

extension TextPipeline {
  /// Refuses what formats without a pipeline cannot say.
  ///
  /// - Throws: ``InterchangeError`` (`notRepresentable`) with the first such thing.
  package func requireText(_ path: String?, of format: String) throws(InterchangeError) {
    let what: String
    if let normalizer = normalizers.first {
      what = "the normalizer \(normalizer.typeName)"
    } else if let step = pretokenizers.first {
      what = "the pre-tokenizer \(step.typeName)"
    } else if symbols.unit == .scalar {
      what = "merges of characters"
    } else if symbols.unit == .piece {
      what = "pieces of words"
    } else if !symbols.endOfWordSuffix.isEmpty {
      what = "tokens for ends of words"
    } else if !symbols.isComplete {
      what = "bytes that no token stands for"
    } else {
      return
    }
    throw InterchangeError(
      .notRepresentable("\(what), which \(format) has no place for"), path: path)
  }
}

extension Normalizer {
  /// What a `tokenizer.json` calls it.
  fileprivate var typeName: String {
    switch self {
    case .nfc: "NFC"
    case .nfd: "NFD"
    case .nfkc: "NFKC"
    case .nfkd: "NFKD"
    case .prepend: "Prepend"
    case .replace, .replaceMatches, .collapseSpaces: "Replace"
    case .strip: "Strip"
    case .lowercase: "Lowercase"
    case .stripAccents: "StripAccents"
    case .bert: "BertNormalizer"
    case .nmt: "Nmt"
    case .characterMap, .precompiled: "Precompiled"
    case .byteLevel: "ByteLevel"
    }
  }
}

extension PretokenizerStep {
  /// What a `tokenizer.json` calls it.
  fileprivate var typeName: String {
    switch self {
    case .digits: "Digits"
    case .prefixSpace: "ByteLevel with a prefix space"
    case .metaspace: "Metaspace"
    case .split, .expression: "Split"
    case .bert: "BertPreTokenizer"
    case .punctuation: "Punctuation"
    case .whitespaceSplit: "WhitespaceSplit"
    case .words: "Whitespace"
    case .fixedLength: "FixedLength"
    case .scripts: "UnicodeScripts"
    }
  }
}
