internal import GobbetFile
public import GobbetSystem

/// What a file holds, told by its content, never by its name.
public enum FileKind: Hashable, Sendable {
  /// A Gobbet container.
  case gobbet
  /// JSON: a tokenizer.json, a vocab.json.
  case json
  /// safetensors: a length and a JSON object.
  case safetensors
  /// The index of several safetensors files.
  case safetensorsIndex
  /// GGUF, as llama.cpp reads it.
  case gguf
  /// A checkpoint of llm.c.
  case llmC
  /// A NumPy array, or an archive of some.
  case numPy
  /// An archive of PyTorch's, in which there is a pickle.
  case pyTorch
  /// Lines of base64 and a rank, as tiktoken writes them.
  case tiktoken
  /// A model of SentencePiece.
  case sentencePiece
  /// Pieces of WordPiece, one a line: a `vocab.txt` of BERT.
  case wordPiece
  /// Nothing at all.
  case empty
  /// None of these.
  case other

  /// Looks at the file at `path`.
  ///
  /// - Throws: `FileError`.
  public init(recognizing path: String) throws(FileError) { self = try OpenedFile(path).kind() }

  /// Looks at an open file.
  init(of file: OpenedFile) throws(FileError) {
    self = FileKind(start: try file.available(in: 0..<4096))
    // What the object is, a key far behind may tell.
    if self == .json || self == .safetensorsIndex {
      let found = try JSONTopLevel.first(of: [.weightMap, .addedTokens, .tokenizerModel], in: file)
      self = found == .weightMap ? .safetensorsIndex : .json
    }
  }

  /// Looks at the first bytes of a file.
  package init(start: [UInt8]) {
    if start.isEmpty {
      self = .empty
    } else if Self.beginsAsGobbet(start) {
      self = .gobbet
    } else if Self.beginsAsSafetensors(start) {
      // Before all that is told by two bytes: a length may have any.
      self = .safetensors
    } else if start.starts(with: "GGUF".utf8) {
      self = .gguf
    } else if start.starts(with: [0x93] + Array("NUMPY".utf8)) {
      self = .numPy
    } else if start.starts(with: [0x50, 0x4B, 0x03, 0x04])
      || start.starts(with: [0x50, 0x4B, 5, 6])
    {
      // PyTorch writes its pickle first.
      let name = start.dropFirst(30).prefix(start.count > 30 ? Int(start[26]) : 0)
      self = name.suffix(8).elementsEqual("data.pkl".utf8) ? .pyTorch : .numPy
    } else if start.starts(with: [0x80, 0x02]) || start.starts(with: [0x80, 0x04])
      || start.starts(with: [0x80, 0x05])
    {
      self = .pyTorch
    } else if start.starts(with: [0xC6, 0xD7, 0x34, 0x01]) {
      // 20240326.
      self = .llmC
    } else if start.first(where: { !Self.isJSONSpace($0) }) == UInt8(ascii: "{") {
      self = Self.isWeightMap(start) ? .safetensorsIndex : .json
    } else if Self.isTiktokenLine(Self.firstLine(start)) {
      self = .tiktoken
    } else if SentencePieceModel.begins(start) {
      self = .sentencePiece
    } else if WordPieceVocabulary.begins(start) {
      self = .wordPiece
    } else {
      self = .other
    }
  }

  /// Whether the file is one of ours, or was one before a transfer changed or cut it: the container's
  /// reader says what is wrong.
  private static func beginsAsGobbet(_ start: [UInt8]) -> Bool {
    let letters = gobbetMagic[1..<4]
    return start.dropFirst().starts(with: letters.prefix(start.count - 1))
      && start[0] & 0x7F == gobbetMagic[0] & 0x7F
  }

  /// Whether a length that the reference reader allows stands in front of a JSON object.
  private static func beginsAsSafetensors(_ start: [UInt8]) -> Bool {
    start.count > 8 && start[4..<8].allSatisfy { $0 == 0 } && start[0..<4].contains { $0 != 0 }
      && start[8...].first { !isJSONSpace($0) } == UInt8(ascii: "{")
  }

  /// Whether an object is an index of safetensors files: its keys come first, or behind a short one.
  private static func isWeightMap(_ start: [UInt8]) -> Bool {
    holds(start, "\"weight_map\"") && !holds(start, "\"added_tokens\"")
  }

  private static func holds(_ bytes: [UInt8], _ text: String) -> Bool {
    bytes.indices.contains { bytes[$0...].starts(with: text.utf8) }
  }

  static func isJSONSpace(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09
  }

  /// The first line that is not blank.
  private static func firstLine(_ start: [UInt8]) -> ArraySlice<UInt8> {
    start.drop { isJSONSpace($0) }.prefix { $0 != 0x0A && $0 != 0x0D }
  }

  /// Whether `line` is base64, white space and a number.
  private static func isTiktokenLine(_ line: ArraySlice<UInt8>) -> Bool {
    let parts = line.split { $0 == 0x20 || $0 == 0x09 }
    guard parts.count == 2, parts[0].count % 4 == 0 else { return false }
    return parts[1].allSatisfy { (0x30...0x39).contains($0) }
      && parts[0].allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "/"),
          UInt8(ascii: "="):
          true
        default: false
        }
      }
  }
}
