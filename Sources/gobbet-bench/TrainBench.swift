import ArgumentParser
import Gobbet
import Synchronization

/// Trains on corpora that are read and counted as they stream.
struct TrainBench: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train", abstract: "Training time by stage, and memory.")

  @Option(help: "Tokens in all.")
  var size: Int

  @Option(help: "The name of the pattern.")
  var pattern = "cl100k"

  @Option(help: "A corpus; repeatable.")
  var corpus: [String]

  @Option(help: "Threads.")
  var threads = 1

  private struct Report: Encodable {
    let bytes: Int
    let vocabulary_size: Int
    let cpu_s: Double
    let wall_s: Double
    let peak_rss_mb: Int
    let rss_before_mb: Int
    let count_cpu_s: Double
    let merge_cpu_s: Double
  }

  func run() async throws {
    let before = ProcessUsage()
    let start = ContinuousClock.now
    let countingEnd = Mutex<Double?>(nil)
    let result = try await TrainingJob(
      inputs: corpus, pattern: try namedPattern(pattern),
      options: TrainingOptions(vocabularySize: size), workerCount: threads
    ).result { progress in
      if case .merging = progress {
        countingEnd.withLock { $0 = $0 ?? ProcessUsage().cpuSeconds }
      }
      return true
    }
    let after = ProcessUsage()
    let counted = countingEnd.withLock { $0 } ?? after.cpuSeconds
    try printJSON(
      Report(
        bytes: result.byteCount, vocabulary_size: result.vocabulary.idBound,
        cpu_s: (after.cpuSeconds - before.cpuSeconds).rounded(2),
        wall_s: ((ContinuousClock.now - start) / .seconds(1)).rounded(2),
        peak_rss_mb: after.peakResidentByteCount >> 20,
        rss_before_mb: before.peakResidentByteCount >> 20,
        count_cpu_s: (counted - before.cpuSeconds).rounded(2),
        merge_cpu_s: (after.cpuSeconds - counted).rounded(2)))
  }
}
