internal import CGobbetZlib
internal import GobbetSystem

/// Decompresses one member of a ZIP file (raw deflate), and sums up what comes out.
@safe struct Inflater: ~Copyable {
  // SAFETY: allocated in `init` and freed in `deinit`, of this value alone; zlib needs it to stay where
  // it is.
  private let stream: UnsafeMutablePointer<z_stream>
  private let file: OpenedFile
  private let member: ZipMember
  private var input: [UInt8] = []
  private var inputOffset = 0
  /// Bytes of the member that are in `input`, or were.
  private var readCount = 0
  private var hasEnded = false
  /// The CRC-32 of everything so far.
  private(set) var checksum: UInt32 = 0

  private static let inputByteCount = 256 << 10

  /// Begins at the front of a member.
  ///
  /// - Throws: `InterchangeError` (`outOfMemory`).
  init(_ member: ZipMember, of file: OpenedFile) throws(InterchangeError) {
    let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    unsafe stream.initialize(to: z_stream())
    // Negative: without the frame of zlib or gzip.
    let size = unsafe CInt(MemoryLayout<z_stream>.size)
    guard unsafe inflateInit2_(stream, -15, ZLIB_VERSION, size) == Z_OK else {
      unsafe stream.deallocate()
      throw InterchangeError(.outOfMemory, path: file.path, field: member.name)
    }
    unsafe self.stream = stream
    self.file = file
    self.member = member
  }

  deinit {
    unsafe inflateEnd(stream)
    unsafe stream.deallocate()
  }

  /// Fills `output` with the next bytes.
  ///
  /// - Throws: `FileError`; `InterchangeError` (`damaged`) if the member is, or ends before.
  mutating func read(into output: UnsafeMutableRawBufferPointer) throws {
    var filled = 0
    while filled < output.count {
      let count = unsafe try step(.init(rebasing: output[filled...]))
      guard count > 0 else { throw damaged("\((output.count - filled).counted("byte")) too few") }
      filled += count
    }
    unsafe checksum = Self.checksum(.init(output), after: checksum)
  }

  /// Checks that nothing follows, and that the sum is the member's.
  ///
  /// - Throws: as ``read(into:)``.
  mutating func finish() throws {
    var byte: UInt8 = 0
    let count = try unsafe withUnsafeMutableBytes(of: &byte) { try unsafe step($0) }
    guard count == 0, hasEnded else { throw damaged("more bytes than the directory says") }
    guard checksum == member.checksum else { throw damaged("another checksum") }
  }

  /// Decompresses some bytes; none at the end.
  private mutating func step(_ output: UnsafeMutableRawBufferPointer) throws -> Int {
    // zlib counts in 32 bits.
    let room = min(output.count, 1 << 30)
    while !hasEnded {
      if inputOffset == input.count {
        let start = member.range.lowerBound + readCount
        let end = min(member.range.upperBound, start + Self.inputByteCount)
        guard end > start else { throw damaged("the compressed data ends inside") }
        input = try file.bytes(in: start..<end, member.name)
        readCount += input.count
        inputOffset = 0
      }
      let available = input.count - inputOffset
      // SAFETY: zlib reads `available` bytes after the offset and writes at most `room`; both buffers
      // outlive the call.
      let status = unsafe input.withUnsafeMutableBytes { bytes in
        unsafe stream.pointee.next_in = bytes.baseAddress?.advanced(by: inputOffset)
          .assumingMemoryBound(to: UInt8.self)
        unsafe stream.pointee.avail_in = UInt32(available)
        unsafe stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
        unsafe stream.pointee.avail_out = UInt32(room)
        return unsafe inflate(stream, Z_NO_FLUSH)
      }
      guard status == Z_OK || status == Z_STREAM_END || status == Z_BUF_ERROR else {
        throw damaged("deflate: error \(status)")
      }
      inputOffset += available - Int(unsafe stream.pointee.avail_in)
      hasEnded = status == Z_STREAM_END
      let count = room - Int(unsafe stream.pointee.avail_out)
      if count > 0 { return count }
      // Nothing came, and nothing was used: more input does not help either.
      guard hasEnded || inputOffset == input.count else {
        throw damaged("deflate: it stands still")
      }
    }
    return 0
  }

  /// The CRC-32 of bytes after others.
  static func checksum(_ bytes: UnsafeRawBufferPointer, after sum: UInt32 = 0) -> UInt32 {
    var sum = UInt(sum)
    var start = 0
    while start < bytes.count {
      let count = min(bytes.count - start, 1 << 30)
      // SAFETY: `count` bytes lie after `start`.
      sum = unsafe crc32(
        sum, bytes.baseAddress?.advanced(by: start).assumingMemoryBound(to: UInt8.self),
        UInt32(count))
      start += count
    }
    return UInt32(truncatingIfNeeded: sum)
  }

  private func damaged(_ reason: String) -> InterchangeError {
    InterchangeError(.damaged(reason), path: file.path, field: member.name)
  }
}
