import ArgumentParser
import Gobbet

/// Writes the tensors of a safetensors file with every codec, and reads them back.
struct WeightsBench: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "weights", abstract: "Size and speed of weight files, a line for each codec.")

  @Option(help: "A safetensors file.")
  var input: String

  private struct Report: Encodable {
    let codec: String
    let ratio: Double
    let write_gb_per_cpu_s: Double
    /// Tensor by tensor, on one thread.
    let read_gb_per_cpu_s: Double
    /// The same, decoded from where the file is mapped.
    let mapped_read_gb_per_cpu_s: Double
    /// All of them into memory that is there, on one thread.
    let load_gb_per_cpu_s: Double
    let open_ms: Double
    /// The speed of that against a plain read of as many bytes, by the clock.
    let load_over_plain_read: Double
    /// The speed of two threads against that of one, by the clock.
    let two_threads: Double
  }

  func run() async throws {
    let source = try SafetensorsReader(input)
    let tensors = try source.tensors.map { ($0, try source.bytes(of: $0)) }
    let byteCount = tensors.reduce(0) { $0 + $1.1.count }
    let memory = AlignedMemory(byteCount: try TensorLayout(source.tensors).byteCount)
    let scratch = try Scratch()
    for codec in WeightCodec.allCases {
      let path = scratch.file("\(codec.name).gobbet")
      let writing = try medianCPUSecondsRepeating {
        var writer = try WeightsWriter(
          path: path, metadata: source.metadata, codec: codec, replacing: true)
        for (tensor, bytes) in tensors { try writer.append(tensor, bytes.span) }
        try writer.finish()
      }
      let reading = try Self.readingSeconds(WeightsReader(path: path))
      let speeds = try await Self.speeds(path, plain: input, byteCount, memory)
      try printJSON(
        Report(
          codec: codec.name,
          ratio: (Double(try fileByteCount(path)) / Double(max(1, byteCount))).rounded(4),
          write_gb_per_cpu_s: (Double(byteCount) / 1e9 / writing).rounded(3),
          read_gb_per_cpu_s: (Double(byteCount) / 1e9 / reading).rounded(3),
          mapped_read_gb_per_cpu_s: (Double(byteCount) / 1e9
            / Self.readingSeconds(WeightsReader(path: path, isMapped: true))).rounded(3),
          load_gb_per_cpu_s: speeds.cpu.rounded(3),
          open_ms: try medianMilliseconds { _ = try WeightsReader(path: path) }.rounded(3),
          load_over_plain_read: speeds.overPlain.rounded(3),
          two_threads: speeds.twoThreads.rounded(3)))
    }
  }

  /// CPU seconds of reading every tensor.
  private static func readingSeconds(_ reader: WeightsReader) throws -> Double {
    try medianCPUSecondsRepeating {
      for tensor in reader.tensors { _ = try reader.bytes(of: tensor) }
    }
  }

  /// The rates of loading, each the median of rounds in which they take turns.
  private static func speeds(
    _ path: String, plain: String, _ byteCount: Int, _ memory: AlignedMemory
  ) async throws -> (cpu: Double, overPlain: Double, twoThreads: Double) {
    let reader = try WeightsReader(path: path)
    let layout = try TensorLayout(reader.tensors)
    let file = try FileSource(path: plain)
    var cpu: [Double] = []
    var one: [Double] = []
    var two: [Double] = []
    var plainly: [Double] = []
    for _ in 0..<9 {
      let start = ContinuousClock.now
      let used = ProcessTime()
      try await memory.load(reader, layout, threadCount: 1)
      cpu.append(used.seconds)
      let afterOne = ContinuousClock.now
      try await memory.load(reader, layout, threadCount: 2)
      let afterTwo = ContinuousClock.now
      try memory.read(file, byteCount: byteCount)
      one.append((afterOne - start) / .seconds(1))
      two.append((afterTwo - afterOne) / .seconds(1))
      plainly.append((ContinuousClock.now - afterTwo) / .seconds(1))
    }
    return (
      Double(byteCount) / 1e9 / median(cpu), median(plainly) / median(one),
      median(one) / median(two)
    )
  }
}
