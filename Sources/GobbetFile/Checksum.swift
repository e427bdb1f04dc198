internal import CGobbetKernels

/// The CRC-32C (Castagnoli) of `bytes`, continued from that of what comes before them.
///
/// - Complexity: O(n), by the processor's own instruction where it has one.
/// - Source: RFC 3720, appendix B.4, whose vectors a test holds.
public func crc32c(_ bytes: Span<UInt8>, continuing checksum: UInt32 = 0) -> UInt32 {
  unsafe bytes.withUnsafeBytes { buffer in
    // SAFETY: the kernel reads `count` bytes from `baseAddress`, and none where there are none.
    unsafe gobbet_crc32c(checksum, buffer.baseAddress, buffer.count)
  }
}
