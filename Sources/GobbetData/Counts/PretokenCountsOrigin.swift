internal import GobbetFile

/// What a file of counts was counted from, and what was left out of it since.
public struct PretokenCountsOrigin: Hashable, Sendable {
  /// Documents counted.
  public var documentCount: UInt64 = 0
  /// Bytes of text in them.
  public var byteCount: UInt64 = 0
  /// Pretokens that were longer than the bound and counted in pieces.
  public var cutPretokenCount: UInt64 = 0
  /// Pretokens that occurred less often were left out; 1 if none were.
  ///
  /// Of merged files the greatest: what a part left out may be missing from the sum.
  public var minimumCount: UInt64 = 1
  /// How many pretokens were left out, added up over merged files.
  public var prunedPretokenCount: UInt64 = 0
  /// How often they occurred.
  public var prunedOccurrenceCount: UInt64 = 0

  /// Nothing counted, nothing left out.
  public init() {}

  /// What two files together were counted from; sums beyond 64 bits stay at the greatest number.
  public func merged(with other: PretokenCountsOrigin) -> PretokenCountsOrigin {
    func sum(_ field: KeyPath<PretokenCountsOrigin, UInt64>) -> UInt64 {
      let (sum, overflow) = self[keyPath: field].addingReportingOverflow(other[keyPath: field])
      return overflow ? .max : sum
    }
    var merged = PretokenCountsOrigin()
    merged.documentCount = sum(\.documentCount)
    merged.byteCount = sum(\.byteCount)
    merged.cutPretokenCount = sum(\.cutPretokenCount)
    merged.minimumCount = max(minimumCount, other.minimumCount)
    merged.prunedPretokenCount = sum(\.prunedPretokenCount)
    merged.prunedOccurrenceCount = sum(\.prunedOccurrenceCount)
    return merged
  }

  /// The fields as they stand in files.
  var content: [UInt8] {
    var content = ByteWriter()
    for field in [
      documentCount, byteCount, cutPretokenCount, minimumCount, prunedPretokenCount,
      prunedOccurrenceCount,
    ] { content.write(field) }
    return content.bytes
  }

  /// Reads the fields.
  @_lifetime(reader: copy reader)
  init(_ reader: inout ByteReader) throws(FormatError) {
    documentCount = try reader.read(UInt64.self, "counts.documentCount")
    byteCount = try reader.read(UInt64.self, "counts.byteCount")
    cutPretokenCount = try reader.read(UInt64.self, "counts.cutPretokenCount")
    minimumCount = try reader.read(UInt64.self, "counts.minimumCount")
    prunedPretokenCount = try reader.read(UInt64.self, "counts.prunedPretokenCount")
    prunedOccurrenceCount = try reader.read(UInt64.self, "counts.prunedOccurrenceCount")
  }
}
