#if !GOBBET_SMALL
  internal import CLZMA

  /// Decompresses xz streams, one after the other.
  ///
  /// A stream may ask for 256 MiB of memory, four times what `xz -9` makes ask for.
  @safe struct XZDecoder: ~Copyable, Sendable {
    // SAFETY: allocated in `init` and freed in `deinit`; the only owner is this value, so that no two
    // threads use it at a time. The library needs it to stay where it is.
    private nonisolated(unsafe) let stream: UnsafeMutablePointer<lzma_stream>

    private static let memoryLimit: UInt64 = 256 << 20
    /// `LZMA_TELL_UNSUPPORTED_CHECK`, which Swift doesn't import.
    private static let tellsUnsupportedCheck: UInt32 = 0x02

    init() throws(CorpusError) {
      let stream = UnsafeMutablePointer<lzma_stream>.allocate(capacity: 1)
      unsafe stream.initialize(to: lzma_stream())
      unsafe self.stream = stream
      try begin()
    }

    deinit {
      unsafe lzma_end(stream)
      unsafe stream.deallocate()
    }

    private func begin() throws(CorpusError) {
      let status = unsafe lzma_stream_decoder(
        stream, Self.memoryLimit, Self.tellsUnsupportedCheck)
      guard status == LZMA_OK else { throw CorpusError(.outOfMemory) }
    }

    /// Decompresses from `input` into `output` until one of them is used up or a stream ends.
    ///
    /// - Throws: ``CorpusError`` (`damaged`, `outOfMemory`).
    func decode(
      _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer, isStart: Bool
    ) throws(CorpusError) -> DecodingStep {
      if isStart { try begin() }
      // SAFETY: the two buffers outlive the call.
      unsafe stream.pointee.next_in = input.baseAddress?.assumingMemoryBound(to: UInt8.self)
      unsafe stream.pointee.avail_in = input.count
      unsafe stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
      unsafe stream.pointee.avail_out = output.count
      let status = unsafe lzma_code(stream, LZMA_RUN)
      guard status == LZMA_OK || status == LZMA_STREAM_END || status == LZMA_BUF_ERROR else {
        throw Self.error(status)
      }
      return DecodingStep(
        consumed: input.count - (unsafe stream.pointee.avail_in),
        produced: output.count - (unsafe stream.pointee.avail_out),
        endsFrame: status == LZMA_STREAM_END)
    }

    private static func error(_ status: lzma_ret) -> CorpusError {
      switch status {
      case LZMA_MEM_ERROR: CorpusError(.outOfMemory)
      case LZMA_MEMLIMIT_ERROR:
        CorpusError(.damaged("xz: needs more than \(memoryLimit >> 20) MiB of memory"))
      case LZMA_FORMAT_ERROR: CorpusError(.damaged("xz: no stream begins here"))
      case LZMA_OPTIONS_ERROR, LZMA_UNSUPPORTED_CHECK:
        CorpusError(.damaged("xz: options that the library does not know"))
      default: CorpusError(.damaged("xz: damaged data"))
      }
    }
  }
#endif
