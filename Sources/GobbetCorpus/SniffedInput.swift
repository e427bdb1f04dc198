internal import GobbetSystem

/// The text of one input in order, decompressed and in UTF-8, and what its start says of it.
struct SniffedInput: ~Copyable, Sendable {
  /// What the input holds.
  let content: InputContent
  /// Whether its first bytes are those of a Parquet file.
  let isParquet: Bool
  /// Bytes of a byte order mark that was left out.
  let markByteCount: Int
  private let path: String
  private var stream: InputStream
  private var decoder: UTF16Decoder?
  /// What was read to look at it, and is still to be given.
  private var pending: ArraySlice<UInt8>

  /// Opens the input at `path` and looks at its start.
  ///
  /// - Throws: `FileError`, ``CorpusError``.
  init(_ path: String, _ options: CorpusOptions, opened: PooledFile? = nil) throws {
    var stream = try InputStream(path, opened: opened)
    var sample: [UInt8] = []
    var isWhole = false
    while sample.count < InputContent.sampleByteCount, !isWhole {
      let wanted = InputContent.sampleByteCount - sample.count
      isWhole = try stream.read(appendingTo: &sample, limit: wanted) == 0
    }
    let content = InputContent(
      sample, isWhole: isWhole, path: path, stream.codingKind, options)
    var markByteCount = 0
    var decoder: UTF16Decoder?
    if case .documents(_, let encoding, let byteCount) = content {
      markByteCount = byteCount
      if case .utf16(let isBigEndian) = encoding {
        decoder = UTF16Decoder(isBigEndian: isBigEndian)
      }
    }
    self.content = content
    isParquet = FileSignature(start: sample)?.isParquet ?? false
    self.markByteCount = markByteCount
    self.path = path
    self.stream = stream
    self.decoder = decoder
    pending = sample.dropFirst(markByteCount)
  }

  /// How the file is compressed.
  var coding: InputCoding { stream.codingKind }

  /// Bytes of the file, compressed as they are, that were read so far.
  var readByteCount: Int { stream.readByteCount }

  /// Bytes in the input; nil where only reading tells.
  var byteCount: Int? { decoder == nil ? stream.byteCount : nil }

  /// Appends at most `limit` bytes, at least one unless the input is at its end; says how many.
  ///
  /// Of UTF-16 the limit is that of its own bytes, of which UTF-8 may need half as many again.
  /// - Throws: `FileError` (`read`), ``CorpusError`` (`truncated`, `damaged`).
  mutating func read(appendingTo bytes: inout [UInt8], limit: Int) throws -> Int {
    guard decoder != nil else { return try readEncoded(appendingTo: &bytes, limit: limit) }
    let before = bytes.count
    while bytes.count == before {
      var encoded: [UInt8] = []
      if try readEncoded(appendingTo: &encoded, limit: min(limit, 1 << 17)) == 0 {
        guard decoder?.finish(appendingTo: &bytes) != false else {
          throw CorpusError(.truncated("UTF-16"), path: path)
        }
        break
      }
      decoder?.decode(encoded[...], appendingTo: &bytes)
    }
    return bytes.count - before
  }

  private mutating func readEncoded(appendingTo bytes: inout [UInt8], limit: Int) throws -> Int {
    guard !pending.isEmpty else { return try stream.read(appendingTo: &bytes, limit: limit) }
    let taken = pending.prefix(limit)
    bytes.append(contentsOf: taken)
    pending = pending.dropFirst(taken.count)
    if pending.isEmpty { pending = [] }
    return taken.count
  }
}
