internal import CGobbetKernels

/// Loops that do nothing but what a model spends its time with: the benchmarks' measure of the
/// machine.
package final class MachineLimits {
  private let variant: KernelVariant
  private let threads: ThreadPool
  private let memory: LargeMemory

  /// Loops on that many threads.
  ///
  /// - Throws: ``GPTError`` (`outOfMemory`).
  package init(threadCount: Int) throws(GPTError) {
    variant = .fastest
    threads = try ThreadPool(threadCount: threadCount)
    memory = try LargeMemory(wordCount: 64 << 20)
    let words = memory.count
    // Zeros that were never written aren't memory yet.
    for word in stride(from: 0, to: words, by: 1024) {
      unsafe memory.pointer(at: word).storeBytes(of: 1, as: UInt32.self)
    }
  }

  /// What a product with an input of 8 bits takes of one with 16, which is what `exhaust` counts for
  /// integers.
  package var narrowShare: Double { unsafe variant.functions.pointee.has_byte_products ? 0.5 : 1 }

  /// Multiplies and adds for a while; returns how many operations those were.
  package func exhaust(_ precision: Precision) -> Int {
    let rounds = 4_000_000
    let (element, products) =
      switch precision {
      case .float32: (gobbet_float32, 1)
      case .bfloat16: (gobbet_bfloat16, 2)
      case .int8, .stored: (gobbet_int8, 2)
      }
    unsafe gobbet_exhaust(variant.functions, threads.pool, element, rounds)
    return unsafe 2 * products * rounds * variant.functions.pointee.sums_a_round
      * threads.threadCount
  }

  /// Reads 256 MiB once; returns how many bytes those were.
  package func readThrough() -> Int {
    // SAFETY: the memory holds `count` words.
    unsafe gobbet_read_through(
      threads.pool, memory.pointer().assumingMemoryBound(to: UInt32.self), memory.count)
    return memory.count * 4
  }
}
