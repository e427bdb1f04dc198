import Foundation
import Gobbet

/// A folder for what a benchmark writes, removed when the value goes.
final class Scratch {
  private let url: URL

  /// Makes the folder.
  init() throws {
    url = FileManager.default.temporaryDirectory.appending(
      path: "gobbet-bench-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit {
    do {
      try FileManager.default.removeItem(at: url)
    } catch {
      // What stays behind in the system's own temporary folder harms nobody.
    }
  }

  /// The path of `name` in the folder.
  func file(_ name: String) -> String { url.appending(path: name).path }
}

/// Bytes of the file at `path`.
func fileByteCount(_ path: String) throws -> Int { try FileSource(path: path).byteCount }

/// Median seconds of CPU time of five runs, after one that warms the caches.
func medianCPUSeconds(_ body: () throws -> Void) rethrows -> Double {
  try body()
  return median(try (0..<5).map { _ in try cpuSeconds(body) })
}

/// Median milliseconds of five runs by the clock, after one that warms the caches.
func medianMilliseconds(_ body: () throws -> Void) rethrows -> Double {
  try body()
  return median(
    try (0..<5).map { _ in try ContinuousClock().measure(body) / .milliseconds(1) })
}

/// Median seconds of CPU time of five batches, each of as many runs as take two hundredths of a
/// second or more, for one run.
func medianCPUSecondsRepeating(_ body: () throws -> Void) rethrows -> Double {
  var count = 1
  while try cpuSeconds({ for _ in 0..<count { try body() } }) < 0.02 { count *= 2 }
  return try medianCPUSeconds { for _ in 0..<count { try body() } } / Double(count)
}
