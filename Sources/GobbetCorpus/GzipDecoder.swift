internal import CGobbetZlib

/// What one step of decompressing did.
struct DecodingStep {
  /// Bytes of the input that were used.
  let consumed: Int
  /// Bytes of the output that were filled.
  let produced: Int
  /// Whether a frame or member ended there; the next input, if any, begins another.
  let endsFrame: Bool
}

/// Decompresses gzip members, one after the other.
@safe struct GzipDecoder: ~Copyable, Sendable {
  // SAFETY: allocated in `init` and freed in `deinit`; the only owner is this value, so that no two
  // threads use it at a time. zlib needs it to stay where it is.
  private nonisolated(unsafe) let stream: UnsafeMutablePointer<z_stream>

  init() throws(CorpusError) {
    let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    unsafe stream.initialize(to: z_stream())
    // 15 for the largest window, 16 for gzip and nothing else.
    let size = unsafe CInt(MemoryLayout<z_stream>.size)
    guard unsafe inflateInit2_(stream, 15 + 16, ZLIB_VERSION, size) == Z_OK else {
      unsafe stream.deallocate()
      throw CorpusError(.outOfMemory)
    }
    unsafe self.stream = stream
  }

  deinit {
    unsafe inflateEnd(stream)
    unsafe stream.deallocate()
  }

  /// Decompresses from `input` into `output` until one of them is used up or a member ends.
  ///
  /// - Throws: ``CorpusError`` (`damaged`).
  func decode(
    _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer, isStart: Bool
  ) throws(CorpusError) -> DecodingStep {
    if isStart { unsafe inflateReset(stream) }
    // zlib counts in 32 bits.
    let inputCount = min(input.count, Int(CInt.max))
    let outputCount = min(output.count, Int(CInt.max))
    // SAFETY: zlib only reads what `next_in` points to, and the two buffers outlive the call.
    unsafe stream.pointee.next_in = UnsafeMutablePointer(
      mutating: input.baseAddress?.assumingMemoryBound(to: UInt8.self))
    unsafe stream.pointee.avail_in = UInt32(inputCount)
    unsafe stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
    unsafe stream.pointee.avail_out = UInt32(outputCount)
    let status = unsafe inflate(stream, Z_NO_FLUSH)
    guard status == Z_OK || status == Z_STREAM_END || status == Z_BUF_ERROR else {
      let message = unsafe stream.pointee.msg.map { unsafe String(cString: $0) }
      throw CorpusError(.damaged("gzip: \(message ?? "error \(status)")"))
    }
    return DecodingStep(
      consumed: inputCount - Int(unsafe stream.pointee.avail_in),
      produced: outputCount - Int(unsafe stream.pointee.avail_out),
      endsFrame: status == Z_STREAM_END)
  }
}
