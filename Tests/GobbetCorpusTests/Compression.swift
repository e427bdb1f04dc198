import CBzip2
import CGobbetZlib
import CGobbetZstd
import CLZ4
import CLZMA

/// One gzip member, as the tests need it.
func gzip(_ bytes: [UInt8]) -> [UInt8] {
  var stream = unsafe z_stream()
  unsafe deflateInit2_(
    &stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
    CInt(MemoryLayout<z_stream>.size))
  var input = bytes
  var output = [UInt8](repeating: 0, count: Int(unsafe deflateBound(&stream, uLong(bytes.count))))
  let count = unsafe input.withUnsafeMutableBufferPointer { source in
    unsafe output.withUnsafeMutableBufferPointer { target in
      unsafe stream.next_in = source.baseAddress
      unsafe stream.avail_in = UInt32(source.count)
      unsafe stream.next_out = target.baseAddress
      unsafe stream.avail_out = UInt32(target.count)
      unsafe deflate(&stream, Z_FINISH)
      return target.count - Int(unsafe stream.avail_out)
    }
  }
  unsafe deflateEnd(&stream)
  return Array(output.prefix(count))
}

/// One zstd frame.
func zstd(_ bytes: [UInt8]) -> [UInt8] {
  var output = [UInt8](repeating: 0, count: ZSTD_compressBound(bytes.count))
  let count = unsafe ZSTD_compress(&output, output.count, bytes, bytes.count, 3)
  return Array(output.prefix(count))
}

/// One bzip2 stream.
func bzip2(_ bytes: [UInt8]) -> [UInt8] {
  var input = bytes.map { CChar(bitPattern: $0) }
  var output = [CChar](repeating: 0, count: bytes.count * 2 + 1000)
  var count = UInt32(output.count)
  unsafe BZ2_bzBuffToBuffCompress(&output, &count, &input, UInt32(input.count), 9, 0, 0)
  return output.prefix(Int(count)).map { UInt8(bitPattern: $0) }
}

/// One xz stream.
func xz(_ bytes: [UInt8]) -> [UInt8] {
  var output = [UInt8](repeating: 0, count: lzma_stream_buffer_bound(bytes.count))
  var count = 0
  unsafe lzma_easy_buffer_encode(
    1, LZMA_CHECK_CRC32, nil, bytes, bytes.count, &output, &count, output.count)
  return Array(output.prefix(count))
}

/// One lz4 frame with a checksum of its content.
func lz4(_ bytes: [UInt8]) -> [UInt8] {
  var preferences = LZ4F_preferences_t()
  preferences.frameInfo.contentChecksumFlag = LZ4F_contentChecksumEnabled
  let bound = unsafe LZ4F_compressFrameBound(bytes.count, &preferences)
  var output = [UInt8](repeating: 0, count: bound)
  let count = unsafe LZ4F_compressFrame(&output, bound, bytes, bytes.count, &preferences)
  return Array(output.prefix(count))
}

/// The CRC-32 of bytes, which xz has after its headers.
func crc32(_ bytes: [UInt8]) -> UInt32 { unsafe lzma_crc32(bytes, bytes.count, 0) }
