#if !GOBBET_SMALL
  internal import CBzip2

  /// Decompresses bzip2 streams, one after the other.
  @safe struct Bzip2Decoder: ~Copyable, Sendable {
    // SAFETY: allocated in `init` and freed in `deinit`; the only owner is this value, so that no two
    // threads use it at a time. The library needs it to stay where it is.
    private nonisolated(unsafe) let stream: UnsafeMutablePointer<bz_stream>

    init() throws(CorpusError) {
      let stream = UnsafeMutablePointer<bz_stream>.allocate(capacity: 1)
      unsafe stream.initialize(to: bz_stream())
      guard unsafe BZ2_bzDecompressInit(stream, 0, 0) == BZ_OK else {
        unsafe stream.deallocate()
        throw CorpusError(.outOfMemory)
      }
      unsafe self.stream = stream
    }

    deinit {
      unsafe BZ2_bzDecompressEnd(stream)
      unsafe stream.deallocate()
    }

    /// Decompresses from `input` into `output` until one of them is used up or a stream ends.
    ///
    /// - Throws: ``CorpusError`` (`damaged`, `outOfMemory`).
    func decode(
      _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer, isStart: Bool
    ) throws(CorpusError) -> DecodingStep {
      if isStart {
        unsafe BZ2_bzDecompressEnd(stream)
        guard unsafe BZ2_bzDecompressInit(stream, 0, 0) == BZ_OK else {
          throw CorpusError(.outOfMemory)
        }
      }
      // The library counts in 32 bits.
      let inputCount = min(input.count, Int(CInt.max))
      let outputCount = min(output.count, Int(CInt.max))
      // SAFETY: the library only reads what `next_in` points to, and the two buffers outlive the call.
      unsafe stream.pointee.next_in = UnsafeMutablePointer(
        mutating: input.baseAddress?.assumingMemoryBound(to: CChar.self))
      unsafe stream.pointee.avail_in = UInt32(inputCount)
      unsafe stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: CChar.self)
      unsafe stream.pointee.avail_out = UInt32(outputCount)
      let status = unsafe BZ2_bzDecompress(stream)
      guard status == BZ_OK || status == BZ_STREAM_END else {
        if status == BZ_MEM_ERROR { throw CorpusError(.outOfMemory) }
        let what = status == BZ_DATA_ERROR_MAGIC ? "no stream begins here" : "damaged data"
        throw CorpusError(.damaged("bzip2: \(what)"))
      }
      return DecodingStep(
        consumed: inputCount - Int(unsafe stream.pointee.avail_in),
        produced: outputCount - Int(unsafe stream.pointee.avail_out),
        endsFrame: status == BZ_STREAM_END)
    }
  }
#endif
