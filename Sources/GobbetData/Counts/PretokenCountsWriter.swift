public import GobbetBPE
public import GobbetFile

/// Writes counted pretokens, in rising order of bytes, into one file.
public struct PretokenCountsWriter: ~Copyable {
  /// What the pretokens were counted from; written at the end.
  public var origin: PretokenCountsOrigin {
    get { header.origin }
    set { header.origin = newValue }
  }
  private var container: ContainerWriter
  private var header: PretokenCountsHeader
  private var previous: [UInt8] = []
  /// Entries that are not yet in the file.
  private var pending = ByteWriter()

  /// Begins a file that appears at `path` when it is finished.
  ///
  /// - Throws: `FileError` if the file cannot be made.
  public init(path: String, pattern: SplitPattern, replacing: Bool = false) throws {
    var container = try ContainerWriter(path: path, profile: .counts, replacing: replacing)
    try container.begin(.counts, level: 3)
    self.container = container
    header = PretokenCountsHeader(pattern: pattern)
  }

  /// Adds a pretoken after the others.
  ///
  /// - Precondition: `pretoken` is not empty, comes after the one before it in the order of bytes,
  ///   and is at most 65,535 bytes long; `count` is not zero.
  /// - Throws: `FileError`.
  public mutating func append(_ pretoken: Span<UInt8>, count: UInt64) throws {
    var shared = 0
    while shared < min(previous.count, pretoken.count), previous[shared] == pretoken[shared] {
      shared += 1
    }
    let isNext =
      shared < pretoken.count
      && (shared == previous.count || previous[shared] < pretoken[shared])
    precondition(
      isNext && pretoken.count <= PretokenCountsHeader.maximumPretokenByteCount && count > 0,
      "PretokenCountsWriter: not the next pretoken")
    let rest = pretoken.extracting(shared...)
    pending.writeVariable(shared)
    pending.writeVariable(rest.count)
    previous.removeSubrange(shared...)
    unsafe rest.withUnsafeBufferPointer {
      unsafe pending.write($0)
      unsafe previous.append(contentsOf: $0)
    }
    pending.writeGroups(count)
    header.uniqueCount += 1
    if pending.bytes.count >= 1 << 16 {
      try container.append(pending.bytes)
      pending = ByteWriter()
    }
  }

  /// Writes what is left, and puts the file under its name; returns its content id.
  ///
  /// - Throws: `FileError`.
  @discardableResult
  public mutating func finish() throws -> ContentDigest {
    try container.append(pending.bytes)
    try container.end()
    try container.add(.countsHeader, header.content, level: nil)
    return try container.finish()
  }
}

extension PretokenCountsWriter {
  /// Writes all pretokens of sorted runs, with the sums of their counts, to one file.
  ///
  /// One pretoken of each run is in memory at a time.
  /// - Throws: `TrainingError` (`countsTooLarge`) if a sum does not fit 64 bits; `FileError`;
  ///   what a run throws.
  public static func merge(
    _ runs: [any PretokenRun], to path: String, pattern: SplitPattern,
    origin: PretokenCountsOrigin = PretokenCountsOrigin(), replacing: Bool = false
  ) throws {
    var writer = try PretokenCountsWriter(path: path, pattern: pattern, replacing: replacing)
    writer.origin = origin
    try MergedPretokens(runs).forEachPretoken { try writer.append($0, count: $1) }
    try writer.finish()
  }
}
