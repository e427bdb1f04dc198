internal import GobbetFile

/// The stored bytes of a tensor's blocks → its data.
struct TensorBlockDecoder {
  private let planes: ExponentPlanes?
  private let decompressor: Decompressor?
  private var scratch: [UInt8] = []

  /// A decoder for the blocks of `entry`.
  init(_ entry: TensorTable.Entry) {
    planes = entry.codec == .compact ? ExponentPlanes(entry.tensor.elementType) : nil
    decompressor = planes == nil ? nil : Decompressor()
  }

  /// Copies the data of a block, of `byteCount` bytes, from byte `start` on into `target`.
  ///
  /// - Precondition: `start` and the bytes of `target` lie in the block.
  /// - Throws: ``FormatError`` if the block is not of `byteCount` bytes.
  mutating func decode(
    _ stored: [UInt8], byteCount: Int, from start: Int, into target: UnsafeMutableRawBufferPointer
  ) throws(FormatError) {
    precondition(
      start >= 0 && target.count <= byteCount - start, "TensorBlockDecoder: not in the block")
    guard let planes, let decompressor else {
      unsafe Self.copy(stored, from: start, into: target)
      return
    }
    if target.count == byteCount {
      try unsafe Self.decode(stored, planes, decompressor, &scratch, into: target)
      return
    }
    var whole = [UInt8](repeating: 0, count: byteCount)
    var failure: FormatError?
    unsafe whole.withUnsafeMutableBytes { whole in
      do throws(FormatError) {
        try unsafe Self.decode(stored, planes, decompressor, &scratch, into: whole)
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    unsafe Self.copy(whole, from: start, into: target)
  }

  private static func decode(
    _ stored: [UInt8], _ planes: ExponentPlanes, _ decompressor: Decompressor,
    _ scratch: inout [UInt8], into target: UnsafeMutableRawBufferPointer
  ) throws(FormatError) {
    var failure: FormatError?
    unsafe stored.withUnsafeBytes { stored in
      do throws(FormatError) {
        try unsafe CompactBlock.decode(stored, planes, decompressor, &scratch, into: target)
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
  }

  private static func copy(
    _ data: [UInt8], from start: Int, into target: UnsafeMutableRawBufferPointer
  ) {
    precondition(target.count <= data.count - start, "TensorBlockDecoder: not in the data")
    // SAFETY: the precondition keeps the range inside `data`, and `target` is as long.
    unsafe data.withUnsafeBytes { data in
      let part = unsafe UnsafeRawBufferPointer(rebasing: data[start..<(start + target.count)])
      unsafe target.copyMemory(from: part)
    }
  }
}
