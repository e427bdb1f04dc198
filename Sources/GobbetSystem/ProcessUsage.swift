#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// What the process has used so far, by the system's own accounting.
package struct ProcessUsage: Sendable {
  /// Seconds of user and system time, over all threads.
  package let cpuSeconds: Double
  /// The largest resident memory so far.
  package let peakResidentByteCount: Int

  /// Asks the system.
  package init() {
    var usage = rusage()
    #if canImport(Glibc)
      let own = RUSAGE_SELF.rawValue
      unsafe getrusage(__rusage_who_t(Int32(bitPattern: UInt32(bitPattern: own))), &usage)
    #else
      unsafe getrusage(RUSAGE_SELF, &usage)
    #endif
    func seconds(_ time: timeval) -> Double {
      Double(time.tv_sec) + Double(time.tv_usec) / 1_000_000
    }
    cpuSeconds = seconds(usage.ru_utime) + seconds(usage.ru_stime)
    #if canImport(Darwin)
      peakResidentByteCount = Int(usage.ru_maxrss)
    #else
      peakResidentByteCount = Int(usage.ru_maxrss) * 1024
    #endif
  }
}

/// The number that an environment variable holds; nil if it is not set, or is not a number from 0 on.
package func environmentNumber(_ name: String) -> Int? {
  environmentText(name).flatMap { Int($0) }.flatMap { $0 < 0 ? nil : $0 }
}

/// The text of an environment variable; nil if it is not set.
func environmentText(_ name: String) -> String? {
  // SAFETY: the text is copied at once; nothing in this package changes the environment.
  unsafe getenv(name).map { unsafe String(cString: $0) }
}

/// The processors that this process may use.
package func availableProcessorCount() -> Int {
  max(1, Int(sysconf(CInt(_SC_NPROCESSORS_ONLN))))
}
