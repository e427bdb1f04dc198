#if !GOBBET_SMALL
  internal import CLZ4

  /// Decompresses lz4 frames, one after the other; skippable frames yield nothing.
  @safe struct LZ4Decoder: ~Copyable, Sendable {
    // SAFETY: made in `init` and freed in `deinit`; the only owner is this value, so that no two
    // threads use it at a time.
    private nonisolated(unsafe) let context: OpaquePointer

    init() throws(CorpusError) {
      var context: OpaquePointer?
      let status = unsafe LZ4F_createDecompressionContext(&context, UInt32(LZ4F_VERSION))
      guard LZ4F_isError(status) == 0, let context = unsafe context else {
        throw CorpusError(.outOfMemory)
      }
      unsafe self.context = context
    }

    deinit { unsafe LZ4F_freeDecompressionContext(context) }

    /// Decompresses from `input` into `output` until one of them is used up or a frame ends.
    ///
    /// - Throws: ``CorpusError`` (`damaged`).
    func decode(
      _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) throws(CorpusError) -> DecodingStep {
      var consumed = input.count
      var produced = output.count
      // SAFETY: the library reads and writes within the sizes given, and the buffers outlive the call.
      let status = unsafe LZ4F_decompress(
        context, output.baseAddress, &produced, input.baseAddress, &consumed, nil)
      guard LZ4F_isError(status) == 0 else {
        let message = unsafe String(cString: LZ4F_getErrorName(status))
        throw CorpusError(.damaged("lz4: \(message)"))
      }
      return DecodingStep(consumed: consumed, produced: produced, endsFrame: status == 0)
    }
  }
#endif
