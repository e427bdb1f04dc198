internal import CGobbetCurl
internal import Synchronization

/// The transfers of a file, each with its connection, that wait for their next range.
final class TransferPool: Sendable {
  private let idle = Mutex<[Transfer]>([])

  /// Fetches the range `first-last`, which `buffer` is for, by a transfer that nobody else uses.
  func fetch(
    _ url: String, _ range: Range<Int>, headers: String, into bytes: inout [UInt8]
  ) -> Answer {
    let transfer = idle.withLock { $0.popLast() } ?? Transfer()
    defer { idle.withLock { $0.append(transfer) } }
    return transfer.fetch(url, range, headers: headers, into: &bytes)
  }
}

/// An answer, but for its body.
struct Answer {
  let failure: gobbet_curl_failure
  let message: String
  let status: Int
  let byteCount: Int
  let contentRange: String
  let contentEncoding: String
  /// The ETag, or Last-Modified where there is none.
  let tag: String
}

/// A transfer of libcurl's; one thread at a time uses it.
@safe final class Transfer: Sendable {
  // SAFETY: set once; the pool gives the transfer to one caller at a time.
  private nonisolated(unsafe) let transfer: UnsafeMutableRawPointer?

  init() { unsafe transfer = gobbet_curl_make() }

  deinit { unsafe gobbet_curl_free(transfer) }

  /// Fetches a range into `bytes`, which has room for it.
  func fetch(
    _ url: String, _ range: Range<Int>, headers: String, into bytes: inout [UInt8]
  ) -> Answer {
    var answer = gobbet_curl_answer()
    guard let transfer = unsafe transfer else {
      return Answer(
        failure: GOBBET_CURL_OTHER, message: "no memory", status: 0, byteCount: 0,
        contentRange: "", contentEncoding: "", tag: "")
    }
    // SAFETY: texts, buffer and answer live until the call returns, which writes no more than `count`.
    unsafe bytes.withUnsafeMutableBufferPointer { buffer in
      unsafe gobbet_curl_fetch(
        transfer, url, "\(range.lowerBound)-\(range.upperBound - 1)", headers, buffer.baseAddress,
        buffer.count, &answer)
    }
    let tag = text(answer.etag)
    return Answer(
      failure: answer.failure, message: text(answer.message), status: answer.status,
      byteCount: answer.byte_count, contentRange: text(answer.content_range),
      contentEncoding: text(answer.content_encoding),
      tag: tag.isEmpty ? text(answer.last_modified) : tag)
  }
}

/// The text in an array of C, which ends in a zero byte.
private func text<Array>(_ array: Array) -> String {
  // SAFETY: an array of characters has no padding.
  unsafe withUnsafeBytes(of: array) { bytes in
    unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
  }
}
