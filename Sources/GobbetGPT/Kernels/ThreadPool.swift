internal import CGobbetKernels

/// Threads that share the work of one caller.
///
/// The threads look for work for some microseconds after each piece, and sleep after that.
@safe final class ThreadPool {
  // SAFETY: set once, lives until `deinit`.
  let pool: OpaquePointer

  /// Threads, the caller's among them.
  var threadCount: Int { unsafe gobbet_pool_thread_count(pool) }

  /// A pool of that many threads, or of fewer where the system has no more.
  ///
  /// - Throws: ``GPTError`` (`invalidThreadCount`) unless there are 1 to 1,024; `outOfMemory`.
  init(threadCount: Int) throws(GPTError) {
    guard (1...gobbet_pool_thread_limit).contains(threadCount) else {
      throw GPTError(.invalidThreadCount(threadCount))
    }
    guard let pool = unsafe gobbet_pool_create(threadCount) else {
      throw GPTError(.outOfMemory(byteCount: 4096))
    }
    unsafe self.pool = pool
  }

  deinit { unsafe gobbet_pool_destroy(pool) }

  /// Calls `body` once for every task, on whichever thread is free, and returns when all are done.
  func run(taskCount: Int, _ body: @escaping @Sendable (_ task: Int) -> Void) {
    let work = Work(body)
    let context = unsafe UnsafeRawPointer(Unmanaged.passUnretained(work).toOpaque())
    // SAFETY: the pool returns after the last task, and `work` lives until then.
    unsafe gobbet_pool_run(
      pool, taskCount,
      { context, task, _ in
        unsafe Unmanaged<Work>.fromOpaque(context).takeUnretainedValue().body(task)
      }, context)
    withExtendedLifetime(work) {}
  }

  /// What C hands back to Swift.
  private final class Work {
    let body: @Sendable (Int) -> Void

    init(_ body: @escaping @Sendable (Int) -> Void) { self.body = body }
  }
}
