import GobbetFile
import TestSupport
import Testing

/// Makes frames of something else than it was asked to: the fault of a compressor.
private final class FaultyFrames: FrameMaker {
  /// What is wrong with a frame.
  enum Fault: CaseIterable {
    case otherByte, otherLength, noFrame, cut
  }

  private let fault: Fault
  private let real = ZstdFrames(level: 3, minMatch: 0, checksum: false)
  private(set) var callCount = 0

  init(_ fault: Fault) { self.fault = fault }

  func append(frameOf content: Span<UInt8>, to output: inout [UInt8]) {
    output += frame(of: content)
  }

  private func frame(of content: Span<UInt8>) -> [UInt8] {
    callCount += 1
    var bytes: [UInt8] = []
    for index in content.indices { bytes.append(content[index]) }
    switch fault {
    case .otherByte: bytes[bytes.count - 1] ^= 1
    case .otherLength: bytes.append(0)
    case .noFrame: return bytes
    case .cut: return whole(bytes).dropLast()
    }
    return whole(bytes)
  }

  private func whole(_ bytes: [UInt8]) -> [UInt8] {
    var frame: [UInt8] = []
    real.append(frameOf: bytes.span, to: &frame)
    return frame
  }
}

@Suite("Compressed blocks", .serialized) struct CompressorTests {
  private static let text = Array(String(repeating: "under the umbrella; ", count: 500).utf8)

  private static func decoded(_ frame: [UInt8], byteCount: Int) throws -> [UInt8] {
    var content: [UInt8] = []
    try Decompressor().decompress(frame.span, byteCount: byteCount, into: &content, field: "block")
    return content
  }

  @Test(
    "a frame of level 13 or above that does not decode to its block is replaced and counted",
    arguments: FaultyFrames.Fault.allCases, [13, 19])
  private func faultyCompressor(fault: FaultyFrames.Fault, level: Int) throws {
    let level12 = ZstdFrames(level: 12, minMatch: 0, checksum: false)
    let compressor = Compressor(FaultyFrames(fault), level: level) { level12 }
    let before = ReplacedFrames.count
    for round in 1...3 {
      var output: [UInt8] = [7]
      compressor.compress(Self.text.span, into: &output)
      var expected: [UInt8] = [7]
      level12.append(frameOf: Self.text.span, to: &expected)
      #expect(output == expected)
      #expect(ReplacedFrames.count == before + round)
    }
  }

  @Test("a block that no level compresses rightly is stored as it is, in a frame")
  func faultyFallback() throws {
    let compressor = Compressor(FaultyFrames(.otherByte), level: 19) { FaultyFrames(.cut) }
    var output: [UInt8] = []
    compressor.compress(Self.text.span, into: &output)
    #expect(output == Compressor.uncompressedFrame(of: Self.text.span))
    #expect(try Self.decoded(output, byteCount: Self.text.count) == Self.text)
  }

  @Test("a right frame stays, and below level 13 none is decoded")
  func rightFrames() throws {
    let before = ReplacedFrames.count
    for level in [1, 3, 12, 13, 19, 22] {
      var output: [UInt8] = []
      Compressor(level: level, checksum: level > 12).compress(Self.text.span, into: &output)
      #expect(try Self.decoded(output, byteCount: Self.text.count) == Self.text)
      var expected: [UInt8] = []
      ZstdFrames(level: level, minMatch: 0, checksum: level > 12)
        .append(frameOf: Self.text.span, to: &expected)
      #expect(output == expected)
    }
    var output: [UInt8] = []
    let fallback = FaultyFrames(.cut)
    Compressor(FaultyFrames(.otherByte), level: 12) { fallback }
      .compress(Self.text.span, into: &output)
    #expect(fallback.callCount == 0)
    #expect(try Self.decoded(output, byteCount: Self.text.count) != Self.text)
    #expect(ReplacedFrames.count == before)
  }

  @Test("a frame without compression decodes to its content, whatever its length")
  func uncompressedFrames() throws {
    for count in [0, 1, 255, 128 << 10, 128 << 10 + 1, 300_000] {
      let content = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
      let frame = Compressor.uncompressedFrame(of: content.span)
      #expect(try Self.decoded(frame, byteCount: count) == content, "\(count) bytes")
    }
  }

  @Test("zstd's checksum is checked where it is asked for, and left out where it is not")
  func contentChecksum() throws {
    var frame: [UInt8] = []
    Compressor(level: 3, checksum: true).compress(Self.text.span, into: &frame)
    #expect(frame[4] & 4 != 0)
    frame[frame.count - 1] ^= 1
    #expect(throws: FormatError.self) { try Self.decoded(frame, byteCount: Self.text.count) }
    var content: [UInt8] = []
    try Decompressor(checksContent: false).decompress(
      frame.span, byteCount: Self.text.count, into: &content, field: "block")
    #expect(content == Self.text)
  }
}
