import Gobbet

/// Memory of a benchmark, of which every page is there.
@safe final class AlignedMemory {
  // SAFETY: made in `init`, freed in `deinit`; nobody gets at it but the calls below.
  private let memory: UnsafeMutableRawBufferPointer

  init(byteCount: Int) {
    unsafe memory = .allocate(byteCount: max(1, byteCount), alignment: 2 << 20)
    for offset in stride(from: 0, to: byteCount, by: 4096) {
      unsafe memory.storeBytes(of: 0, toByteOffset: offset, as: UInt8.self)
    }
  }

  deinit { unsafe memory.deallocate() }

  /// Copies the tensors of a layout.
  func load(
    _ source: some TensorSource, _ layout: TensorLayout, threadCount: Int
  ) async throws {
    try unsafe await source.load(layout, into: memory, threadCount: threadCount)
  }

  /// Copies the first bytes of a file.
  func read(_ file: FileSource, byteCount: Int) throws {
    _ = try unsafe file.read(
      at: 0, into: UnsafeMutableRawBufferPointer(rebasing: memory[..<byteCount]))
  }
}
