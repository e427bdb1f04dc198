internal import GobbetFile
internal import Synchronization

/// Decompressors for whoever needs one: making one costs a good part of decompressing a block.
final class DecompressorPool: Sendable {
  private final class Slot: Sendable {
    let decompressor = Mutex<Decompressor?>(nil)
  }

  private let slots = (0..<8).map { _ in Slot() }
  private let checksContent: Bool

  /// Creates a pool of decompressors that check zstd's checksums of what they decode if
  /// `checksContent` says so.
  init(checksContent: Bool) { self.checksContent = checksContent }

  /// The content of `frame`, which must be `byteCount` bytes.
  ///
  /// - Throws: `FormatError` (`damaged`) at offset 0, called `field`.
  func decompressed(
    _ frame: Span<UInt8>, byteCount: Int, field: String
  ) throws(FormatError) -> [UInt8] {
    for slot in slots {
      let result = slot.decompressor.withLockIfAvailable { kept in
        let decompressor = kept ?? Decompressor(checksContent: checksContent)
        kept = decompressor
        return Self.result(decompressor, frame, byteCount, field)
      }
      if let result { return try result.get() }
    }
    let decompressor = Decompressor(checksContent: checksContent)
    return try Self.result(decompressor, frame, byteCount, field).get()
  }

  private static func result(
    _ decompressor: Decompressor, _ frame: Span<UInt8>, _ byteCount: Int, _ field: String
  ) -> Result<[UInt8], FormatError> {
    var failure: FormatError?
    // SAFETY: both buffers are valid for the call, which fills the new one or fails.
    let content = unsafe [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, count in
      do throws(FormatError) {
        try unsafe frame.withUnsafeBytes { frame throws(FormatError) in
          try unsafe decompressor.decompress(
            frame,
            into: UnsafeMutableRawBufferPointer(
              UnsafeMutableBufferPointer(rebasing: buffer[..<byteCount])),
            field: field)
        }
        count = byteCount
      } catch {
        failure = error
      }
    }
    return failure.map { .failure($0) } ?? .success(content)
  }
}
