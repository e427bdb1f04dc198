internal import GobbetSystem

/// The keys of the outermost object of a JSON text, found a piece at a time without parsing the rest.
///
/// Text that isn't JSON gives some answer and takes no longer; the parser says what is wrong with it.
package struct JSONTopLevel {
  /// A key to look for, and the byte with which its value begins.
  package struct Sign: Hashable {
    let key: [UInt8]
    let opening: UInt8

    init(_ key: String, opens opening: Unicode.Scalar) {
      self.key = Array(key.utf8)
      self.opening = UInt8(ascii: opening)
    }
  }

  private enum State {
    case between
    case inString(isEscaped: Bool)
    /// After a string at the top level, which is a key if a colon follows.
    case afterString
    case beforeValue
  }

  private let signs: [Sign]
  private var state = State.between
  private var depth = 0
  private var text: [UInt8] = []
  /// No longer key is looked for.
  private let maximumKeyByteCount: Int
  package private(set) var found: Sign?

  package init(_ signs: [Sign]) {
    self.signs = signs
    maximumKeyByteCount = signs.reduce(0) { max($0, $1.key.count) } + 1
  }

  /// The first of `signs` in the file, up to its end.
  ///
  /// - Throws: `FileError`.
  static func first(of signs: [Sign], in file: OpenedFile) throws(FileError) -> Sign? {
    var scanner = JSONTopLevel(signs)
    let pieceByteCount = 1 << 16
    var offset = 0
    while scanner.found == nil {
      let piece = try file.available(in: offset..<(offset + pieceByteCount))
      scanner.scan(piece)
      offset += piece.count
      if piece.count < pieceByteCount { break }
    }
    return scanner.found
  }

  /// Goes through the next bytes of the text, up to the first sign.
  package mutating func scan(_ bytes: some Sequence<UInt8>) {
    for byte in bytes {
      step(byte)
      if found != nil { return }
    }
  }

  private mutating func step(_ byte: UInt8) {
    switch state {
    case .inString(let isEscaped):
      if isEscaped || byte == UInt8(ascii: "\\") {
        state = .inString(isEscaped: !isEscaped)
      } else if byte == UInt8(ascii: "\"") {
        state = depth == 1 ? .afterString : .between
        return
      }
      if depth == 1, text.count < maximumKeyByteCount { text.append(byte) }
    case .afterString where byte == UInt8(ascii: ":"):
      state = .beforeValue
    case .beforeValue where !byte.isJSONSpace:
      found = signs.first { $0.key == text && $0.opening == byte }
      state = .between
      structure(byte)
    case .between, .afterString, .beforeValue:
      if !byte.isJSONSpace {
        state = .between
        structure(byte)
      }
    }
  }

  private mutating func structure(_ byte: UInt8) {
    switch byte {
    case UInt8(ascii: "\""):
      text.removeAll(keepingCapacity: true)
      state = .inString(isEscaped: false)
    case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
    case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
    default: break
    }
  }
}

extension JSONTopLevel.Sign {
  /// An index of safetensors files.
  package static let weightMap = Self("weight_map", opens: "{")
  /// A `tokenizer.json`, which says how text is split.
  package static let tokenizerModel = Self("model", opens: "{")
  /// A `tokenizer.json`, too; there this comes long before the model.
  package static let addedTokens = Self("added_tokens", opens: "[")
}
