internal import Synchronization

/// Makes a zstd frame of a whole block.
package protocol FrameMaker: AnyObject {
  /// Appends one frame of `content` that tells its size, without a dictionary.
  func append(frameOf content: Span<UInt8>, to output: inout [UInt8])
}

/// Makes zstd frames: one frame a call, its content size in it, no dictionary.
///
/// What the optimal parsers of zstd make, those of level 13 and above, is decoded and compared before
/// it is handed out: libzstd 1.5.4 and its forerunners can make frames there that decode to something
/// else (facebook/zstd#3517). A frame that does is replaced by one of level 12, and counted.
///
/// Belongs to one thread.
public final class Compressor {
  /// Frames of this level and of those above it are decoded and compared.
  package static let leastCheckedLevel = 13
  /// The level of frames that take the place of wrong ones.
  package static let fallbackLevel = 12

  private let frames: any FrameMaker
  private let isChecked: Bool
  private let makeFallback: () -> any FrameMaker
  private lazy var fallback = makeFallback()
  private lazy var decompressor = Decompressor()

  /// Creates a compressor at zstd's `level`; `minMatch` is the shortest match it looks for, 0 for the
  /// level's own.
  ///
  /// With `checksum` each frame ends with zstd's checksum of its content, four bytes.
  public convenience init(level: Int, minMatch: Int = 0, checksum: Bool = false) {
    self.init(
      ZstdFrames(level: level, minMatch: minMatch, checksum: checksum), level: level
    ) {
      ZstdFrames(level: Self.fallbackLevel, minMatch: minMatch, checksum: checksum)
    }
  }

  /// Creates a compressor that codes single bytes by their frequencies and looks for hardly any
  /// matches: for content like the exponents of weights, which it makes smaller than any level and
  /// five times as fast.
  public convenience init(literalsOnly: Void, checksum: Bool = false) {
    self.init(LiteralFrames(checksum: checksum), level: 1) { LiteralFrames(checksum: checksum) }
  }

  /// Creates a compressor of the frames of others, of that level; `fallback` makes what takes the
  /// place of frames that decode to something else.
  package init(
    _ frames: any FrameMaker, level: Int, fallback: @escaping () -> any FrameMaker
  ) {
    self.frames = frames
    isChecked = level >= Self.leastCheckedLevel
    makeFallback = fallback
  }

  /// Appends the frame of `content` to `output`.
  ///
  /// - Precondition: `content` is at most as large as a block may be, 8 MiB.
  public func compress(_ content: Span<UInt8>, into output: inout [UInt8]) {
    precondition(
      content.count <= FormatLimits.maximumBlockByteCount, "Compressor: more than a block")
    guard isChecked else { return frames.append(frameOf: content, to: &output) }
    var frame: [UInt8] = []
    frames.append(frameOf: content, to: &frame)
    if !decodes(frame, to: content) {
      ReplacedFrames.add()
      frame.removeAll()
      fallback.append(frameOf: content, to: &frame)
      if !decodes(frame, to: content) { frame = Self.uncompressedFrame(of: content) }
    }
    output.append(contentsOf: frame)
  }

  /// Whether `frame` gives `content` back.
  private func decodes(_ frame: [UInt8], to content: Span<UInt8>) -> Bool {
    var decoded: [UInt8] = []
    do throws(FormatError) {
      try decompressor.decompress(
        frame.span, byteCount: content.count, into: &decoded, field: "block")
    } catch {
      return false
    }
    // Without an early end, so that it is a few instructions for 16 bytes or more.
    var difference: UInt8 = 0
    let found = decoded.span
    for index in content.indices { difference |= content[index] ^ found[index] }
    return difference == 0
  }

  /// A frame of blocks that are not compressed, which takes no compressor to make.
  ///
  /// - Source: RFC 8878, 3.1.1: a single segment with a content size of four bytes; blocks of at most
  ///   128 KiB, of the type `Raw_Block`.
  package static func uncompressedFrame(of content: Span<UInt8>) -> [UInt8] {
    var frame = ByteWriter()
    frame.write([0x28, 0xB5, 0x2F, 0xFD, 0xA0])
    frame.write(UInt32(content.count))
    var start = 0
    repeat {
      let end = min(content.count, start + 128 << 10)
      let isLast: UInt32 = end == content.count ? 1 : 0
      let header = UInt32(end - start) << 3 | isLast
      for shift: UInt32 in [0, 8, 16] { frame.write(UInt8(truncatingIfNeeded: header >> shift)) }
      for index in start..<end { frame.write(content[index]) }
      start = end
    } while start < content.count
    return frame.bytes
  }
}

/// How often a frame was replaced because it did not decode to what it was made of.
public enum ReplacedFrames {
  private static let counter = Atomic(0)

  /// Frames replaced since the process began, in all threads.
  public static var count: Int { counter.load(ordering: .relaxed) }

  static func add() { counter.add(1, ordering: .relaxed) }
}
