internal import GobbetSystem

/// How the documents of an input lie in it.
enum InputLayout: Hashable, Sendable {
  /// One text, or texts between separators.
  case text
  /// One JSON object a line.
  case jsonLines
  /// One JSON array, whose elements are the objects.
  case jsonArray
  /// JSON objects one after the other, each over any number of lines.
  case jsonValues

  var isJSON: Bool { self != .text }
}

/// What an input holds, told by its first bytes; by its name only where these leave it open.
enum InputContent: Hashable, Sendable {
  /// How the characters of an input are encoded.
  enum Encoding: Hashable, Sendable {
    case utf8
    case utf16(isBigEndian: Bool)
    /// Text of another encoding, taken byte by byte.
    case unknown
  }

  /// Nothing at all.
  case empty(InputLayout)
  /// Documents, after a byte order mark of that many bytes.
  case documents(InputLayout, Encoding, markByteCount: Int)
  /// Something that holds no text: what it is, and what to do instead.
  case foreign(name: String, advice: String?)

  /// Bytes of an input, decompressed, that are looked at.
  static let sampleByteCount = 1 << 16

  /// Looks at `sample`, the first bytes of the input at `path` without its compression, or all of them
  /// if `isWhole`.
  init(
    _ sample: [UInt8], isWhole: Bool, path: String, _ coding: InputCoding,
    _ options: CorpusOptions
  ) {
    let name = InputName(path)
    guard !sample.isEmpty else {
      let isJSON = options.format == .jsonLines || options.format == .automatic && name.saysJSON
      self = .empty(isJSON ? .jsonLines : .text)
      return
    }
    guard options.format != .text else {
      self = .documents(.text, .utf8, markByteCount: 0)
      return
    }
    // A file called .json need not hold documents, unless a key says so: settings among source code
    // are text.
    let hasKey = options.textKey != nil || options.identifierKey != nil
    let isSaid =
      options.format == .jsonLines || name.saysJSONLines || name.saysJSON && hasKey
    if let foreign = Self.foreign(sample, coding) {
      self = foreign
      return
    }
    let (encoding, markByteCount) = Self.mark(sample)
    var text = Array(sample.dropFirst(markByteCount))
    if case .utf16(let isBigEndian) = encoding {
      var decoder = UTF16Decoder(isBigEndian: isBigEndian)
      var decoded: [UInt8] = []
      decoder.decode(text[...], appendingTo: &decoded)
      text = decoded
      if Self.isMostlyUnpaired(text) {
        self = .foreign(name: "binary data", advice: Self.forcing)
        return
      }
    }
    let key = options.textKey ?? CorpusOptions.usualTextKey
    let probe = JSONProbe(text, isWhole: isWhole, key: key)
    let layout =
      isSaid
      ? probe.layout(mayBeValues: !name.saysJSONLines)
      : name.saysJSON ? probe.likelyLayout : probe.provenLayout
    if let layout {
      self = .documents(layout, encoding, markByteCount: markByteCount)
      return
    }
    switch SampledContent(text, isWhole: isWhole) {
    case .utf8:
      self = .documents(isSaid ? .jsonLines : .text, encoding, markByteCount: markByteCount)
    case .unknownEncoding:
      self = .documents(isSaid ? .jsonLines : .text, .unknown, markByteCount: markByteCount)
    case .binary: self = Self.binary(text, coding)
    }
  }

  /// Whether a reader passes over the input at `path` where it lies in a folder: because it is empty,
  /// holds no text, or is a marker of Hadoop and Spark, which may hold statistics.
  func isPassedOver(_ path: String, isNamed: Bool) -> Bool {
    if isNamed { return false }
    if case .documents = self { return path.hasSuffix("/_SUCCESS") }
    return true
  }

  /// The byte order mark that `sample` begins with.
  private static func mark(_ sample: [UInt8]) -> (Encoding, byteCount: Int) {
    if sample.starts(with: [0xEF, 0xBB, 0xBF]) { return (.utf8, 3) }
    if sample.starts(with: [0xFF, 0xFE]) { return (.utf16(isBigEndian: false), 2) }
    if sample.starts(with: [0xFE, 0xFF]) { return (.utf16(isBigEndian: true), 2) }
    return (.utf8, 0)
  }

  /// What isn't text by its first bytes alone.
  private static func foreign(_ sample: [UInt8], _ coding: InputCoding) -> InputContent? {
    for (mark, encoding) in [
      ([0xFF, 0xFE, 0, 0] as [UInt8], "UTF-32LE"), ([0, 0, 0xFE, 0xFF], "UTF-32BE"),
    ] where sample.starts(with: mark) {
      return .foreign(
        name: "\(encoding) text", advice: pipe("iconv -f UTF-32 -t UTF-8", behind: coding))
    }
    if sample.starts(with: "version https://git-lfs.github.com/spec/".utf8) {
      return .foreign(
        name: "a Git LFS pointer", advice: "fetch the file that it stands for with git lfs pull")
    }
    let inner = InputCoding(start: sample)
    if inner != .plain {
      return .foreign(
        name: "\(inner.name) data, compressed once more",
        advice: pipe(inner.program, behind: coding))
    }
    // UTF-16 with a mark has NULs and may begin as anything else does.
    guard case .utf8 = mark(sample).0, let found = FileSignature(start: sample) else { return nil }
    guard let program = found.textProgram else {
      return .foreign(name: found.name, advice: found.advice)
    }
    // Programs for archives and tables want a file.
    let wantsFile = coding != .plain && !found.isCompressed
    let advice = wantsFile ? pipe(program, behind: .plain) : pipe(program, behind: coding)
    return .foreign(
      name: found.name,
      advice: wantsFile ? "decompress it with \(coding.program) first; then \(advice)" : advice)
  }

  private static func binary(_ sample: [UInt8], _ coding: InputCoding) -> InputContent {
    // Of text in UTF-16 without a mark, every other byte is 0 mostly.
    let start = sample.prefix(1024)
    let zeroCount = start.count { $0 == 0 }
    if zeroCount * 3 > start.count, zeroCount * 2 <= start.count + 1 {
      return .foreign(
        name: "binary data, or UTF-16 without a byte order mark",
        advice: pipe("iconv -f UTF-16LE -t UTF-8", behind: coding))
    }
    return .foreign(name: "binary data", advice: forcing)
  }

  private static let forcing = "if it is text, ask for the format text"

  /// Whether so many surrogates were alone that the mark was chance: of random bytes one in sixteen
  /// is.
  private static func isMostlyUnpaired(_ text: [UInt8]) -> Bool {
    var count = 0
    for index in text.indices.dropLast(2)
    where text[index] == 0xEF && text[index + 1] == 0xBF && text[index + 2] == 0xBD { count += 1 }
    return count > 16 && count > text.count / 200
  }

  /// How to have a program's output read: what it reads is decompressed in front of it.
  private static func pipe(_ program: String, behind coding: InputCoding) -> String {
    let programs =
      coding == .plain ? "\(program) FILE" : "\(coding.program) FILE | \(program)"
    return "read its text through a pipe: \(programs) | gobbet VERB … -"
  }
}

/// What the name of an input says of it.
private struct InputName {
  /// Whether it ends as JSON files do.
  let saysJSON: Bool
  /// Whether it ends as files of a JSON object a line do.
  let saysJSONLines: Bool

  init(_ path: String) {
    var name = path.lowercased()[...]
    let endings = InputCoding(ofFileNamed: path)?.endings ?? []
    if let ending = endings.first(where: { name.hasSuffix($0) }) {
      name = name.dropLast(ending.count)
    }
    saysJSONLines = [".jsonl", ".ndjson", ".jsonlines"].contains { name.hasSuffix($0) }
    saysJSON = saysJSONLines || name.hasSuffix(".json")
  }
}
