internal import GobbetSystem

/// The bytes of one input in order, decompressed if they begin as gzip, zstd, bzip2, xz or lz4 do.
///
/// Of the last three the C library has no decoders, to stay small: it tells which program reads them.
struct InputStream: ~Copyable, Sendable {
  // Not private: the linker needs it where another module destroys a reader.
  enum Coding: ~Copyable, Sendable {
    case plain
    case gzip(GzipDecoder)
    case zstd(ZstdDecoder)
    #if !GOBBET_SMALL
      case bzip2(Bzip2Decoder)
      case xz(XZDecoder)
      case lz4(LZ4Decoder)
    #endif
  }

  private let file: InputFile
  private let coding: Coding
  /// Bytes of the file that were read ahead; `unread` says which of them are still to be used.
  private var buffer: [UInt8]
  private var unread: Range<Int>
  /// Whether the file's end was seen: a terminal gives one for each Ctrl-D, and more bytes after it.
  private var isAtEnd: Bool
  /// Whether the decompressor is between frames, where the input may end.
  private var isBetweenFrames = true
  /// Bytes of the file used so far.
  private var fileOffset = 0
  /// Bytes of the file read so far, some of them ahead.
  private(set) var readByteCount: Int

  private static let bufferByteCount = 1 << 17
  /// Opens the file at `path`, or standard input for `-`, and looks at its first bytes; shares `opened`
  /// if that is the file.
  ///
  /// - Throws: `FileError`; ``CorpusError`` (`truncated`, `damaged`) for what isn't what its name or its
  ///   few bytes say; `outOfMemory`.
  init(_ path: String, opened: PooledFile? = nil) throws {
    let file: InputFile
    if path == "-" {
      file = .standardInput
    } else if let opened, opened.path.utf8.elementsEqual(path.utf8) {
      file = try InputFile(sharing: opened)
    } else {
      file = try InputFile(path)
    }
    var start: [UInt8] = []
    var isAtEnd = false
    while start.count < InputCoding.startByteCount, !isAtEnd {
      let before = start.count
      try Self.read(file, appendingTo: &start, limit: Self.bufferByteCount)
      isAtEnd = start.count == before
    }
    let coding = try Self.coding(of: start, isWhole: isAtEnd, path: file.path)
    self.file = file
    self.coding = coding
    self.isAtEnd = isAtEnd
    buffer = start
    readByteCount = start.count
    unread = 0..<start.count
  }

  private static func coding(
    of start: [UInt8], isWhole: Bool, path: String
  ) throws(CorpusError) -> Coding {
    switch InputCoding(start: start) {
    case .gzip: return .gzip(try GzipDecoder())
    case .zstd: return .zstd(try ZstdDecoder())
    #if !GOBBET_SMALL
      case .bzip2: return .bzip2(try Bzip2Decoder())
      case .xz: return .xz(try XZDecoder())
      case .lz4: return .lz4(try LZ4Decoder())
    #endif
    default:
      if isWhole, let coding = InputCoding(cut: start, path: path) {
        throw CorpusError(.truncated(coding.name), path: path, offset: start.count)
      }
      guard let said = InputCoding(ofFileNamed: path), !isText(start, isWhole: isWhole) else {
        return .plain
      }
      throw CorpusError(
        .damaged(
          "the name says \(said.name), and the data begins otherwise; get the file again, or "
            + "rename it if it isn't compressed"), path: path, offset: 0)
    }
  }

  /// Whether bytes are the start of a text in UTF-8 or UTF-16, or there are none.
  private static func isText(_ start: [UInt8], isWhole: Bool) -> Bool {
    start.isEmpty || start.starts(with: [0xFF, 0xFE]) || start.starts(with: [0xFE, 0xFF])
      || SampledContent(start, isWhole: isWhole) == .utf8
  }

  /// Appends at most `limit` bytes, at least one unless the input is at its end; says how many.
  ///
  /// - Throws: `FileError` (`read`), ``CorpusError`` (`truncated`, `damaged`).
  mutating func read(appendingTo bytes: inout [UInt8], limit: Int) throws -> Int {
    guard let codingName else { return try readPlain(appendingTo: &bytes, limit: limit) }
    while true {
      if unread.isEmpty && !isAtEnd { try refill() }
      if isBetweenFrames && fileOffset > 0 { try skipPadding() }
      if unread.isEmpty && isBetweenFrames { return 0 }
      let before = bytes.count
      try decode(appendingTo: &bytes, limit: limit)
      if bytes.count > before { return bytes.count - before }
      guard !unread.isEmpty || !isAtEnd || isBetweenFrames else {
        throw CorpusError(.truncated(codingName), path: file.path, offset: fileOffset)
      }
    }
  }

  private mutating func readPlain(appendingTo bytes: inout [UInt8], limit: Int) throws -> Int {
    guard unread.isEmpty else {
      let taken = unread.prefix(limit)
      bytes.append(contentsOf: buffer[taken])
      unread = taken.upperBound..<unread.upperBound
      return taken.count
    }
    guard !isAtEnd else { return 0 }
    let before = bytes.count
    try Self.read(file, appendingTo: &bytes, limit: limit)
    readByteCount += bytes.count - before
    isAtEnd = bytes.count == before && limit > 0
    return bytes.count - before
  }

  private mutating func refill() throws {
    buffer.removeAll(keepingCapacity: true)
    try Self.read(file, appendingTo: &buffer, limit: Self.bufferByteCount)
    unread = 0..<buffer.count
    readByteCount += buffer.count
    isAtEnd = buffer.isEmpty
  }

  /// Skips the zeros after a gzip member, with which tapes and block devices fill up, or after an xz
  /// stream, where they are fours; refuses what is neither padding nor another member or stream.
  ///
  /// - Throws: `FileError` (`read`), ``CorpusError`` (`damaged`).
  private mutating func skipPadding() throws {
    let magic: UInt8
    switch codingKind {
    case .gzip: magic = 0x1F
    case .xz: magic = 0xFD
    default: return
    }
    let start = fileOffset
    while true {
      let zeroCount = buffer[unread].prefix { $0 == 0 }.count
      unread = (unread.lowerBound + zeroCount)..<unread.upperBound
      fileOffset += zeroCount
      guard unread.isEmpty && !isAtEnd else { break }
      try refill()
    }
    // One byte alone may be a member that is cut.
    let isAligned = codingKind == .gzip || (fileOffset - start) % 4 == 0
    if isAligned, buffer[unread].first ?? magic == magic { return }
    #if !GOBBET_SMALL
      if codingKind == .xz {
        throw CorpusError(
          .damaged(
            "xz: after the last stream are bytes that are neither a stream nor fours of zeros"),
          path: file.path, offset: fileOffset)
      }
    #endif
    throw CorpusError(
      .damaged("gzip: after the last member are bytes that are neither a member nor zeros"),
      path: file.path, offset: fileOffset)
  }

  private mutating func decode(appendingTo bytes: inout [UInt8], limit: Int) throws {
    let unread = unread
    var step = DecodingStep(consumed: 0, produced: 0, endsFrame: isBetweenFrames)
    do {
      try bytes.append(addingCapacity: limit) { output throws(CorpusError) in
        // SAFETY: the buffers are valid in the closures; a decoder initialises the bytes that it
        // says it produced, right after those that are initialised.
        step = try unsafe output.withUnsafeMutableBufferPointer {
          target, count throws(CorpusError) in
          let room = unsafe UnsafeMutableRawBufferPointer(
            UnsafeMutableBufferPointer(rebasing: target[count...]))
          let step = try unsafe buffer.span.withUnsafeBytes { source throws(CorpusError) in
            try unsafe self.step(UnsafeRawBufferPointer(rebasing: source[unread]), into: room)
          }
          count += step.produced
          return step
        }
      }
    } catch {
      throw CorpusError(error.code, path: file.path, offset: fileOffset)
    }
    self.unread = (unread.lowerBound + step.consumed)..<unread.upperBound
    fileOffset += step.consumed
    isBetweenFrames = step.endsFrame
  }

  private func step(
    _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) throws(CorpusError) -> DecodingStep {
    switch coding {
    case .plain: DecodingStep(consumed: 0, produced: 0, endsFrame: true)
    case .gzip(let decoder):
      try unsafe decoder.decode(input, into: output, isStart: isBetweenFrames)
    case .zstd(let decoder): try unsafe decoder.decode(input, into: output)
    #if !GOBBET_SMALL
      case .bzip2(let decoder):
        try unsafe decoder.decode(input, into: output, isStart: isBetweenFrames)
      case .xz(let decoder):
        try unsafe decoder.decode(input, into: output, isStart: isBetweenFrames)
      case .lz4(let decoder): try unsafe decoder.decode(input, into: output)
    #endif
    }
  }

  /// Bytes in the input; nil where only reading tells.
  var byteCount: Int? { codingName == nil ? file.byteCount : nil }

  /// How the file is compressed.
  var codingKind: InputCoding {
    switch coding {
    case .plain: .plain
    case .gzip: .gzip
    case .zstd: .zstd
    #if !GOBBET_SMALL
      case .bzip2: .bzip2
      case .xz: .xz
      case .lz4: .lz4
    #endif
    }
  }

  /// The name of the compression; nil for none.
  private var codingName: String? { codingKind == .plain ? nil : codingKind.name }

  private static func read(
    _ file: borrowing InputFile, appendingTo bytes: inout [UInt8], limit: Int
  ) throws(FileError) {
    try bytes.append(addingCapacity: limit) { output throws(FileError) in
      // SAFETY: the closure's buffer is valid in it; `read` initialises the bytes that it counts,
      // right after those that are initialised.
      try unsafe output.withUnsafeMutableBufferPointer { target, count throws(FileError) in
        let room = unsafe UnsafeMutableRawBufferPointer(
          UnsafeMutableBufferPointer(rebasing: target[count...]))
        count += try unsafe file.read(into: room)
      }
    }
  }
}
