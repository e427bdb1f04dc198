import CGobbetKernels
import Testing

@Suite("Memory of weights") struct LargeMemoryTests {
  @Test(
    "memory that was taken is all zeros, in pages of whichever size",
    arguments: [1, 4096, 2 << 20, (6 << 20) + 12])
  func taken(byteCount: Int) throws {
    let allocated = unsafe gobbet_memory_allocate(byteCount)
    let memory = try unsafe #require(allocated)
    unsafe gobbet_memory_take(memory, byteCount)
    let bytes = unsafe UnsafeMutableRawBufferPointer(start: memory, count: byteCount)
    let isZero = unsafe bytes.allSatisfy { $0 == 0 }
    #expect(isZero)
    unsafe bytes[byteCount - 1] = 1
    unsafe gobbet_memory_free(memory, byteCount)
  }
}
