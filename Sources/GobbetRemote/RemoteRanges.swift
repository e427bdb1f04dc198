internal import CGobbetCurl

#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// What an answer must have in common with the first of the same file.
struct RemoteStamp: Hashable, Sendable {
  /// Bytes of the file.
  let byteCount: Int
  /// ETag or Last-Modified; empty where the server says neither.
  let tag: String
}

/// Ranges of one file, and what of an answer is refused.
struct RemoteRanges: Sendable {
  let url: RemoteURL
  /// Lines of headers for each request.
  let headers: String
  private let transfers = TransferPool()

  private static let tries = 3
  private static let busy: Set<Int> = [408, 429, 500, 502, 503, 504]
  private static let download = "download the file, or serve it by what answers ranges"

  /// The bytes of `range`, and what the file is; fewer bytes only without a `stamp`, of a file that is
  /// shorter.
  ///
  /// What a broken connection or a busy server keeps from coming is asked for three times.
  func bytes(
    in range: Range<Int>, of stamp: RemoteStamp?
  ) throws(RemoteError) -> (bytes: [UInt8], stamp: RemoteStamp) {
    for attempt in 1..<Self.tries {
      do throws(RemoteError) {
        return try answer(range, stamp)
      } catch {
        guard Self.isPassing(error) else { throw error }
        usleep(useconds_t(100_000 * attempt * attempt))
      }
    }
    return try answer(range, stamp)
  }

  private static func isPassing(_ error: RemoteError) -> Bool {
    switch error.kind {
    case .connection, .torn: true
    case .status(let status): busy.contains(status)
    default: false
    }
  }

  private func answer(
    _ range: Range<Int>, _ stamp: RemoteStamp?
  ) throws(RemoteError) -> (bytes: [UInt8], stamp: RemoteStamp) {
    let wanted = stamp.map { range.clamped(to: 0..<$0.byteCount) } ?? range
    var bytes = [UInt8](repeating: 0, count: wanted.count)
    let answer = transfers.fetch(url.text, wanted, headers: headers, into: &bytes)
    if let failure = failure(answer, wanted) { throw failure }
    guard answer.status == 206 else {
      if answer.status == 416, stamp == nil, answer.contentRange == "bytes */0" {
        return ([], RemoteStamp(byteCount: 0, tag: answer.tag))
      }
      throw refusal(answer.status, wanted, isFirst: stamp == nil)
    }
    let found = try self.stamp(answer, wanted, isFirst: stamp == nil)
    guard stamp == nil || stamp == found else {
      throw fail(
        wanted, .changed,
        "the file is another than when it was opened, by its length, ETag or Last-Modified",
        "open it anew")
    }
    bytes.removeLast(bytes.count - answer.byteCount)
    return (bytes, found)
  }

  /// What the answer says of the file, which must be the range that was asked for.
  private func stamp(
    _ answer: Answer, _ wanted: Range<Int>, isFirst: Bool
  ) throws(RemoteError) -> RemoteStamp {
    guard answer.contentEncoding.isEmpty || answer.contentEncoding == "identity",
      let range = ContentRange(answer.contentRange)
    else {
      throw fail(
        wanted, .wrongLength,
        "an answer with the range \"\(answer.contentRange)\", or encoded", Self.download)
    }
    let expected = isFirst ? wanted.clamped(to: 0..<range.byteCount) : wanted
    guard range.bytes == expected || !isFirst && range.byteCount < wanted.upperBound else {
      throw fail(
        wanted, .wrongLength,
        "bytes \(range.bytes.lowerBound) to \(range.bytes.upperBound - 1) in answer to "
          + "\(wanted.lowerBound) to \(wanted.upperBound - 1)", Self.download)
    }
    guard answer.byteCount == expected.count || range.bytes != expected else {
      throw fail(
        wanted, .wrongLength,
        "\(answer.byteCount) bytes came, not \(expected.count)", Self.download)
    }
    return RemoteStamp(byteCount: range.byteCount, tag: answer.tag)
  }

  /// The error of an answer that did not come whole.
  private func failure(_ answer: Answer, _ range: Range<Int>) -> RemoteError? {
    switch answer.failure {
    case GOBBET_CURL_OK: nil
    case GOBBET_CURL_TORN where answer.status != 0:
      fail(
        range, .torn, "the answer ended after \(answer.byteCount) of \(range.count) bytes",
        "try again later")
    case GOBBET_CURL_TOO_LONG:
      fail(range, .wrongLength, "more than \(range.count) bytes came", Self.download)
    case GOBBET_CURL_REDIRECT_LOOP:
      fail(
        range, .redirectLoop, "redirects in a circle, or more than ten",
        "correct the URL, or the server")
    case GOBBET_CURL_SCHEME:
      fail(
        range, .redirectScheme, "a redirect to another scheme",
        "open the URL that it leads to, if you trust it")
    case GOBBET_CURL_CERTIFICATE:
      fail(
        range, .connection, "the certificate is refused: \(answer.message)",
        "trust its authority, or correct the URL")
    default: fail(range, .connection, "no answer: \(answer.message)", "try again later")
    }
  }

  /// The error of an answer whose status says that it isn't a range.
  private func refusal(_ status: Int, _ range: Range<Int>, isFirst: Bool) -> RemoteError {
    switch status {
    case 200:
      fail(range, .wholeFile, "the whole file in answer to a range (200)", Self.download)
    case 404, 410: fail(range, .notFound, "no such file (\(status))", "correct the URL")
    case 416:
      fail(
        range, isFirst ? .wrongLength : .changed, "the server says that the file ends before (416)",
        "open it anew")
    case 401, 403:
      fail(range, .status(status), "the server answered \(status)", "give credentials as headers")
    default:
      fail(
        range, .status(status), "the server answered \(status)",
        Self.busy.contains(status) ? "try again later" : "correct the URL, or the server")
    }
  }

  private func fail(
    _ range: Range<Int>, _ kind: RemoteError.Kind, _ reason: String, _ wayOut: String
  ) -> RemoteError {
    RemoteError(
      url: url.displayed, offset: range.lowerBound, kind: kind, reason: reason, wayOut: wayOut)
  }
}

/// The value of a header `Content-Range`: `bytes first-last/total`.
struct ContentRange {
  let bytes: Range<Int>
  /// Bytes of the file.
  let byteCount: Int

  init?(_ text: String) {
    let parts = text.split(separator: " ", maxSplits: 1)
    guard parts.count == 2, parts[0] == "bytes" else { return nil }
    let numbers = parts[1].split { $0 == "-" || $0 == "/" }.map { Int($0) ?? -1 }
    guard numbers.count == 3, numbers[0] >= 0, numbers[0] <= numbers[1], numbers[1] < numbers[2]
    else { return nil }
    bytes = numbers[0]..<(numbers[1] + 1)
    byteCount = numbers[2]
  }
}
