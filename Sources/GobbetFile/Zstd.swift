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

  /// Frames of single bytes coded by their frequencies, with hardly any matches; without `matches`
  /// with none but by chance.
  convenience init(literalsOnly: Void, matches: Bool, checksum: Bool) {
    self.init(level: 1, minMatch: 7, checksum: checksum)
    // SAFETY: as in the other initializer. With a hash table of 64 entries there are few matches to
    // find by chance; each would cost more than the literals that it stands for.
    unsafe ZSTD_CCtx_setParameter(context, ZSTD_c_strategy, CInt(ZSTD_fast.rawValue))
    unsafe ZSTD_CCtx_setParameter(context, ZSTD_c_hashLog, 6)
    guard !matches else { return }
    // The search takes the largest steps there are. So told, zstd leaves literals as they are, unless
    // what zstd.h calls ZSTD_c_literalCompressionMode says to compress them.
    unsafe ZSTD_CCtx_setParameter(context, ZSTD_c_targetLength, 1 << 17)
    unsafe ZSTD_CCtx_setParameter(context, ZSTD_c_experimentalParam5, 1)
  }

  deinit { unsafe ZSTD_freeCCtx(context) }

  package func append(frameOf content: Span<UInt8>, to output: inout [UInt8]) {
    let bound = ZSTD_compressBound(content.count)
    output.append(addingCapacity: bound) { span in
      // SAFETY: zstd reads `content` and writes at most `bound` bytes, for which there is room after
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

/// Frames of bytes coded by their frequencies, as exponents are; of matches too where bytes repeat
/// themselves.
///
/// Nearly every frame without matches is nothing but literals, which a ``Decompressor`` decodes itself.
final class LiteralFrames: FrameMaker {
  private let literals: ZstdFrames
  private let matches: ZstdFrames

  init(checksum: Bool) {
    literals = ZstdFrames(literalsOnly: (), matches: false, checksum: checksum)
    matches = ZstdFrames(literalsOnly: (), matches: true, checksum: checksum)
  }

  func append(frameOf content: Span<UInt8>, to output: inout [UInt8]) {
    // A sample: of exponents about a quarter equal the one before.
    var (count, equalCount) = (0, 0)
    for index in stride(from: 1, to: content.count, by: 31) {
      count += 1
      equalCount += content[index] == content[index - 1] ? 1 : 0
    }
    (2 * equalCount > count ? matches : literals).append(frameOf: content, to: &output)
  }
}
