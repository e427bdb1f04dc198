public import GobbetFile
internal import Synchronization

/// A file behind HTTP or HTTPS, of which only the ranges are fetched that are read.
///
///     let file = try RemoteFile(url: "https://example.org/corpus.gobbet")
///     let dataset = try TokenDataset([ContainerReader(file, named: file.displayedURL)])
///
/// Everything that the formats check is checked as in a local file. An answer must be the range that was
/// asked for, of the same file as the first answer. Redirects are followed to the same scheme. Safe to use
/// from many threads.
public final class RemoteFile: ByteSource {
  /// Bytes of the file.
  public let byteCount: Int
  /// The URL without user, password and query.
  public let displayedURL: String
  private let ranges: RemoteRanges
  private let stamp: RemoteStamp
  private let cache: Mutex<RangeCache>

  /// Bytes that are fetched for a short read: headers, tables and paddings lie close together.
  private static let pageByteCount = 8 << 10
  /// What is no longer than this is a field.
  private static let fieldByteCount = 1 << 10
  /// The most bytes of one request.
  private static let requestByteCount = 8 << 20

  /// Opens the file at `url` by fetching its first 8 KiB.
  ///
  /// `headers` are lines as `Authorization: Bearer …`, for each request. Ranges that were read last are
  /// kept, up to `cacheByteBudget`.
  /// - Throws: ``RemoteError``.
  public init(
    url: String, headers: [String] = [], cacheByteBudget: Int = 16 << 20
  ) throws(RemoteError) {
    let url = RemoteURL(text: url)
    displayedURL = url.displayed
    guard url.isSupported else {
      throw RemoteError(
        url: url.displayed, offset: 0, kind: .unsupportedURL, reason: "neither HTTP nor HTTPS",
        wayOut: "copy the file to this machine")
    }
    ranges = RemoteRanges(url: url, headers: headers.joined(separator: "\n"))
    let (bytes, stamp) = try ranges.bytes(in: 0..<Self.pageByteCount, of: nil)
    self.stamp = stamp
    byteCount = stamp.byteCount
    var cache = RangeCache(byteBudget: cacheByteBudget)
    cache.keep(bytes, from: 0)
    self.cache = Mutex(cache)
  }

  /// The bytes of `range`, out of those that are kept or from the server.
  ///
  /// - Precondition: `range` lies in `0..<byteCount`.
  /// - Throws: ``RemoteError``.
  public func bytes(in range: Range<Int>) throws(RemoteError) -> [UInt8] {
    precondition(
      range.lowerBound >= 0 && range.upperBound <= byteCount, "RemoteFile: not in the file")
    if range.isEmpty { return [] }
    if let kept = cache.withLock({ $0.bytes(in: range) }) { return kept }
    guard range.count <= Self.fieldByteCount else { return try fetched(range) }
    let size = Self.pageByteCount
    let first = range.lowerBound / size * size
    let last = min((range.upperBound + size - 1) / size * size, byteCount)
    let page = try fetched(first..<last)
    return Array(page[(range.lowerBound - first)..<(range.upperBound - first)])
  }

  private func fetched(_ range: Range<Int>) throws(RemoteError) -> [UInt8] {
    guard range.count > Self.requestByteCount else {
      let bytes = try ranges.bytes(in: range, of: stamp).bytes
      cache.withLock { $0.keep(bytes, from: range.lowerBound) }
      return bytes
    }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(range.count)
    for start in stride(from: range.lowerBound, to: range.upperBound, by: Self.requestByteCount) {
      let end = min(range.upperBound, start + Self.requestByteCount)
      bytes += try ranges.bytes(in: start..<end, of: stamp).bytes
    }
    return bytes
  }
}
