public import GobbetBPE
public import GobbetFile

/// A file of counted pretokens, read from its front as often as wanted.
public struct PretokenCountsFile: PretokenRun, PretokenSource {
  /// The file.
  public let path: String
  /// How the texts were cut.
  public let pattern: SplitPattern
  /// How many pretokens there are.
  public let uniqueCount: Int
  /// What they were counted from, and what was left out since.
  public let origin: PretokenCountsOrigin
  private let container: ContainerReader
  private let payload: ContainerSection

  /// Opens the file at `path`.
  ///
  /// - Throws: `FormatError` if it holds no counts or is damaged; `FileError`.
  public init(path: String) throws {
    try self.init(ContainerReader(path: path))
  }

  /// Opens a file that this process wrote, whose pretokens may take any number of bytes.
  package init(ownFile path: String) throws {
    try self.init(ContainerReader(path: path, indexBudget: .max))
  }

  /// The counts in an open container.
  ///
  /// - Throws: as ``init(path:)``, and what the container's source throws.
  public init(_ container: ContainerReader) throws {
    try container.requireKnownSections()
    self.container = container
    path = container.path
    payload = try container.requiredSection(.counts)
    let header = try container.parsed(.countsHeader) { content throws(FormatError) in
      try PretokenCountsHeader(content)
    }
    pattern = header.pattern
    uniqueCount = header.uniqueCount
    origin = header.origin
  }

  /// A reader at the first pretoken; holds about a block of the file in memory.
  public func makeReader() -> any PretokenRunReader {
    PretokenCountsFileReader(container, payload, uniqueCount: uniqueCount)
  }

  /// Calls `body` with every pretoken and its count, in rising order of bytes.
  ///
  /// - Throws: `FormatError` if the file is damaged; `FileError`; what `body` throws.
  public func forEachPretoken(
    _ body: (_ bytes: Span<UInt8>, _ count: UInt64) throws -> Void
  ) throws {
    var reader = makeReader()
    var pretoken: [UInt8] = []
    while let count = try reader.next(&pretoken) { try body(pretoken.span, count) }
  }
}

/// A place in a file of counts.
private struct PretokenCountsFileReader: PretokenRunReader {
  /// Bytes that hold any entry whole: three numbers and the longest pretoken.
  private static let entryByteCount = 30 + PretokenCountsHeader.maximumPretokenByteCount

  private let container: ContainerReader
  private let payload: ContainerSection
  private var remainingCount: Int
  private var previous: [UInt8] = []
  /// Bytes of the pretokens so far, each whole.
  private var pretokenByteCount = 0
  /// How many there may be: a pretoken can stand for the whole of the one before in a byte or two.
  private let pretokenByteLimit: Int
  /// Read but not parsed are the bytes from `start` on.
  private var buffer: [UInt8] = []
  private var start = 0
  /// Bytes of the payload that were read.
  private var end = 0

  init(_ container: ContainerReader, _ payload: ContainerSection, uniqueCount: Int) {
    self.container = container
    self.payload = payload
    remainingCount = uniqueCount
    pretokenByteLimit =
      container.givenIndexBudget
      ?? PretokenCountsHeader.leastPretokenByteLimit
      + PretokenCountsHeader.pretokenBytesPerStoredByte * payload.storedByteCount
  }

  mutating func next(_ pretoken: inout [UInt8]) throws -> UInt64? {
    if buffer.count - start < Self.entryByteCount, end < payload.byteCount { try fill() }
    do throws(FormatError) {
      guard remainingCount > 0 else {
        guard start == buffer.count else { throw Self.damaged("more than the header says", 0) }
        return nil
      }
      let bytes = buffer
      var reader = ByteReader(bytes.span.extracting(start...))
      let shared = try reader.readVariable("counts.shared")
      let restCount = try reader.readVariable("counts.restCount")
      let rest = try reader.readBytes(restCount, "counts.rest")
      let count = try reader.readGroups("counts.count")
      guard shared <= previous.count, count > 0, let first = rest.first,
        shared == previous.count || previous[shared] < first,
        rest.count <= PretokenCountsHeader.maximumPretokenByteCount - shared
      else { throw Self.damaged("not the next pretoken", 0) }
      previous.removeSubrange(shared...)
      previous += rest
      pretokenByteCount += previous.count
      guard pretokenByteCount <= pretokenByteLimit else {
        throw FormatError(
          code: .overIndexBudget(needed: pretokenByteCount, budget: pretokenByteLimit), offset: 0,
          field: "counts.pretoken")
      }
      start += reader.offset
      remainingCount -= 1
      pretoken.removeAll(keepingCapacity: true)
      pretoken += previous
      return count
    } catch {
      throw error.located(
        at: payload.payloadOffset + end - (buffer.count - start), in: container.path)
    }
  }

  private mutating func fill() throws {
    let next = min(payload.byteCount, (end / payload.blockByteCount + 1) * payload.blockByteCount)
    buffer.removeFirst(start)
    buffer += try container.bytes(of: payload, in: end..<next)
    start = 0
    end = next
  }

  private static func damaged(_ reason: String, _ offset: Int) -> FormatError {
    FormatError(code: .damaged(reason), offset: offset, field: "counts.pretoken")
  }
}
