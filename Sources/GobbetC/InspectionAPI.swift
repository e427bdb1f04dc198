// Documented in gobbet.h.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

public import CGobbet
internal import Gobbet
internal import GobbetFile
internal import GobbetInterchange
internal import GobbetSystem

/// What a call found out, as JSON.
private final class ReportHandle: Sendable {
  let text: [UInt8]

  init(_ reports: [JSONReport]) { text = Array(reports.map(\.bytes).joined(separator: [0x0A])) }
}

/// Where a caller sees how far a call is, and ends it.
private struct CallProgress: @unchecked Sendable {
  let place: UnsafeMutablePointer<gobbet_progress>?

  /// Says how many bytes of all are done.
  ///
  /// - Throws: ``CallError`` once the caller has asked for an end.
  func report(_ done: Int, _ total: Int) throws {
    guard let place else { return }
    // SAFETY: the caller lends it for the length of the call; aligned numbers of a word are written whole.
    place.pointee.done = UInt64(done)
    place.pointee.total = UInt64(total)
    if place.pointee.stop != 0 {
      throw CallError(status: gobbet_status(GOBBET_INTERRUPTED), description: "was ended")
    }
  }
}

@c @implementation
public func gobbet_inspect(
  _ path: UnsafePointer<CChar>?, _ options: UnsafePointer<CChar>?,
  _ progress: UnsafeMutablePointer<gobbet_progress>?,
  _ report: UnsafeMutablePointer<OpaquePointer?>?, _ error: UnsafeMutablePointer<gobbet_error>?
) -> gobbet_status {
  reporting(to: error) {
    let handle = try asCommand { () throws -> ReportHandle in
      try inspected(
        try text(path, "path"), CallOptions(options), CallProgress(place: progress))
    }
    try deliver(handle, to: report, "report")
  }
}

@c @implementation
public func gobbet_verify(
  _ path: UnsafePointer<CChar>?, _ publicKey: UnsafePointer<UInt8>?,
  _ progress: UnsafeMutablePointer<gobbet_progress>?,
  _ report: UnsafeMutablePointer<OpaquePointer?>?, _ error: UnsafeMutablePointer<gobbet_error>?
) -> gobbet_status {
  reporting(to: error) {
    let path = try text(path, "path")
    let key = publicKey.map { Array(UnsafeBufferPointer(start: $0, count: 32)) }
    let progress = CallProgress(place: progress)
    let reports = try VerificationInput.all(at: path).map { try verified($0, key, progress) }
    try deliver(ReportHandle(reports.map(\.json)), to: report, "report")
  }
}

@c @implementation
public func gobbet_report_text(
  _ report: OpaquePointer?, _ text: UnsafeMutablePointer<UInt8>?, _ capacity: Int,
  _ count: UnsafeMutablePointer<Int>?, _ error: UnsafeMutablePointer<gobbet_error>?
) -> gobbet_status {
  reporting(to: error) {
    let handle = try object(report, ReportHandle.self, "report")
    let content = handle.text
    try deliver(content.span, to: text, capacity, count, "text")
  }
}

@c @implementation
public func gobbet_report_close(_ report: OpaquePointer?) {
  HandleTable.shared.remove(report, as: ReportHandle.self)
}

private func verified(
  _ input: VerificationInput, _ key: [UInt8]?, _ progress: CallProgress
) throws -> VerificationReport {
  do {
    let verification = try FileVerification(
      input.opened(), signedBy: key, onThreads: onThreads
    ) { try progress.report($0, $1) }
    return VerificationReport(input.path, verification)
  } catch {
    // Neither says what is in the file.
    if error is FileError || error is CallError { throw error }
    return VerificationReport(input.path, fault: error)
  }
}

private func inspected(
  _ path: String, _ options: CallOptions, _ progress: CallProgress
) throws -> ReportHandle {
  var options = options
  let listsTensors = try options.flag("tensors")
  let key = try options.string("key")
  try options.finish()
  let listing: InspectionReport.Progress? =
    listsTensors ? { try progress.report($0, $1) } : nil
  let inspection = try FileInspection(OpenedFile(path), key: key, listingTensors: listing)
  return ReportHandle([inspection.json])
}

/// What `body` returns; its errors have the words and the statuses of the command.
private func asCommand<Value>(_ body: () throws -> Value) throws -> Value {
  do {
    return try body()
  } catch let error as ConversionOptionError {
    throw CallError.invalid("--\(error)")
  } catch {
    guard status(of: error) == gobbet_status(GOBBET_INTERNAL) else { throw error }
    throw CallError(status: gobbet_status(GOBBET_BAD_DATA), description: "\(error)")
  }
}
