import ArgumentParser
import Foundation
import Gobbet

/// Reads random windows and packed rows of a made-up dataset in turn, with masks and without.
struct LoaderBench: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "loader",
    abstract: "Windows and packed rows a CPU second, with loss masks and without, in turn.")

  @Option(help: "Tokens of the dataset.")
  var tokens = 20_000_000

  @Option(help: "Tokens of a window and of a row.")
  var length = 1024

  @Option(help: "Windows or rows that are read in one step.")
  var batchSize = 32

  @Option(help: "Tokens of a run that counts or doesn't, in the mean.")
  var run = 100

  @Option(help: "How the tokens are stored.")
  var codec = "raw16"

  @Option(help: "How many turns.")
  var rounds = 5

  func validate() throws {
    guard tokens > length, length > 0, batchSize > 0, run > 0, rounds > 0,
      TokenCodec.allCases.contains(where: { $0.name == codec })
    else { throw ValidationError("a number below 1, too few tokens, or no such codec") }
  }

  private struct Report: Encodable {
    let what: String
    let mtok_per_cpu_s: Double
    let of_windows: Double
  }

  func run() async throws {
    let scratch = try Scratch()
    let plain = try dataset(at: scratch.file("plain.gobbet"), .all)
    let masked = try dataset(at: scratch.file("masked.gobbet"), .runs)
    let ruled = try dataset(at: scratch.file("ruled.gobbet"), .rule)
    let options = PackedRowOptions(length: length)
    let ways: [(String, () throws -> Int)] = [
      ("windows", windows(plain)), ("windows, masks of runs", windows(masked)),
      ("windows, masks by a rule", windows(ruled)),
      ("rows and bounds", rows(try plain.packedRows(options))),
      ("rows, bounds and masks of runs", rows(try masked.packedRows(options))),
      ("rows, bounds and masks by a rule", rows(try ruled.packedRows(options))),
      ("rows, bounds and positions", rows(try plain.packedRows(options), withPositions: true)),
    ]
    var rates = [[Double]](repeating: [], count: ways.count)
    for round in 0...rounds {
      for (index, way) in ways.enumerated() {
        var count = 0
        let seconds = try cpuSeconds { count = try way.1() }
        // The first turn warms caches, and checks blocks.
        if round > 0 { rates[index].append(Double(count) / 1_000_000 / seconds) }
      }
    }
    let base = median(rates[0])
    for (way, rates) in zip(ways, rates) {
      try printJSON(
        Report(
          what: way.0, mtok_per_cpu_s: median(rates).rounded(0),
          of_windows: (median(rates) / base).rounded(2)))
    }
  }

  /// What says which tokens count.
  private enum Masks { case all, runs, rule }

  /// A dataset of random bytes in documents of some 400 tokens, most of them shorter, some far longer;
  /// the same for all masks, up to the two ids that delimit what a rule counts.
  private func dataset(at path: String, _ masks: Masks) throws -> TokenDataset {
    var table = TokenTable()
    for byte in UInt8.min...UInt8.max { try table.append([byte]) }
    let vocabulary = try Vocabulary(
      ranks: table, pattern: .cl100k, specialTokens: SpecialTokens([]))
    let rule = LossRule(openings: [[0]], closings: [.init(1, isCounted: true)])
    var writer = try TokenDatasetWriter(
      path: path, vocabulary: vocabulary,
      options: TokenDatasetOptions(
        codec: TokenCodec.allCases.first { $0.name == codec } ?? .raw16, embedsVocabulary: false,
        lossRule: masks == .rule ? rule : nil))
    var random = RandomSource(seed: 1)
    var left = tokens
    while left > 0 {
      let exponent = (0..<12).reduce(0.0) { sum, _ in
        sum + Double.random(in: -0.5..<0.5, using: &random)
      }
      let count = min(left, 20_000, Int(400 * exp(1.2 * exponent)) + 1)
      left -= count
      var ids = (0..<count).map { _ in TokenID.random(in: 2..<256, using: &random) }
      var bounds: [Int] = []
      var place = 0
      while place < count {
        place += Int.random(in: 1..<(2 * run), using: &random)
        bounds.append(min(place, count))
      }
      let counted = stride(from: 0, to: bounds.count - 1, by: 2).map { bounds[$0]..<bounds[$0 + 1] }
      for range in counted where masks == .rule {
        ids[range.lowerBound - 1] = 0
        ids[range.upperBound - 1] = 1
      }
      try writer.append(document: ids.span, counted: masks == .runs ? counted : nil)
    }
    try writer.finish()
    return try TokenDataset(path: path)
  }

  private func windows(_ dataset: TokenDataset) -> () throws -> Int {
    let windows = dataset.windows(length: length, stride: length)
    var inputs = [TokenID](repeating: 0, count: batchSize * length)
    var targets = inputs
    return {
      try epoch(windows.sampler(seed: 1)) { indices in
        var inputSpan = inputs.mutableSpan
        var targetSpan = targets.mutableSpan
        try windows.copy(indices.span, inputs: &inputSpan, targets: &targetSpan)
      }
    }
  }

  private func rows(_ rows: PackedRows, withPositions: Bool = false) -> () throws -> Int {
    var inputs = [TokenID](repeating: 0, count: batchSize * length)
    var targets = inputs
    return {
      try epoch(rows.sampler(seed: 1)) { indices in
        var inputSpan = inputs.mutableSpan
        var targetSpan = targets.mutableSpan
        let bounds = try rows.copy(indices, inputs: &inputSpan, targets: &targetSpan)
        if withPositions {
          precondition(PackedRowBatch.positions(bounds: bounds).count == batchSize * length)
        }
      }
    }
  }

  /// Reads the full batches of an epoch, and returns their tokens.
  private func epoch(_ sampler: WindowSampler, _ read: ([Int]) throws -> Void) throws -> Int {
    var sampler = sampler
    var count = 0
    var indices: [Int] = []
    while let index = sampler.next() {
      indices.append(index)
      guard indices.count == batchSize else { continue }
      try read(indices)
      count += batchSize * length
      indices.removeAll(keepingCapacity: true)
    }
    return count
  }
}
