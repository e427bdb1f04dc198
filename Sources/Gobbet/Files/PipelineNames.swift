internal import GobbetBPE

// What the steps of a pipeline are called, with what tells two of a kind apart: the names of tokenizers.

extension TextPipeline {
  /// How pretokens become tokens.
  var modelName: String {
    switch symbols.unit {
    case .byte: "byte-level BPE"
    case .piece: "WordPiece"
    case .scalar:
      symbols.pieceOrder != nil
        ? "SentencePiece BPE" : "BPE" + (symbols.fallsBackToBytes ? " with byte fallback" : "")
    }
  }
}

extension Normalizer {
  /// Its name.
  var name: String {
    switch self {
    case .nfc: "NFC"
    case .nfd: "NFD"
    case .nfkc: "NFKC"
    case .nfkd: "NFKD"
    case .prepend(let bytes): "Prepend(\(quoted(bytes)))"
    case .replace(let old, let new): "Replace(\(quoted(old)), \(quoted(new)))"
    case .replaceMatches(let expression, let new): "Replace(/\(expression.text)/, \(quoted(new)))"
    case .strip(let left, let right):
      "Strip(\([left ? "left" : nil, right ? "right" : nil].compactMap(\.self).joined(separator: ", ")))"
    case .lowercase: "Lowercase"
    case .stripAccents: "StripAccents"
    case .bert: "BertNormalizer"
    case .nmt: "Nmt"
    case .characterMap: "a character map of SentencePiece"
    case .precompiled: "Precompiled"
    case .collapseSpaces: "spaces collapsed"
    case .byteLevel: "ByteLevel"
    }
  }
}

extension PretokenizerStep {
  /// Its name.
  var name: String {
    switch self {
    case .digits(let individual): individual ? "Digits(individual)" : "Digits"
    case .prefixSpace: "ByteLevel's prefix space"
    case .metaspace(let replacement, _, _): "Metaspace(\(quoted(replacement)))"
    case .split(let bytes, let behavior, _): "Split(\(quoted(bytes)), \(behavior))"
    case .expression(let expression): "Split(/\(expression.text)/)"
    case .bert: "BertPreTokenizer"
    case .punctuation(let behavior): "Punctuation(\(behavior))"
    case .whitespaceSplit: "WhitespaceSplit"
    case .words: "Whitespace"
    case .fixedLength(let count): "FixedLength(\(count))"
    case .scripts: "UnicodeScripts"
    }
  }
}

extension DecoderStep {
  /// Its name.
  var name: String {
    switch self {
    case .replace(let old, let new): "Replace(\(quoted(old)), \(quoted(new)))"
    case .byteFallback: "ByteFallback"
    case .fuse: "Fuse"
    case .strip(let content, let start, let stop): "Strip(\(quoted(content)), \(start), \(stop))"
    case .metaspace(let replacement, _): "Metaspace(\(quoted(replacement)))"
    case .wordPiece(let prefix, _): "WordPiece(\(quoted(prefix)))"
    case .endOfWord(let suffix): "BPEDecoder(\(quoted(suffix)))"
    case .byteLevel: "ByteLevel"
    }
  }
}

/// Bytes as a text in quotation marks.
private func quoted(_ bytes: [UInt8]) -> String { "'\(String(decoding: bytes, as: UTF8.self))'" }
