internal import CGobbetKernels
internal import CGobbetZstd
internal import GobbetSystem

/// Reads the zstd frames that a ``Compressor`` makes, and refuses others.
///
/// Without a check of the content it decodes frames of literals itself, which is faster than libzstd.
///
/// Belongs to one thread.
@safe public final class Decompressor {
  /// The context of libzstd; nil until a frame needs it, which literals do not.
  ///
  /// Making one takes as long as decoding 64 KiB or so.
  private var context: OpaquePointer? = nil
  private let decodesLiterals: Bool
  /// What the codes of literals are looked up in; nil before the first.
  private var table: UnsafeMutableRawPointer? = nil

  /// A decompressor; without `checksContent` it leaves out zstd's checksum of the content where a
  /// frame has one, if this libzstd can.
  ///
  /// The checksum of the stored bytes has then to be enough. Computing zstd's takes 7 to 13 % of the
  /// time that decoding tokens and exponents takes.
  public init(checksContent: Bool = true) {
    decodesLiterals = !checksContent
  }

  deinit {
    // SAFETY: nobody else has the two, of which the first may be nil.
    unsafe ZSTD_freeDCtx(context)
    unsafe table?.deallocate()
  }

  /// The context, made at the first call.
  private func madeContext() -> OpaquePointer {
    if let context = unsafe context { return unsafe context }
    // SAFETY: the context is freed in `deinit` only; setting a parameter reads and writes it alone.
    guard let made = unsafe ZSTD_createDCtx() else {
      preconditionFailure("Decompressor: no memory for a context")
    }
    // What zstd.h calls ZSTD_d_forceIgnoreChecksum; a libzstd that does not know it checks on.
    if decodesLiterals { unsafe ZSTD_DCtx_setParameter(made, ZSTD_d_experimentalParam3, 1) }
    unsafe context = made
    return unsafe made
  }

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
          madeContext(), buffer.baseAddress, byteCount, frame.baseAddress, frame.count)
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
  /// The `nextCount` bytes after the frame, which the caller reads next, may be fetched meanwhile.
  /// - Throws: ``FormatError`` (`damaged`) at offset 0, called `field`; `output` is then anything.
  @unsafe public func decompress(
    _ frame: UnsafeRawBufferPointer, nextCount: Int = 0,
    into output: UnsafeMutableRawBufferPointer, field: String
  ) throws(FormatError) {
    if decodesLiterals, unsafe decodeLiterals(of: frame, nextCount, into: output) { return }
    try check(unsafe Span<UInt8>(_unsafeBytes: frame), output.count, field)
    let result = unsafe ZSTD_decompressDCtx(
      madeContext(), output.baseAddress, output.count, frame.baseAddress, frame.count)
    guard ZSTD_isError(result) == 0, result == output.count else {
      let reason =
        ZSTD_isError(result) == 0
        ? "\(result.counted("byte")) in place of \(output.count)"
        : unsafe String(cString: ZSTD_getErrorName(result)).withSmallLetters
      throw FormatError(code: .damaged("zstd: \(reason)"), offset: 0, field: field)
    }
  }

  /// Writes the content of a frame that is nothing but literals; false, with anything in `output`, for
  /// any other and for a damaged one, of which libzstd says what is wrong.
  private func decodeLiterals(
    of frame: UnsafeRawBufferPointer, _ nextCount: Int,
    into output: UnsafeMutableRawBufferPointer
  ) -> Bool {
    guard let source = frame.baseAddress, let target = output.baseAddress else { return false }
    let table =
      unsafe self.table ?? .allocate(byteCount: gobbet_literals_memory, alignment: 64)
    unsafe self.table = table
    // SAFETY: the caller's buffers, and memory of the size that the decoder asks for.
    return unsafe gobbet_literals_decode(
      source, frame.count, nextCount, target, output.count, table) == 1
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
