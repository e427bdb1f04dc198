internal import GobbetBPE

/// The `decoder` of a `tokenizer.json`.
enum HuggingFaceDecoder {
  /// The steps of a file's decoder; none for `ByteLevel`, and for no decoder at all where tokens are
  /// bytes.
  ///
  /// - Throws: ``InterchangeError`` (`unsupported`) for one that has no counterpart.
  static func steps(
    _ root: JSONValue, isByteLevel: Bool
  ) throws(InterchangeError) -> [DecoderStep] {
    let parts = try HuggingFaceParts.flattened(try root.member("decoder"), "decoders")
    if isByteLevel {
      for part in parts where try HuggingFaceParts.type(of: part) != "ByteLevel" {
        throw part.error(.unsupported("the decoder \(try HuggingFaceParts.type(of: part))"))
      }
      return []
    }
    guard !parts.isEmpty else {
      throw root.error(
        .unsupported("no decoder, where tokenizers puts spaces between tokens"),
        key: "decoder".utf8)
    }
    var steps: [DecoderStep] = []
    for part in parts { steps.append(try step(part)) }
    guard steps.isStreamable, !steps.dropLast().contains(.byteLevel) else {
      throw root.error(.unsupported("decoders in this order"), key: "decoder".utf8)
    }
    return steps
  }

  private static func step(_ part: JSONValue) throws(InterchangeError) -> DecoderStep {
    switch try HuggingFaceParts.type(of: part) {
    case "Replace":
      let (old, new) = try HuggingFaceParts.replacement(part)
      return .replace(old, with: new)
    case "ByteFallback": return .byteFallback
    case "Fuse": return .fuse
    case "ByteLevel": return .byteLevel
    case "Strip":
      guard let scalar = try part.member("content")?.bytes, !scalar.isEmpty,
        let start = try part.member("start")?.size, let stop = try part.member("stop")?.size,
        max(start, stop) <= UInt32.max
      else { throw part.error(.damaged("a Strip without content, start and stop")) }
      return .strip(scalar, start: start, stop: stop)
    case "Metaspace":
      guard let replacement = try part.member("replacement")?.bytes, !replacement.isEmpty else {
        throw part.error(.damaged("a Metaspace without a replacement"))
      }
      let scheme = try HuggingFacePretokenizer.scheme(part)
      return .metaspace(replacement: replacement, dropsFirst: scheme != .never)
    case "WordPiece":
      guard let prefix = try part.member("prefix")?.bytes,
        let cleansUp = try part.member("cleanup")?.bool
      else { throw part.error(.damaged("a WordPiece without prefix and cleanup")) }
      return .wordPiece(prefix: prefix, cleansUp: cleansUp)
    case "BPEDecoder":
      guard let suffix = try part.member("suffix")?.bytes, !suffix.isEmpty else {
        throw part.error(.damaged("a BPEDecoder without a suffix"))
      }
      return .endOfWord(suffix)
    case let other: throw part.error(.unsupported("the decoder \(other)"))
    }
  }

  /// Appends the decoder of a vocabulary.
  static func append(_ pipeline: TextPipeline, to text: inout [UInt8]) {
    guard pipeline.symbols.unit != .byte else {
      text += Self.text(of: .byteLevel)
      return
    }
    HuggingFaceParts.append(pipeline.decoders.map(Self.text(of:)), as: "decoders", to: &text)
  }

  private static func text(of step: DecoderStep) -> [UInt8] {
    var text: [UInt8] = []
    switch step {
    case .replace(let old, let new):
      HuggingFaceParts.appendReplacement(of: old, by: new, to: &text)
    case .byteFallback: text.append(#"{"type":"ByteFallback"}"#)
    case .fuse: text.append(#"{"type":"Fuse"}"#)
    case .byteLevel:
      text.append(#"{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"#)
      text.append(#""use_regex":true}"#)
    case .strip(let scalar, let start, let stop):
      text.append(#"{"type":"Strip","content":"#)
      text.append(quoted: scalar)
      text.append(#","start":\#(start),"stop":\#(stop)}"#)
    case .metaspace(let replacement, let dropsFirst):
      text.append(#"{"type":"Metaspace","replacement":"#)
      text.append(quoted: replacement)
      text.append(#","prepend_scheme":"\#(dropsFirst ? "always" : "never")","split":true}"#)
    case .wordPiece(let prefix, let cleansUp):
      text.append(#"{"type":"WordPiece","prefix":"#)
      text.append(quoted: prefix)
      text.append(#","cleanup":\#(cleansUp)}"#)
    case .endOfWord(let suffix):
      text.append(#"{"type":"BPEDecoder","suffix":"#)
      text.append(quoted: suffix)
      text.append("}")
    }
    return text
  }
}
