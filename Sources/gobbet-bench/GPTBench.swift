import ArgumentParser
import Gobbet
import GobbetGPT

/// Runs a GPT-2 of 124M random weights beside the limits of the machine.
struct GPTBench: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "gpt",
    abstract: "Prefill and decoding speed of a 124M GPT-2, and what the machine could do.")

  @Option(help: "f32, bf16 or int8.") var element = "f32"
  @Option(help: "Tokens of the prompt.") var prompt = 512
  @Option(help: "Tokens to generate.") var generate = 64
  @Option(name: [.customShort("T"), .long], help: "Threads.") var threads = 1

  private static let elements: [String: Precision] = [
    "f32": .float32, "bf16": .bfloat16, "int8": .int8,
  ]

  private struct Report: Encodable {
    let element: String
    let threads: Int
    let prompt: Int
    let generate: Int
    let load_s: Double
    let prefill_tok_per_s: Double
    let decode_tok_per_s: Double
    let prefill_tok_per_cpu_s: Double
    let decode_tok_per_cpu_s: Double
    let limit_gop_per_s: Double
    let limit_gb_per_s: Double
    let peak_rss_mb: Int
  }

  func validate() throws {
    guard Self.elements[element] != nil else { throw ValidationError("--element: f32, bf16, int8") }
    guard prompt > 0, generate > 0, prompt + generate <= 1024 else {
      throw ValidationError("--prompt and --generate: together 2 to 1024")
    }
    guard threads > 0 else { throw ValidationError("--threads: not below 1") }
  }

  func run() async throws {
    let precision = Self.elements[element] ?? .float32
    let source = try RandomWeights()
    var model: GPT?
    let loading = try seconds {
      model = try GPT(source, precision: precision, threadCount: threads)
    }
    guard let model else { return }
    let pass = try ForwardPass(model, threadCount: threads)
    let cache = try KeyValueCache(model)
    var random = RandomSource(seed: 1)
    let ids = (0..<prompt).map { _ in TokenID.random(in: 0..<50_257, using: &random) }
    _ = try pass.logits(of: Array(ids.prefix(8)), cache: cache)
    var prefill: [Timing] = []
    var decode: [Timing] = []
    for _ in 0..<3 {
      cache.rewind()
      var logits = Matrix(rowCount: 0, width: model.headWidth)
      prefill.append(try seconds { logits = try pass.logits(of: ids, cache: cache) })
      decode.append(
        try seconds {
          for _ in 0..<generate {
            let id = pass.token(from: logits[0], .greedy, random: &random)
            logits = try pass.logits(of: [id], cache: cache)
          }
        })
    }
    // Before the limits, which take memory of their own.
    let peak = peakResidentMegabytes
    let limits = try MachineLimits(threadCount: threads)
    let arithmetic = best { limits.exhaust(precision) }
    let reading = best { limits.readThrough() }
    try printJSON(
      Report(
        element: element, threads: threads, prompt: prompt, generate: generate,
        load_s: loading.wall.rounded(3),
        prefill_tok_per_s: (Double(prompt) / median(prefill.map(\.wall))).rounded(1),
        decode_tok_per_s: (Double(generate) / median(decode.map(\.wall))).rounded(1),
        prefill_tok_per_cpu_s: (Double(prompt) / median(prefill.map(\.cpu))).rounded(1),
        decode_tok_per_cpu_s: (Double(generate) / median(decode.map(\.cpu))).rounded(1),
        limit_gop_per_s: (arithmetic / 1e9).rounded(1),
        limit_gb_per_s: (reading / 1e9).rounded(1), peak_rss_mb: peak))
  }

  private struct Timing {
    let wall: Double
    let cpu: Double
  }

  private func seconds(_ body: () throws -> Void) rethrows -> Timing {
    var cpu = 0.0
    let wall = try ContinuousClock().measure { cpu = try cpuSeconds(body) }
    return Timing(wall: wall / .seconds(1), cpu: cpu)
  }

  /// The best rate of five runs, by CPU time shared by the threads.
  private func best(_ body: () -> Int) -> Double {
    (0..<5).reduce(0) { best, _ in
      var count = 0
      let timing = seconds { count = body() }
      return max(best, Double(count) / timing.cpu * Double(threads))
    }
  }
}
