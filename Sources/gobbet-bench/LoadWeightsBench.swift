import ArgumentParser
import Gobbet

/// Loads a file of weights once, for a script that measures several programs in turn.
struct LoadWeightsBench: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "load-weights", abstract: "Load a file of weights once, opening included.")

  /// How the bytes are reached.
  enum Way: String, CaseIterable, ExpressibleByArgument {
    /// Copied into new memory.
    case copy
    /// Lent where they are mapped, and every page of them touched.
    case map
  }

  @Option(help: "A .gobbet or safetensors file.")
  var input: String

  @Option(help: "copy, or map and touch every page.")
  var way = Way.copy

  @Option(help: "Threads that copy.")
  var threads = 1

  private struct Report: Encodable {
    let bytes: Int
    let ms: Double
    let cpu_ms: Double
    let peak_mb: Int
  }

  func run() async throws {
    let start = ContinuousClock.now
    let used = ProcessTime()
    guard let weights = try WeightsInput(recognizing: input) else {
      throw ValidationError("\(input) holds no weights")
    }
    let tensors = weights.source.tensors
    switch way {
    case .copy:
      let layout = try TensorLayout(tensors)
      let memory = UnsafeMutableRawBufferPointer.allocate(
        byteCount: max(1, layout.byteCount), alignment: 64)
      defer { unsafe memory.deallocate() }
      try unsafe await weights.source.load(layout, into: memory, threadCount: threads)
      try report(layout.byteCount, start, used)
    case .map:
      var sum = 0
      for tensor in tensors {
        try unsafe weights.source.withBytes(of: tensor) { bytes in
          for offset in stride(from: 0, to: bytes.count, by: 4096) {
            unsafe sum &+= Int(bytes[offset])
          }
        }
      }
      withExtendedLifetime(sum) {}
      try report(tensors.reduce(0) { $0 + $1.byteCount }, start, used)
    }
  }

  private func report(
    _ byteCount: Int, _ start: ContinuousClock.Instant, _ used: ProcessTime
  ) throws {
    let milliseconds = (ContinuousClock.now - start) / .milliseconds(1)
    try printJSON(
      Report(
        bytes: byteCount, ms: milliseconds.rounded(2), cpu_ms: (used.seconds * 1000).rounded(2),
        peak_mb: peakResidentMegabytes))
  }
}
