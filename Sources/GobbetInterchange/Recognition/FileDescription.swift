package import GobbetData
package import GobbetSystem

/// What a file is that cannot be used as it was given, in words for an error, and the way out.
///
/// One place knows the files that users give by mistake: pointers of Git LFS, pages of web servers,
/// neighbours of the file that was meant, formats that Gobbet doesn't read.
package struct FileDescription: Hashable, Sendable {
  /// What the file is, with its article: `a Git LFS pointer`.
  package let name: String
  /// What to do, as a command to the reader; nil where there is nothing to say.
  package let advice: String?

  init(_ name: String, _ advice: String? = nil) {
    self.name = name
    self.advice = advice
  }

  /// Bytes from the start of a file that are looked at.
  private static let sampleByteCount = 1 << 16

  /// Looks at the file at `path`, at its first 64 KiB and its name.
  ///
  /// - Throws: `FileError`.
  package init(describing path: String) throws(FileError) { try self.init(OpenedFile(path)) }

  /// Looks at an open file.
  init(_ file: OpenedFile) throws(FileError) {
    let start = try file.available(in: 0..<Self.sampleByteCount)
    self.init(
      start: start, name: fileName(of: file.path), isWhole: file.byteCount <= start.count)
  }

  /// Describes a file of this name by its first bytes.
  package init(start: [UInt8], name: String, isWhole: Bool = false) {
    self =
      Self.empty(start)
      ?? Self.pointer(start)
      ?? Self.markup(start)
      ?? Self.format(start, name)
      ?? Self.merges(start)
      ?? Self.json(start)
      ?? Self.compressed(start)
      ?? Self.signature(start)
      ?? Self.ranks(start, name, isWhole: isWhole)
      ?? Self.content(start, isWhole: isWhole)
  }

  /// The error for the file at `path`, which is not what was asked for: `a vocabulary`.
  package func error(_ path: String, wanted: String) -> LoadingError {
    let advice = advice.map { "; \($0)" } ?? ""
    return LoadingError(path: path, reason: "is \(name), not \(wanted)\(advice)")
  }

  /// The error for the file at `path`, looked at now; what the system says if it can't be read.
  package static func error(_ path: String, wanted: String) throws(FileError) -> LoadingError {
    try FileDescription(describing: path).error(path, wanted: wanted)
  }

  /// The error for an open file, which is not what was asked for.
  package static func error(_ file: OpenedFile, wanted: String) throws(FileError) -> LoadingError {
    try FileDescription(file).error(file.path, wanted: wanted)
  }
}

extension FileDescription {
  private static func empty(_ start: [UInt8]) -> FileDescription? {
    start.isEmpty ? FileDescription("empty", "download or write it again") : nil
  }

  private static func pointer(_ start: [UInt8]) -> FileDescription? {
    if start.starts(with: "version https://git-lfs.github.com/spec/".utf8) {
      return FileDescription(
        "a Git LFS pointer", "fetch the file that it stands for with git lfs pull")
    }
    if start.starts(with: "/annex/objects/".utf8) {
      return FileDescription(
        "a git-annex pointer", "fetch the file that it stands for with git annex get")
    }
    return nil
  }

  private static func markup(_ start: [UInt8]) -> FileDescription? {
    let text = text(start.prefix(1024)).lowercased()
    if text.hasPrefix("<!doctype html") || text.hasPrefix("<html") {
      return FileDescription(
        "an HTML page", "the server gave a page in place of the file; download the file again")
    }
    if text.hasPrefix("<?xml") {
      return FileDescription(
        "an XML document", "if a server gave it in place of the file, download the file again")
    }
    return nil
  }

  private static func format(_ start: [UInt8], _ name: String) -> FileDescription? {
    for (magic, kind) in llmCKinds where start.starts(with: magic) { return kind }
    guard let format = (try? FileFormat(FileSample(start: start))) ?? nil, let noun = format.noun
    else { return nil }
    let shard = shardNumbers(in: name).map { "shard \($0.number) of \($0.count) of " }
    return FileDescription((shard ?? "") + noun, format.advice)
  }

  /// Files of llm.c beside the checkpoints of a GPT-2: each begins with a date as a 32-bit number.
  private static let llmCKinds: [(magic: [UInt8], kind: FileDescription)] = [
    (
      [0xA3, 0xD9, 0x34, 0x01],
      FileDescription("a checkpoint of a Llama by llm.c", "only those of a GPT-2 are read")
    ),
    (
      [0xC7, 0xD7, 0x34, 0x01],
      FileDescription("the state of llm.c's optimizer", "give the model's checkpoint")
    ),
    (
      [0x88, 0xD8, 0x34, 0x01],
      FileDescription("tokens of llm.c's", "gobbet import reads them")
    ),
  ]

  private static func merges(_ start: [UInt8]) -> FileDescription? {
    guard start.starts(with: "#version".utf8) else { return nil }
    return FileDescription(
      "a list of merges",
      "give the tokens that belong to it: vocab.json beside merges.txt, encoder.json beside vocab.bpe"
    )
  }

  private static func json(_ start: [UInt8]) -> FileDescription? {
    let text = text(start)
    guard text.first == "{" || text.first == "[" else { return nil }
    // By bytes: a search for text would need a library that libgobbet goes without.
    let quoted = Set(text.utf8.split(separator: UInt8(ascii: "\"")).map { Substring($0) })
    func holds(_ key: Substring) -> Bool { quoted.contains(key) }
    if holds("token_bytes") || (holds("default_vocab_size") && holds("pattern")) {
      return FileDescription("a tekken.json", "it holds a vocabulary; give it as one")
    }
    if holds("weight_map") { return FileDescription("an index of safetensors shards") }
    if holds("tokenizer_class") || holds("added_tokens_decoder") {
      return FileDescription(
        "a tokenizer_config.json", "give the tokenizer.json, or the vocab.json, beside it")
    }
    if holds("model_type") || holds("architectures") || holds("n_embd") {
      return FileDescription(
        "a model's config.json", "give the tokenizer.json, or the vocab.json, beside it")
    }
    if holds("shards"), holds("splits") || holds("vocabulary") {
      return FileDescription("a manifest of a dataset", "give the folder that it is in")
    }
    if text.utf8.count < 1024, holds("error") {
      return FileDescription(
        "an error message of a server", "download the file again: \(text.oneLine)")
    }
    return FileDescription("JSON of another kind")
  }

  private static func compressed(_ start: [UInt8]) -> FileDescription? {
    if start.starts(with: [0x1F, 0x8B]) {
      return FileDescription("gzip data", "decompress it with gunzip")
    }
    if start.starts(with: [0x28, 0xB5, 0x2F, 0xFD]) {
      return FileDescription("zstd data", "decompress it with unzstd")
    }
    return nil
  }

  private static func signature(_ start: [UInt8]) -> FileDescription? {
    guard let found = FileSignature(start: start) else { return nil }
    // Tables have rows to be printed, and no file in them.
    let isPacked = found.name.hasSuffix("data") || found.name.hasSuffix("archive")
    let program = isPacked ? found.textProgram : nil
    return FileDescription(
      found.name, program.map { "take the file out of it with \($0)" } ?? found.advice)
  }

  /// What is called ranks of tiktoken and begins with something else.
  private static func ranks(
    _ start: [UInt8], _ name: String, isWhole: Bool
  ) -> FileDescription? {
    guard name.hasSuffix(".tiktoken"), case .utf8 = SampledContent(start, isWhole: isWhole)
    else { return nil }
    let line = 1 + start.prefix { $0 == 0x20 || $0 == 0x0A || $0 == 0x0D }.count { $0 == 0x0A }
    return FileDescription("text whose line \(line) isn't base64, white space and a rank")
  }

  private static func content(_ start: [UInt8], isWhole: Bool) -> FileDescription {
    switch SampledContent(start, isWhole: isWhole) {
    case .utf8: FileDescription("text of no known format")
    case .unknownEncoding, .binary: FileDescription("binary data of no known format")
    }
  }

  /// The text without the byte order mark and the white space in front of it.
  private static func text(_ bytes: some Collection<UInt8>) -> Substring {
    String(decoding: bytes, as: UTF8.self).drop { $0.isWhitespace || $0 == "\u{FEFF}" }
  }

  /// The numbers in a name such as `model-00001-of-00003.safetensors`.
  private static func shardNumbers(in name: String) -> (number: Int, count: Int)? {
    let parts = name.split(whereSeparator: { $0 == "-" || $0 == "." })
    guard let of = parts.lastIndex(of: "of"), of > 0, of + 1 < parts.count,
      let number = Int(parts[of - 1]), let count = Int(parts[of + 1]), count > 1
    else { return nil }
    return (number, count)
  }
}

extension Substring {
  /// The text on one line, cut at 120 characters.
  fileprivate var oneLine: String {
    String(split(whereSeparator: \.isNewline).joined(separator: " ").prefix(120))
  }
}
