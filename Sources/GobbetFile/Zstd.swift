internal import CGobbetZstd
internal import GobbetSystem

/// libzstd, as a maker of frames.
///
/// Belongs to one thread. The frames are the same for the same bytes, settings and version of
/// libzstd.
@safe package final class ZstdFrames: FrameMaker {
  private let context: OpaquePointer

  /// Frames at zstd's `level`; `minMatch` is the shortest match it looks for, 0 for the level's own.
  ///
  /// With `checksum` each frame ends with zstd's checksum of its content.
  package init(level: Int, minMatch: Int, checksum: Bool) {
    // SAFETY: the context is freed in `deinit` only; setting parameters reads and writes it alone.
    guard let context = unsafe ZSTD_createCCtx() else {
      preconditionFailure("ZstdFrames: no memory for a context")
    }
    unsafe self.context = context
    unsafe ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, Int32(level))
    unsafe ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, 1)
    unsafe ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, checksum ? 1 : 0)
    // A level's own window may be larger; `Spec/Container.md` bounds it.
    if level > 17 {
      unsafe ZSTD_CCtx_setParameter(
        context, ZSTD_c_windowLog, Int32(FormatLimits.maximumBlockByteCount.trailingZeroBitCount))
    }
    if minMatch > 0 {
      unsafe ZSTD_CCtx_setParameter(context, ZSTD_c_minMatch, Int32(minMatch))
    }
  }

  /// Frames of single bytes coded by their frequencies, with hardly any matches.
  convenience init(literalsOnly: Void, checksum: Bool) {
    self.init(level: 1, minMatch: 7, checksum: checksum)
    // SAFETY: as in the other initializer. With a hash table of 64 entries there are few matches to
    // find by chance; each would cost more than the literals that it stands for.
    unsafe ZSTD_CCtx_setParameter(context, ZSTD_c_strategy, CInt(ZSTD_fast.rawValue))
    unsafe ZSTD_CCtx_setParameter(context, ZSTD_c_hashLog, 6)
  }

  deinit { unsafe ZSTD_freeCCtx(context) }

  package func append(frameOf content: Span<UInt8>, to output: inout [UInt8]) {
    let bound = ZSTD_compressBound(content.count)
    output.append(addingCapacity: bound) { span in
      // SAFETY: zstd reads `content` and writes at most `bound` bytes, for which there is room behind
      // those that are initialised; it says how many it has written.
      unsafe span.withUnsafeMutableBufferPointer { buffer, count in
        let room = unsafe UnsafeMutableBufferPointer(rebasing: buffer[count...])
        let written = unsafe content.withUnsafeBytes { content in
          unsafe ZSTD_compress2(
            context, room.baseAddress, bound, content.baseAddress, content.count)
        }
        // With room for the bound and valid parameters zstd fails only for want of memory.
        precondition(ZSTD_isError(written) == 0, "ZstdFrames: no memory")
        count += written
      }
    }
  }
}

/// Reads the zstd frames that a ``Compressor`` makes, and refuses others.
///
/// Belongs to one thread.
@safe public final class Decompressor {
  private let context: OpaquePointer

  /// A decompressor; without `checksContent` it leaves out zstd's checksum of the content where a
  /// frame has one, if this libzstd can.
  ///
  /// The checksum of the stored bytes has then to be enough. Computing zstd's takes 7 to 13 % of the
  /// time that decoding tokens and exponents takes.
  public init(checksContent: Bool = true) {
    // SAFETY: the context is freed in `deinit` only; setting a parameter reads and writes it alone.
    guard let context = unsafe ZSTD_createDCtx() else {
      preconditionFailure("Decompressor: no memory for a context")
    }
    unsafe self.context = context
    // What zstd.h calls ZSTD_d_forceIgnoreChecksum; a libzstd that does not know it checks on.
    if !checksContent { unsafe ZSTD_DCtx_setParameter(context, ZSTD_d_experimentalParam3, 1) }
  }

  deinit { unsafe ZSTD_freeDCtx(context) }

  /// Appends the content of `frame`, which must be `byteCount` bytes, to `output`.
  ///
  /// Nothing is allocated before the frame itself says that it is alone and of this size.
  /// - Throws: ``FormatError`` (`damaged`) at offset 0, called `field`.
  public func decompress(
    _ frame: Span<UInt8>, byteCount: Int, into output: inout [UInt8], field: String
  ) throws(FormatError) {
    try check(frame, byteCount, field)
    var failure: String?
    // SAFETY: zstd reads `frame` and writes at most `byteCount` bytes into the new buffer.
    let content = unsafe [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, count in
      let result = unsafe frame.withUnsafeBytes { frame in
        unsafe ZSTD_decompressDCtx(
          context, buffer.baseAddress, byteCount, frame.baseAddress, frame.count)
      }
      if ZSTD_isError(result) != 0 {
        failure = unsafe String(cString: ZSTD_getErrorName(result)).withSmallLetters
      } else if result != byteCount {
        failure = "\(result.counted("byte")) in place of \(byteCount)"
      }
      count = failure == nil ? byteCount : 0
    }
    if let failure {
      throw FormatError(code: .damaged("zstd: \(failure)"), offset: 0, field: field)
    }
    output.append(contentsOf: content)
  }

  /// Writes the content of `frame`, which must be as long as `output`, there.
  ///
  /// - Throws: ``FormatError`` (`damaged`) at offset 0, called `field`; `output` is then anything.
  @unsafe public func decompress(
    _ frame: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer, field: String
  ) throws(FormatError) {
    try check(unsafe Span<UInt8>(_unsafeBytes: frame), output.count, field)
    let result = unsafe ZSTD_decompressDCtx(
      context, output.baseAddress, output.count, frame.baseAddress, frame.count)
    guard ZSTD_isError(result) == 0, result == output.count else {
      let reason =
        ZSTD_isError(result) == 0
        ? "\(result.counted("byte")) in place of \(output.count)"
        : unsafe String(cString: ZSTD_getErrorName(result)).withSmallLetters
      throw FormatError(code: .damaged("zstd: \(reason)"), offset: 0, field: field)
    }
  }

  private func check(_ frame: Span<UInt8>, _ byteCount: Int, _ field: String) throws(FormatError) {
    func fail(_ reason: String) -> FormatError {
      FormatError(code: .damaged("zstd: \(reason)"), offset: 0, field: field)
    }
    // SAFETY: these only read `frame`.
    let (size, length, dictionary) = unsafe frame.withUnsafeBytes { frame in
      unsafe (
        ZSTD_getFrameContentSize(frame.baseAddress, frame.count),
        ZSTD_findFrameCompressedSize(frame.baseAddress, frame.count),
        ZSTD_getDictID_fromFrame(frame.baseAddress, frame.count)
      )
    }
    guard frame.count >= 4, frame[0] == 0x28, frame[1] == 0xB5, frame[2] == 0x2F, frame[3] == 0xFD
    else { throw fail("not a frame") }
    // Unknown size and error are the two largest values.
    guard size <= UInt64(FormatLimits.maximumBlockByteCount), Int(size) == byteCount else {
      throw fail("a frame of another size than the table says")
    }
    guard ZSTD_isError(length) == 0, length == frame.count else {
      throw fail("not one whole frame")
    }
    // Without its flag for a single segment a frame tells its window: an exponent and eighths.
    if frame[4] & 0x20 == 0 {
      let eighths = 8 + Int(frame[5] & 7)
      guard eighths << (7 + Int(frame[5] >> 3)) <= FormatLimits.maximumBlockByteCount else {
        throw fail("a frame with too large a window")
      }
    }
    guard dictionary == 0 else { throw fail("a frame with a dictionary") }
  }
}
