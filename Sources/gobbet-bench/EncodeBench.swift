import ArgumentParser
import Foundation
import Gobbet
import GobbetSystem

/// What the encoding benchmarks are run on.
struct EncodingInput: ParsableArguments {
  @Option(help: "A .gobbet vocabulary, a tiktoken file or a tokenizer.json.")
  var vocabulary: String

  @Option(help: "The name of the pattern, for files that do not say.")
  var pattern: String?

  @Flag(help: "Cut by the expression of that pattern, compiled, in place of the grammar.")
  var compiled = false

  @Option(help: "A corpus: JSON Lines or text, plain or compressed; repeatable.")
  var corpus: [String] = []

  @Option(help: "Stop before this many megabytes (10^6 bytes).")
  var limitMb: Double?

  func loadedTokenizer() throws -> Tokenizer {
    var chosen = try pattern.map { try namedPattern($0) }
    if compiled {
      guard let expression = chosen?.regularExpression else {
        throw ValidationError("--compiled: needs a --pattern of one expression")
      }
      chosen = SplitPattern(try SplitExpression(expression, dialect: .oniguruma))
    }
    return Tokenizer(try Vocabulary(recognizing: vocabulary, pattern: chosen))
  }

  func loadedDocuments() throws -> [[UInt8]] {
    try documents(corpus, limit: limitMb.map { Int($0 * 1_000_000) })
  }
}

/// The pattern called `name`.
func namedPattern(_ name: String) throws -> SplitPattern {
  guard let pattern = SplitPattern(named: name) else {
    throw ValidationError("no pattern is called \(name)")
  }
  return pattern
}

/// Encodes a corpus document by document: the first pass, and the ones after it.
struct EncodeBench: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "encode", abstract: "Encoding speed over a corpus, cold and warm.")

  @OptionGroup var input: EncodingInput

  @Option(help: "More than 1: one batch of all documents by one worker, and by that many.")
  var threads = 1

  @Option(help: "First passes, each by a new encoder; the first one is also that of the process.")
  var firstPasses = 1

  @Option(help: "What the caches of the encoder grow to.")
  var cacheMebibytes = 8

  func validate() throws {
    guard cacheMebibytes >= 0 else { throw ValidationError("--cache-mebibytes: not below 0") }
    guard firstPasses >= 1 else { throw ValidationError("--first-passes: at least 1") }
    guard threads >= 1 else { throw ValidationError("--threads: at least 1") }
  }

  private struct BatchReport: Encodable {
    let bytes: Int
    let threads: Int
    let same_ids: Bool
    let wall_mb_per_s: Double
    let one_thread_wall_mb_per_s: Double
    let wall_ratio: Double
    let cpu_ratio: Double
  }

  private struct Report: Encodable {
    let bytes: Int
    let tokens: Int
    let checksum: UInt64
    let load_cpu_s: Double
    let cold_mb_per_cpu_s: Double
    let later_cold_mb_per_cpu_s: Double?
    let warm_mb_per_cpu_s: Double
    let wall_mb_per_s: Double
    let peak_rss_mb: Int
  }

  func run() async throws {
    let documents = try input.loadedDocuments()
    let byteCount = documents.reduce(0) { $0 + $1.count }
    var tokenizer: Tokenizer?
    let load = try cpuSeconds {
      let loaded = try input.loadedTokenizer()
      tokenizer = loaded
      _ = loaded.encoded("hello")
    }
    guard let tokenizer else { return }
    if threads > 1 { return try await runBatches(tokenizer, documents, byteCount) }
    func newEncoder() -> TokenEncoder {
      tokenizer.makeEncoder(cacheByteBudget: cacheMebibytes << 20)
    }
    var encoder = newEncoder()
    var ids: [TokenID] = []
    // As one does who knows the corpus: an array that grows by itself is copied again and again.
    ids.reserveCapacity(byteCount / 3)
    var passes: [Double] = []
    var firstPassTimes: [Double] = []
    let start = ContinuousClock.now
    for pass in 0..<(firstPasses + 3) {
      if pass > 0, pass < firstPasses { encoder = newEncoder() }
      let seconds = cpuSeconds {
        ids.removeAll(keepingCapacity: true)
        for document in documents { encoder.encode(document.span, into: &ids) }
      }
      if pass < firstPasses { firstPassTimes.append(seconds) } else { passes.append(seconds) }
    }
    let wall = (ContinuousClock.now - start) / .seconds(1)
    var checksum = Checksum()
    checksum.add(ids)
    let megabytes = Double(byteCount) / 1_000_000
    try printJSON(
      Report(
        bytes: byteCount, tokens: ids.count, checksum: checksum.value,
        load_cpu_s: load.rounded(4), cold_mb_per_cpu_s: (megabytes / firstPassTimes[0]).rounded(1),
        later_cold_mb_per_cpu_s: firstPasses == 1
          ? nil : (megabytes / median(Array(firstPassTimes.dropFirst()))).rounded(1),
        warm_mb_per_cpu_s: (megabytes / median(passes)).rounded(1),
        wall_mb_per_s: (Double(firstPasses + 3) * megabytes / wall).rounded(1),
        peak_rss_mb: peakResidentMegabytes))
  }

  /// Times one batch by one worker and by `threads`, in turn.
  private func runBatches(
    _ tokenizer: Tokenizer, _ documents: [[UInt8]], _ byteCount: Int
  ) async throws {
    let texts = documents.map { String(decoding: $0, as: UTF8.self) }
    var walls: [[Double]] = [[], []]
    var cpus: [[Double]] = [[], []]
    var results: [[[TokenID]]] = [[], []]
    for _ in 0..<5 {
      for (index, workerCount) in [1, threads].enumerated() {
        let start = (wall: ContinuousClock.now, cpu: ProcessUsage().cpuSeconds)
        results[index] = try await tokenizer.encoded(batch: texts, workerCount: workerCount)
        walls[index].append((ContinuousClock.now - start.wall) / .seconds(1))
        cpus[index].append(ProcessUsage().cpuSeconds - start.cpu)
      }
    }
    let megabytes = Double(byteCount) / 1_000_000
    try printJSON(
      BatchReport(
        bytes: byteCount, threads: threads, same_ids: results[0] == results[1],
        wall_mb_per_s: (megabytes / median(walls[1])).rounded(1),
        one_thread_wall_mb_per_s: (megabytes / median(walls[0])).rounded(1),
        wall_ratio: (median(walls[0]) / median(walls[1])).rounded(2),
        cpu_ratio: (median(cpus[1]) / median(cpus[0])).rounded(2)))
  }
}
