import ArgumentParser
import Gobbet
import GobbetSystem

/// Packs a corpus: read, split, encoded and written as it streams.
struct PackBench: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pack", abstract: "Packing time of a corpus, and memory.")

  @OptionGroup var input: EncodedCorpus

  @Option(help: "Threads.")
  var threads = 1

  private struct Report: Encodable {
    let bytes: Int
    let tokens: Int
    let cpu_s: Double
    let wall_s: Double
    let output_bytes: Int
    let peak_rss_mb: Int
  }

  func run() async throws {
    let loaded = try input.loadedVocabulary()
    let scratch = try Scratch()
    let path = scratch.file("packed.gobbet")
    let before = ProcessUsage().cpuSeconds
    let start = ContinuousClock.now
    let summary = try await PackingJob(
      inputs: input.corpus, vocabulary: loaded, workerCount: threads
    )
    .write(to: path)
    try printJSON(
      Report(
        bytes: summary.byteCount, tokens: summary.tokenCount,
        cpu_s: (ProcessUsage().cpuSeconds - before).rounded(2),
        wall_s: ((ContinuousClock.now - start) / .seconds(1)).rounded(2),
        output_bytes: try fileByteCount(path), peak_rss_mb: peakResidentMegabytes))
  }
}
