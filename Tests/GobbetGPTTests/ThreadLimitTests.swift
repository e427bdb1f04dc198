import CGobbetKernels
import TestSupport
import Testing

@Suite("The pool of threads") struct ThreadLimitTests {
  @Test("is refused with more threads than its memory is counted for, and none is started")
  func limit() throws {
    for count in [gobbet_pool_thread_limit + 1, 1 << 32, 1 << 60, 1 << 61, 1 << 62, .max] {
      #expect(unsafe gobbet_pool_create(count) == nil)
    }
    // `size_t` has one more bit than `Int`.
    #expect(unsafe gobbet_pool_create(Int(bitPattern: UInt.max)) == nil)
    let pool = unsafe gobbet_pool_create(2)
    let made = try unsafe #require(pool)
    #expect(unsafe gobbet_pool_thread_count(made) >= 1)
    unsafe gobbet_pool_destroy(made)
  }
}
