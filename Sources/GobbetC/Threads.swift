internal import GobbetSystem

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// The most threads that a call works with.
private let maximumThreadCount = 1024

/// How many threads a caller asked for; 0 stands for all cores.
///
/// - Throws: ``CallError`` if there are more than any call takes.
func threadCount(_ asked: UInt32) throws(CallError) -> Int {
  guard asked <= maximumThreadCount else {
    throw .invalid("thread_count: \(asked), 0 to \(maximumThreadCount) are taken")
  }
  return asked == 0 ? min(availableProcessorCount(), maximumThreadCount) : Int(asked)
}

/// Runs `body` for each index below `count`, each on a thread of its own, and waits for all.
///
/// The threads begin and end with the call, so that a process can fork before and after: Swift's own
/// pool does not come along into a child.
func onThreads(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
  guard count > 1 else {
    if count == 1 { body(0) }
    return
  }
  var threads: [pthread_t] = []
  for index in 1..<count {
    let work = Unmanaged.passRetained(Work { body(index) })
    guard let thread = start(work) else {
      // Too many threads for this machine: the work is done all the same.
      work.takeRetainedValue().body()
      continue
    }
    threads.append(thread)
  }
  body(0)
  for thread in threads { pthread_join(thread, nil) }
}

private final class Work: Sendable {
  let body: @Sendable () -> Void

  init(_ body: @escaping @Sendable () -> Void) { self.body = body }
}

/// Starts a thread that takes over `work`; nil if the system has no more of them.
private func start(_ work: Unmanaged<Work>) -> pthread_t? {
  #if canImport(Darwin)
    var thread: pthread_t?
    let status = pthread_create(
      &thread, nil,
      { argument in
        Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().body()
        return nil
      }, work.toOpaque())
    return status == 0 ? thread : nil
  #else
    var thread = pthread_t()
    let status = pthread_create(
      &thread, nil,
      { argument in
        if let argument = argument {
          Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().body()
        }
        return nil
      }, work.toOpaque())
    return status == 0 ? thread : nil
  #endif
}
