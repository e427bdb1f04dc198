import ArgumentParser
import Gobbet
import GobbetGPT

/// Runs a GPT-2 of 124M random weights, or a model of a file, beside the limits of the machine.
struct GPTBench: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "gpt",
    abstract: "Prefill and decoding speed of a GPT, and what the machine could do.")

  @Option(help: "The model; a GPT-2 of 124M random weights by default.") var model: String?
  @Option(
    help:
      "f32, bf16, int8 or stored, the elements of the file; stored by default for a model, f32 without one."
  )
  var element: String?
  @Option(help: "Tokens of the prompt.") var prompt = 512
  @Option(help: "Tokens to generate.") var generate = 64
  @Option(name: [.customShort("T"), .long], help: "Threads.") var threads = 1

  private static let elements: [String: Precision] = [
    "f32": .float32, "bf16": .bfloat16, "int8": .int8, "stored": .stored,
  ]

  private struct Report: Encodable {
    let element: String
    let threads: Int
    let prompt: Int
    let generate: Int
    let load_s: Double
    /// From the call that loads the weights to the first token after the prompt.
    let first_token_s: Double
    let first_token_cpu_s: Double
    let prefill_tok_per_s: Double
    let decode_tok_per_s: Double
    let prefill_tok_per_cpu_s: Double
    let decode_tok_per_cpu_s: Double
    let limit_gop_per_s: Double
    let limit_gb_per_s: Double
    let prefill_of_limit: Double
    let decode_of_limit: Double
    let weights_mb: Int
    let peak_rss_mb: Int
  }

  func validate() throws {
    if let element, Self.elements[element] == nil {
      throw ValidationError("--element: f32, bf16, int8, stored")
    }
    guard prompt > 0, generate > 0 else {
      throw ValidationError("--prompt, --generate: not below 1")
    }
    guard threads > 0 else { throw ValidationError("--threads: not below 1") }
  }

  func run() async throws {
    let element = element ?? (model == nil ? "f32" : "stored")
    let precision = Self.elements[element] ?? .float32
    let (model, loading) = try loaded(precision)
    let architecture = model.architecture
    guard prompt + generate <= architecture.contextLength else {
      throw ValidationError("--prompt and --generate: together 2 to \(architecture.contextLength)")
    }
    let pass = try ForwardPass(model, threadCount: threads)
    let cache = try KeyValueCache(model)
    var random = RandomSource(seed: 1)
    let bound = TokenID(architecture.vocabularySize)
    let ids = (0..<prompt).map { _ in TokenID.random(in: 0..<bound, using: &random) }
    let first = try seconds {
      _ = pass.token(
        from: try pass.logits(of: ids, cache: cache)[0], .greedy, random: &random)
    }
    var prefill: [Timing] = []
    var decode: [Timing] = []
    for _ in 0..<3 {
      cache.rewind()
      var logits = FloatMatrix(rowCount: 0, width: model.headWidth)
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
    let arithmetic = best { limits.exhaust(model.multipliesFloats ? .float32 : precision) }
    let reading = best { limits.readThrough() }
    let work = Work(model, precision, narrowShare: limits.narrowShare)
    let prefillRate = Double(prompt) / median(prefill.map(\.wall))
    let decodeRate = Double(generate) / median(decode.map(\.wall))
    try printJSON(
      Report(
        element: element, threads: threads, prompt: prompt, generate: generate,
        load_s: loading.wall.rounded(3),
        first_token_s: (loading.wall + first.wall).rounded(3),
        first_token_cpu_s: (loading.cpu + first.cpu).rounded(3),
        prefill_tok_per_s: prefillRate.rounded(1),
        decode_tok_per_s: decodeRate.rounded(1),
        prefill_tok_per_cpu_s: (Double(prompt) / median(prefill.map(\.cpu))).rounded(1),
        decode_tok_per_cpu_s: (Double(generate) / median(decode.map(\.cpu))).rounded(1),
        limit_gop_per_s: (arithmetic / 1e9).rounded(1),
        limit_gb_per_s: (reading / 1e9).rounded(1),
        prefill_of_limit: (prefillRate * work.operations(promptCount: prompt) / arithmetic)
          .rounded(3),
        decode_of_limit: (decodeRate * work.bytes(tokenCount: prompt + generate / 2) / reading)
          .rounded(3),
        weights_mb: model.weightByteCount >> 20, peak_rss_mb: peak))
  }

  /// The model, and how long it took to load it.
  private func loaded(_ precision: Precision) throws -> (GPT, Timing) {
    if let path = model {
      return try timed { try GPT(path: path, precision: precision, threadCount: threads) }
    }
    let source = try RandomWeights()
    return try timed { try GPT(source, precision: precision, threadCount: threads) }
  }

  /// What no program can do without for a token, however it computes.
  private struct Work {
    /// Weights of the blocks.
    private let blockWeightCount: Double
    /// The same, those whose inputs have 8 bits as the share that they take of others' work.
    private let blockProductCount: Double
    /// Weights of the head.
    private let headWeightCount: Double
    /// Columns of the keys of a position in a layer, and as many of the values.
    private let keyCount: Double
    /// Columns of the queries of a position in a layer.
    private let queryCount: Double
    /// Positions that a row sees at most, layer by layer.
    private let windows: [Int]
    private let weightByteCount: Double
    private let keyByteCount: Double

    init(_ model: GPT, _ precision: Precision, narrowShare: Double) {
      let architecture = model.architecture
      let size = Double(architecture.hiddenSize)
      let head = architecture.headDimension
      let queries = Double(architecture.headCount * head)
      let keys = Double(architecture.keyValueHeadCount * head)
      let inside = Double(architecture.feedForwardSize)
      let layers = Double(architecture.layers.count)
      let attended = queries * size
      let matrixCount: Double = architecture.isGated ? 3 : 2
      blockWeightCount =
        (size * (queries + 2 * keys) + attended + matrixCount * size * inside) * layers
      // Those of a GPT-2 whose inputs have 8 bits: after attention, and after GELU.
      let narrow =
        precision == .int8 && architecture.hasLearnedPositions
        ? (attended + inside * size) * layers : 0
      blockProductCount = blockWeightCount - narrow * (1 - narrowShare)
      headWeightCount = size * Double(architecture.vocabularySize)
      keyCount = keys
      queryCount = queries
      windows = architecture.layers.map { $0.window ?? .max }
      weightByteCount = Double(model.readByteCount)
      keyByteCount = precision == .bfloat16 || precision == .int8 ? 2 : 4
    }

    /// Multiplications and additions for a token of a prompt, on the average: it sees half of it, or
    /// of its window.
    func operations(promptCount: Int) -> Double {
      let seen = windows.reduce(0.0) { sum, window in
        let inside = Double(min(window, promptCount))
        return sum + inside - inside * inside / (2 * Double(promptCount))
      }
      return 2 * blockProductCount + 4 * queryCount * seen
        + 2 * headWeightCount / Double(promptCount)
    }

    /// Bytes that have to be read for the token after that many.
    func bytes(tokenCount: Int) -> Double {
      let seen = windows.reduce(0.0) { $0 + Double(min($1, tokenCount)) }
      return weightByteCount + 2 * keyCount * keyByteCount * seen
    }
  }

  private struct Timing {
    let wall: Double
    let cpu: Double
  }

  private func timed<Result>(_ body: () throws -> Result) throws -> (Result, Timing) {
    var result: Result?
    let timing = try seconds { result = try body() }
    guard let result else { throw ValidationError("nothing was measured") }
    return (result, timing)
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
