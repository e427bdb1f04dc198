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
    let read_gb_per_cpu_s: Double
    let open_ms: Double
    let copy_load_ms: Double
  }

  func run() async throws {
    let source = try SafetensorsReader(input)
    let tensors = try source.tensors.map { ($0, try source.bytes(of: $0)) }
    let byteCount = tensors.reduce(0) { $0 + $1.1.count }
    let scratch = try Scratch()
    for codec in WeightCodec.allCases {
      let path = scratch.file("\(codec.name).gobbet")
      let writing = try medianCPUSecondsRepeating {
        var writer = try WeightsWriter(
          path: path, metadata: source.metadata, codec: codec, replacing: true)
        for (tensor, bytes) in tensors { try writer.append(tensor, bytes.span) }
        try writer.finish()
      }
      let reader = try WeightsReader(path: path)
      func load() throws { for tensor in reader.tensors { _ = try reader.bytes(of: tensor) } }
      let gigabytes = Double(byteCount) / 1_000_000_000
      try printJSON(
        Report(
          codec: codec.name,
          ratio: (Double(try fileByteCount(path)) / Double(max(1, byteCount))).rounded(4),
          write_gb_per_cpu_s: (gigabytes / writing).rounded(3),
          read_gb_per_cpu_s: (gigabytes / (try medianCPUSecondsRepeating(load))).rounded(3),
          open_ms: try medianMilliseconds { _ = try WeightsReader(path: path) }.rounded(3),
          copy_load_ms: try medianMilliseconds(load).rounded(2)))
    }
  }
}
