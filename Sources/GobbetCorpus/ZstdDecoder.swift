internal import CGobbetZstd

/// Decompresses zstd frames, one after the other; skippable frames yield nothing.
///
/// Windows of up to 128 MiB, as the `zstd` command accepts without being asked for more.
@safe struct ZstdDecoder: ~Copyable, Sendable {
  // SAFETY: made in `init` and freed in `deinit`; the only owner is this value, so that no two
  // threads use it at a time.
  private nonisolated(unsafe) let context: OpaquePointer

  init() throws(CorpusError) {
    guard let context = unsafe ZSTD_createDCtx() else { throw CorpusError(.outOfMemory) }
    unsafe self.context = context
  }

  deinit { unsafe ZSTD_freeDCtx(context) }

  /// Decompresses from `input` into `output` until one of them is used up or a frame ends.
  ///
  /// - Throws: ``CorpusError`` (`damaged`).
  func decode(
    _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) throws(CorpusError) -> DecodingStep {
    // SAFETY: zstd reads and writes within the sizes given, and the two buffers outlive the call.
    var source = unsafe ZSTD_inBuffer(src: input.baseAddress, size: input.count, pos: 0)
    var target = unsafe ZSTD_outBuffer(dst: output.baseAddress, size: output.count, pos: 0)
    let status = unsafe ZSTD_decompressStream(context, &target, &source)
    guard ZSTD_isError(status) == 0 else {
      let message = unsafe String(cString: ZSTD_getErrorName(status))
      throw CorpusError(.damaged("zstd: \(message)"))
    }
    return unsafe DecodingStep(
      consumed: source.pos, produced: target.pos, endsFrame: status == 0)
  }
}
